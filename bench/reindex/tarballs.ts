/** Making the packuments of a folder of npm's packages: npm's own reader of packages against us. */
import { randomBytes } from 'node:crypto'
import { realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { tarball } from '../../test/repositories/npm/made-tarballs.ts'
import { execute } from './compare.ts'
import { benchMade } from './made.ts'

/** As many packages at a time as npm would fetch. */
const script = `
const { readdirSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const [npm, folder, output] = process.argv.slice(2)
const pacote = require(join(npm, '../../node_modules/pacote'))
const files = readdirSync(folder).flatMap((name) =>
  readdirSync(join(folder, name, '-')).map((file) => join(folder, name, '-', file)))
const packuments = new Map()
async function work() {
  for (let file = files.pop(); file; file = files.pop()) {
    const manifest = await pacote.manifest('file:' + file, { fullMetadata: true, cache: join(output, 'cache') })
    const of = packuments.get(manifest.name) ?? { name: manifest.name, 'dist-tags': {}, versions: {} }
    of.versions[manifest.version] = { ...manifest, dist: { integrity: manifest._integrity, tarball: file } }
    packuments.set(manifest.name, of)
  }
}
Promise.all(Array.from({ length: 16 }, work)).then(() => {
  for (const [name, packument] of packuments) writeFileSync(join(output, name), JSON.stringify(packument))
})
`

const dependencies = Object.fromEntries(
  Array.from({ length: 20 }, (_need, number) => [`needed-${String(number)}`, '^1.0.0']),
)

export const benchTarballs = (work: string): Promise<void> =>
  benchMade(work, {
    format: 'npm',
    sizes: [2_000, 500_000],
    make: (name, version, size) => ({
      key: `${name}/-/${name}-${version}.tgz`,
      body: tarball(
        { name, version, dependencies, bin: './x.js' },
        { 'x.js': randomBytes(size).toString('base64url') },
      ),
    }),
    indexes: (names) => new Map(names.map((name) => [name, Buffer.from(JSON.stringify({ name, versions: {} }))])),
    options: { baseUrl: 'https://packages.example.com/' },
    peers(folder, work) {
      const program = join(work, 'packuments.cjs')
      writeFileSync(program, script)
      const npm = realpathSync(execute('sh', ['-c', 'command -v npm'], folder).toString().trim())
      return [{ name: 'npm: pacote', run: () => execute('node', [program, npm, folder, work], folder), unknown: 4 }]
    },
  })
