/** The packages in an apt and a yum repository of our own, which pc-ctl makes and CloudFront serves. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { expectServed, type Shop, startShop, token } from '../e2e/reindex-clients.ts'
import { bucket } from '../support/installation.ts'
import { asRootDo, differences } from './clean-root.ts'
import { dnfInto, likeAnEl } from './like-an-el.ts'
import { fileIn, type Made } from './made-packages.ts'
import { goneFile, olderPackages } from './older-package.ts'

const suite = 'pc-ctl/debian/dists/stable/main/binary-amd64/'
const el = 'pc-ctl/el/x86_64/'

export function areServedByThemselves(made: () => Made): void {
  describe('put into a bucket and indexed by pc-ctl, behind front server, signed URLs and edge', () => {
    let shop: Shop
    let keys: { deb: string; rpm: string }
    before(async () => {
      shop = await startShop()
      const folder = await made().elsewhere
      const [deb, rpm] = [await fileIn(folder, '_amd64.deb'), await fileIn(folder, '.x86_64.rpm')]
      await shop.place.succeed(['put', deb, `s3://${bucket}/${suite}`])
      await shop.place.succeed(['put', rpm, `s3://${bucket}/${el}`])
      keys = { deb: `${suite}${deb.slice(folder.length + 1)}`, rpm: `${el}${rpm.slice(folder.length + 1)}` }
      const { indexes, failed } = await shop.reindex('--create-missing', '--signing-key', made().keyFile)
      expect([failed, indexes.map(({ root, outcome, packages }) => [root, outcome, packages])]).to.deep.equal([
        0,
        [
          ['pc-ctl/debian/', 'written', 1],
          [el, 'written', 1],
        ],
      ])
      await shop.open()
      await expectServed(shop, Object.values(keys))
    })
    after(() => shop.close())

    it('are installed by apt-get', async () => {
      const { debian, key } = made()
      const write = (file: string, input: string) => debian.run(['tee', file], { input })
      await write('/etc/apt/keyrings/pc-ctl.asc', key.publicArmored)
      await write('/etc/apt/auth.conf.d/pc-ctl.conf', `machine ${shop.url}/ login ${token} password none\n`)
      const source = `deb [signed-by=/etc/apt/keyrings/pc-ctl.asc] ${shop.url}/pc-ctl/debian stable main\n`
      await write('/etc/apt/sources.list', source)
      const quiet = ['-o', 'Acquire::http::Proxy=DIRECT', '-o', 'APT::Update::Error-Mode=any', '--yes']
      await debian.run(['apt-get', 'update', ...quiet])
      // What is not in the bucket any more can only come from the edge.
      await shop.without(keys.deb, () => debian.run(['apt-get', 'install', ...quiet, 'pc-ctl']).then(() => undefined))
      expect(await debian.run(['pc-ctl', '--version'])).to.match(/^pc-ctl\//)
      await debian.run(['apt-get', 'purge', ...quiet, 'pc-ctl'])
    })

    it('are installed, put in the place of an older one and removed by dnf, whose root is a Debian that says what an EL has', async () => {
      const path = join(made().folder, 'el')
      const root = await likeAnEl(made(), path)
      const rpm = (...args: string[]) => asRootDo('rpm', ['--root', path, ...args])
      const files = await root.files()
      const dnf = await dnfOf(made(), path, shop.url)
      await shop.without(keys.rpm, () => dnf('install', 'pc-ctl'))
      expect(await root.run(['pc-ctl', '--version'])).to.match(/^pc-ctl\/\S+ linux-x64/)
      expect(await root.run(['gzip', '-dc', '/usr/share/man/man1/pc-ctl.1.gz'])).to.match(/^\.TH /m)
      expect(await rpm('--verify', 'pc-ctl')).to.equal('')
      expect(await rpm('--query', '--scripts', 'pc-ctl')).to.equal('')
      await dnf('remove', 'pc-ctl')
      expect(differences(files, await root.files())).to.deep.equal([])

      await rpm('--install', '--define=_pkgverify_level none', (await olderPackages(made().folder)).rpm)
      expect(await root.run(['sh', '-c', `pc-ctl --version; cat ${goneFile}`])).to.equal('older\ngone\n')
      await dnf('upgrade', 'pc-ctl')
      expect(await root.run(['pc-ctl', '--version'])).to.match(/^pc-ctl\//)
      expect(await root.run(['sh', '-c', `test ! -e ${goneFile}`])).to.equal('')
      expect(await rpm('--verify', 'pc-ctl')).to.equal('')
      await dnf('remove', 'pc-ctl')
      expect(differences(files, await root.files())).to.deep.equal([])
    })
  })
}

/** A dnf that knows but one repository, of which it believes nothing that is not signed. */
async function dnfOf({ folder, key }: Made, root: string, url: string): Promise<(...args: string[]) => Promise<void>> {
  const at = (name: string): string => join(folder, name)
  await writeFile(at('dnf-key.asc'), key.publicArmored)
  return dnfInto(root, at('dnf.conf'), {
    'pc-ctl': {
      ...{ name: 'pc-ctl', baseurl: `${url}/${el}`, username: token, password: 'none' },
      ...{ gpgcheck: 1, repo_gpgcheck: 1, gpgkey: `file://${at('dnf-key.asc')}` },
    },
  })
}
