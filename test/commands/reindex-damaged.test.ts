import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { expect } from 'chai'

import { bucket, withInstallation } from '../support/installation.ts'
import { wheel } from '../repositories/pypi/made-packages.ts'

describe('pc-ctl reindex-everything, with what it kept of packages damaged', function () {
  this.timeout(60_000)

  it('says that they are to be read again, which helps', () =>
    withInstallation({}, async (place) => {
      const put = (number: number): Promise<unknown> => {
        const { name, body } = wheel('hello', `1.${number}`)
        return place.put(`py/packages/${name}`, body)
      }
      await put(1)
      await place.put('py/simple/hello/', '<a href="../../packages/hello-1.1-py3-none-any.whl">hello</a>')
      const state = join(place.folder, 'state')
      const words = ['reindex-everything', '--prefix', 'py/', '--state-dir', state]
      await place.succeed(words)
      const journal = new DatabaseSync(join(state, `reindex-${bucket}.sqlite`))
      const garbage = Buffer.from('of something else')
      expect(journal.prepare('UPDATE package SET facts = ?').run(garbage).changes).to.be.greaterThan(0)
      journal.close()
      await put(2)
      const { code, stdout } = await place.run(words)
      expect([code, stdout]).to.deep.equal([1, stdout])
      expect(stdout).to.contain('Run the same command with --full, which reads the packages again.')
      await place.succeed([...words, '--full'])
      expect(String(await place.read('py/simple/hello/'))).to.contain('hello-1.2-py3-none-any.whl')
    }))
})
