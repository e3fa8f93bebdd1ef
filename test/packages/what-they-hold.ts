/** What is in the packages, and what it needs of a machine. */
import { mkdir, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
import { expect } from 'chai'

import { runClient } from '../e2e/reindex-clients.ts'
import { fileIn, type Made, processors } from './made-packages.ts'

interface Bom {
  readonly metadata: { readonly component: { readonly name: string; readonly version: string } }
  readonly components: readonly { readonly name: string; readonly version: string; readonly licenses?: unknown[] }[]
}

export function holdWhatIsNeeded(made: () => Made): void {
  for (const processor of processors) {
    describe(`for ${processor.node}`, () => {
      let folder: string
      const run = async (...command: string[]): Promise<string> => (await runClient(folder, command)).stdout
      before(async () => {
        folder = join(made().folder, `unpacked-${processor.node}`)
        await mkdir(folder)
        const archive = await fileIn(made().here, `-linux-${processor.node}.tar.gz`)
        await run('tar', '--extract', '--file', archive, '--strip-components=1')
      })

      it('each program is of that processor, and needs what the packages ask for: glibc 2.28', async () => {
        const programs = await elfFiles(folder)
        expect(programs).to.include('bin/node')
        const needs: string[] = []
        for (const program of programs) {
          expect(await run('readelf', '--wide', '--file-header', program)).to.match(
            new RegExp(`Machine: +.*${processor.machine}`),
          )
          const dynamic = await run('readelf', '--wide', '--dynamic', '--version-info', program)
          needs.push(...(dynamic.match(/\b(?:GLIBC|GLIBCXX|CXXABI|GCC)_[\d.]+/g) ?? []))
          needs.push(...Array.from(dynamic.matchAll(/\(NEEDED\).*\[(lib.+)\]/g), ([, library = '']) => library))
        }
        const requires = await run('rpm', '-qp', '--requires', await fileIn(made().here, `.${processor.rpm}.rpm`))
        for (const library of needs.filter((need) => need.startsWith('lib'))) expect(requires).to.include(library)
        for (const symbol of ['GLIBC', 'GLIBCXX', 'CXXABI', 'GCC']) {
          expect(newest(symbol, requires), symbol).to.equal(newest(symbol, needs.join('\n')))
        }
        const depends = await run('dpkg-deb', '--field', await fileIn(made().here, `_${processor.deb}.deb`), 'Depends')
        expect([newest('GLIBC', needs.join('\n')), /libc6 \(>= (.+?)\)/.exec(depends)?.[1]]).to.deep.equal([
          '2.28',
          '2.28',
        ])
      })

      if (processor.node === 'arm64') {
        it('it starts there, as far as an emulated processor tells', async () => {
          const arm = ['qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu', 'bin/node', 'bin/run.js']
          expect(await run(...arm, '--version')).to.match(/^pc-ctl\/\S+ linux-arm64 node-v24\./)
          expect(await run(...arm, 'sign-url', '--help')).to.include('USAGE')
        })
      }

      it('the three formats hold the same, which their own programs unpack, with licences and list of parts', async () => {
        const deb = await fileIn(made().here, `_${processor.deb}.deb`)
        const rpm = await fileIn(made().here, `.${processor.rpm}.rpm`)
        await run('dpkg-deb', '--extract', deb, 'deb')
        await run('sh', '-c', 'mkdir rpm && cd rpm && rpm2cpio "$0" | cpio --extract --make-directories --quiet', rpm)
        const below = '--exclude=share --exclude=deb --exclude=rpm --exclude=pc-ctl --exclude=.rpmdb'
        for (const format of ['deb', 'rpm'])
          await run('sh', '-c', `diff --recursive --brief ${below} . ${format}/opt/pc-ctl`)
        const paths = await readdir(folder, { recursive: true })
        expect(paths).to.include.members([
          ...['LICENSE', 'LICENSE-node.txt', 'dist/THIRD-PARTY-LICENSES.txt', 'sbom.cdx.json', 'CHANGELOG.md'],
          ...['deb', 'rpm'].flatMap((format) => [
            `${format}/usr/bin/pc-ctl`,
            `${format}/usr/share/man/man1/pc-ctl.1.gz`,
          ]),
          ...['deb', 'rpm'].flatMap((format) => completionsIn(`${format}/usr/share`, format)),
          ...completionsIn('share', 'tar.gz'),
          ...['share/man/man1/pc-ctl.1', 'share/man/man1/pc-ctl-bootstrap-cloudfront.1', 'bin/pc-ctl'],
          ...['deb/usr/share/doc/pc-ctl/copyright', 'deb/usr/share/doc/pc-ctl/changelog.gz'],
          ...['', '-node.txt'].map((end) => `rpm/usr/share/licenses/pc-ctl/LICENSE${end}`),
          'rpm/usr/share/licenses/pc-ctl/THIRD-PARTY-LICENSES.txt',
        ])
      })

      it('the list of parts is valid CycloneDX, and there is a licence of each', async () => {
        const text = await readFile(join(folder, 'sbom.cdx.json'), 'utf8')
        expect(text).to.equal(await readFile(await listIn(made().here, processor.node), 'utf8'))
        expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot5).validate(text)).to.equal(null)
        const { metadata, components } = JSON.parse(text) as Bom
        expect(metadata.component.name).to.equal('pc-ctl')
        const names = components.map(({ name }) => name)
        expect(names).to.include.members(['node', 'openpgp', '@oclif/core', '@aws-sdk/client-s3', '@ruby/prism', 'ejs'])
        expect(names).not.to.include('mocha')
        const licences = await readFile(join(folder, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8')
        for (const { name, version, licenses = [] } of components) {
          expect(licenses, name).not.to.have.length(0)
          if (name !== 'node')
            expect(licences.includes(`\n${name} ${version} (`) || licences.startsWith(`${name} `), name).to.equal(true)
        }
      })
    })
  }
}

/** Where bash, zsh and fish look; Debian's zsh has a place of its own for packages. */
const completionsIn = (share: string, format: string): string[] => [
  `${share}/bash-completion/completions/pc-ctl`,
  `${share}/zsh/${format === 'deb' ? 'vendor-completions' : 'site-functions'}/_pc-ctl`,
  `${share}/fish/vendor_completions.d/pc-ctl.fish`,
]

async function elfFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const found: string[] = []
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name)
    const file = await open(path)
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0)
    await file.close()
    if (buffer.equals(Buffer.from('\x7fELF'))) found.push(path.slice(folder.length + 1))
  }
  return found
}

/** The newest version of a kind of symbol that a text names. */
function newest(kind: string, text: string): string | undefined {
  const versions = Array.from(text.matchAll(new RegExp(`\\b${kind}_([\\d.]+)`, 'g')), ([, version = '']) => version)
  return versions.sort((one, other) => one.localeCompare(other, 'en', { numeric: true })).at(-1)
}

async function listIn(folder: string, processor: string): Promise<string> {
  const found = (await readdir(folder)).find((name) => name.endsWith(`-linux-${processor}.cdx.json`))
  return join(folder, found ?? '')
}
