/** Making the indexes of a folder of gems: `gem generate_index` against us. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { Journal } from '../../src/reindex/journal/journal.ts'
import { dependencyField, gemOf, versionField } from '../../test/repositories/gem/made-gems.ts'
import { compare, execute, type Package, readersOf } from './compare.ts'

/** Names of gems, versions of each, and what each of them has in it. */
const names = 75
const versions = 20
const smallest = 5_000
const largest = 200_000
const rounds = 5

const dependencies = ['rack', 'json', 'nokogiri']
  .map((name) => dependencyField(name, '~>', '1.2.3'))
  .concat(dependencyField('rspec', '>=', '3.0', 'development'))
  .join('')

function fill(folder: string): Package[] {
  mkdirSync(join(folder, 'gems'), { recursive: true })
  return Array.from({ length: names * versions }, (_gem, number) => {
    const [name, version] = [`gem-${String(number % names)}`, `1.${String(Math.floor(number / names))}.0`]
    const files = Array.from({ length: 60 }, (_file, file) => `\n- lib/${name}/file_${String(file)}.rb`).join('')
    const fields = { name, version: versionField(version), dependencies, files, licenses: '\n- MIT' }
    const size = Math.round(smallest * (largest / smallest) ** (number / (names * versions)))
    const bytes = gemOf({ fields, payload: randomBytes(size).toString('latin1') })
    const key = `gems/${name}-${version}.gem`
    writeFileSync(join(folder, key), bytes)
    const [md5 = '', sha256 = ''] = ['md5', 'sha256'].map((sum) => createHash(sum).update(bytes).digest('hex'))
    return { key, size: bytes.length, md5, sha256 }
  })
}

export async function benchGems(work: string): Promise<void> {
  const folder = mkdtempSync(join(work, 'gems-'))
  const packages = fill(folder)
  const generate = (): Buffer => execute('gem', ['generate_index', '--silent', '--directory', '.'], folder)
  const indexes = new Map([['versions', Buffer.from('created_at: 2020-01-02T03:04:05Z\n---\n')]])
  const both = new Map([...indexes, ['specs.4.8', Buffer.from('04085b00', 'hex')]])
  const readers = readersOf(folder)
  const journal = new Journal(work, 'gem')
  try {
    await compare({ format: 'gem', packages, indexes: both, readers, journal }, { name: 'of 5 to 200 KB', rounds }, [
      { name: 'gem generate_index', run: generate, known: 4, unknown: 2 },
    ])
  } finally {
    readers.close()
    journal.close()
    rmSync(folder, { recursive: true })
  }
}
