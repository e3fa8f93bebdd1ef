/** Making the indexes of a folder of gems: `gem generate_index` against us. */
import { randomBytes } from 'node:crypto'

import { dependencyField, gemOf, versionField } from '../../test/repositories/gem/made-gems.ts'
import { execute } from './compare.ts'
import { benchMade } from './made.ts'

const dependencies = ['rack', 'json', 'nokogiri']
  .map((name) => dependencyField(name, '~>', '1.2.3'))
  .concat(dependencyField('rspec', '>=', '3.0', 'development'))
  .join('')

export const benchGems = (work: string): Promise<void> =>
  benchMade(work, {
    format: 'gem',
    sizes: [5_000, 200_000],
    make(name, version, size) {
      const files = Array.from({ length: 60 }, (_file, file) => `\n- lib/${name}/file_${String(file)}.rb`).join('')
      const fields = { name, version: versionField(version), dependencies, files, licenses: '\n- MIT' }
      const body = gemOf({ fields, payload: randomBytes(size).toString('latin1') })
      return { key: `gems/${name}-${version}.gem`, body }
    },
    indexes: () =>
      new Map([
        ['versions', Buffer.from('created_at: 2020-01-02T03:04:05Z\n---\n')],
        ['specs.4.8', Buffer.from('04085b00', 'hex')],
      ]),
    peers: (folder) => [
      {
        name: 'gem generate_index',
        run: () => execute('gem', ['generate_index', '--silent', '--directory', '.'], folder),
        ...{ known: 4, unknown: 2 },
      },
    ],
  })
