import { execFile, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { parseControl } from '../../../src/repositories/apt/deb.ts'
import { stanzaWarnings } from '../../../src/repositories/apt/fields.ts'
import { Malformed } from '../../../src/repositories/apt/malformed.ts'
import { packagesStanza } from '../../../src/repositories/apt/packages.ts'
import { writeStanza } from '../../../src/repositories/apt/deb822.ts'
import { controlText } from './packages-made.ts'
import { type OddField, oddFields } from './odd-fields.ts'

const titleOf = ({ name, value }: OddField): string => `${name}: ${JSON.stringify(value.slice(0, 40))}`

/** What we make of it: is it left out, told of, or taken as it is? */
function verdictOf({ name, value }: OddField): { verdict: OddField['apt']; entry: string } {
  try {
    const stanza = parseControl(controlText({ [name]: value }))
    const entry = writeStanza(packagesStanza(stanza, { filename: 'x.deb', size: 1, digests: {} }))
    return { verdict: stanzaWarnings(stanza).length > 0 ? 'warning' : 'fine', entry }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    const entry = `${controlText({ [name]: value })}Filename: x.deb\nSize: 1\n`
    return { verdict: /can not be parsed by apt/.test(error.message) ? 'error' : 'dpkg', entry }
  }
}

describe('apt: fields that apt parses', function () {
  this.timeout(60_000)

  it('are refused, told of or taken', () => {
    for (const odd of oddFields) {
      const wanted = odd.name === 'Description-md5' && odd.apt === 'dpkg' ? 'error' : odd.apt
      expect(verdictOf(odd).verdict, titleOf(odd)).to.equal(wanted)
    }
    const all = parseControl(controlText({ Architecture: 'all', 'Multi-Arch': 'same' }))
    expect(stanzaWarnings(all)).to.deep.equal(['apt warns of its Multi-Arch: "same"'])
  })

  it('are told of with what is wrong, cut where it is long', () => {
    expect(() => parseControl(controlText({ Depends: 'foo (>>>= 1' }))).to.throw(
      Malformed,
      'its Depends can not be parsed by apt: "foo (>>>= 1"',
    )
    expect(() => parseControl(controlText({ Section: 'x'.repeat(70_000) }))).to.throw(Malformed, /: "x{60}…"$/)
  })

  it('are the ones that the apt of this machine refuses or warns of', async function () {
    // Other versions have somewhat other rules.
    if (!spawnSync('apt-cache', ['--version']).output.join('').includes('apt 2.6.')) this.skip()
    const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-fields-'))
    try {
      const apt = await isolatedApt(folder)
      const said = await Promise.all(oddFields.map((odd, at) => apt(`${at}`, verdictOf(odd).entry)))
      oddFields.forEach((odd, at) => {
        expect(said[at], titleOf(odd)).to.equal(odd.apt === 'dpkg' ? 'fine' : odd.apt)
      })
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

/** What apt says of a list with an entry. One that is ended by its own checks has an exit code of its own. */
async function isolatedApt(folder: string): Promise<(name: string, entry: string) => Promise<OddField['apt']>> {
  await mkdir(join(folder, 'lists/partial'), { recursive: true })
  await writeFile(join(folder, 'status'), '')
  const options = {
    'APT::Architecture': 'amd64',
    'Dir::Cache::pkgcache': '',
    'Dir::Cache::srcpkgcache': '',
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State': folder,
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': join(folder, 'status'),
  }
  const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  return async (name, entry) => {
    const cwd = join(folder, name)
    await mkdir(cwd)
    await writeFile(
      join(cwd, 'Packages'),
      `${entry}\nPackage: behind\nVersion: 1\nArchitecture: amd64\nFilename: y.deb\n`,
    )
    return new Promise((resolve) => {
      execFile('apt-cache', [...flags, '--with-source', './Packages', 'show', 'behind'], { cwd }, (error, out, err) => {
        if (error !== null || !out.includes('Package: behind')) resolve('error')
        else resolve(/^W:/m.test(err) ? 'warning' : 'fine')
      })
    })
  }
}
