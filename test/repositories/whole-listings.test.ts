import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'

import { expect } from 'chai'

import { cachingOf } from '../../src/repositories/cache-control.ts'

const linesOf = (name: string): string[] =>
  brotliDecompressSync(readFileSync(join(import.meta.dirname, 'names', `${name}.txt.br`)))
    .toString()
    .split('\n')

/** What packages are called that name their version, as all of these do. */
const listings: Readonly<Record<string, { keys: () => string[]; most: number }>> = {
  // The names of all packages of Debian 12, main, amd64.
  'the debs of a whole Debian': {
    keys: () => linesOf('debian').map((name) => `debian/pool/main/${name.charAt(0)}/${name}`),
    most: 3,
  },
  // Projects of PyPI, with their newest version: those that are downloaded most, and one of sixty others.
  'wheels and sdists of PyPI': {
    keys: () =>
      linesOf('pypi').flatMap((line) => {
        const [name = '', version = ''] = line.split(' ')
        const wheel = `${name.replace(/[-_.]+/g, '_')}-${version}-py3-none-any.whl`
        return [`simple/${name}/${wheel}`, `simple/${name}/${wheel}.metadata`, `packages/${name}-${version}.tar.gz`]
      }),
    most: 125,
  },
  'artifacts of Maven': {
    keys: () =>
      linesOf('maven').flatMap((line) => {
        const [group = '', name = '', version = ''] = line.split(/[: ]/)
        const file = `maven2/${group.replaceAll('.', '/')}/${name}/${version}/${name}-${version}`
        return [`${file}.jar`, `${file}.pom.sha1`, `${file}-sources.jar.asc`]
      }),
    most: 0,
  },
}

describe('names of real packages', () => {
  for (const [what, { keys, most }] of Object.entries(listings)) {
    it(`are hardly ever taken for those that are overwritten: ${what}`, function () {
      this.timeout(60_000)
      const all = keys()
      const wrong = all.filter((key) => cachingOf(key).class !== 'package')
      console.info(`      ${wrong.length} of ${all.length} wrong, such as ${wrong.slice(0, 3).join(', ')}`)
      expect(all.length).to.be.greaterThan(5000)
      expect(wrong.length).to.be.most(most)
      // What is called so that nothing tells a package is left alone.
      for (const key of wrong) expect(cachingOf(key).class, key).to.be.oneOf(['overwritable', 'neither'])
    })
  }
})
