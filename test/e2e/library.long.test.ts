/** The npm package as those have it who write a front server: installed beside their code, without a network. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect } from 'chai'

const execute = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const secret = 'MDI2ZDhhYmMxYThiMjVmMTBlODM4OWNmZWZiZmI2NWI'
const url =
  'https://d111111abcdef8.cloudfront.net/7/11/el/8/package_files/78137.rpm' +
  '?t=1700000300_c34e9a1cd831654391263f7fd0ba4420147b606c9becba64736764575b80d014'

interface Packed {
  readonly filename: string
  readonly unpackedSize: number
}

interface Manifest {
  readonly license: string
  readonly scripts: Record<string, string>
  readonly devDependencies: Record<string, string>
  readonly '//devDependencies': Record<string, string | string[]>
  readonly [field: string]: unknown
}

/** What a front server of one's own is like. */
const server = `
import { signUrl, verifyUrl, type Verdict } from 'pc-ctl/signing'

const url: string = signUrl({
  secret: '${secret}',
  domain: 'd111111abcdef8.cloudfront.net',
  key: '7/11/el/8/package_files/78137.rpm',
  expires: 1_700_000_300,
})
const verdict: Verdict = verifyUrl(url, { secret: '${secret}', now: 1_700_000_000, previousSecret: undefined })
console.log(url, verdict.accepted ? verdict.key : verdict.reason)
`

describe('the npm package, installed into an empty folder', function () {
  this.timeout(300_000)
  let folder: string
  let packed: Packed

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-library-'))
    const { stdout } = await execute(
      'npm',
      ['pack', '--ignore-scripts', '--json', '--pack-destination', folder, '--cache', join(folder, 'cache')],
      { cwd: root },
    )
    const [first] = Object.values(JSON.parse(stdout) as Record<string, Packed>)
    if (first === undefined) throw new Error(stdout)
    packed = first
    await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
    const quiet = ['--offline', '--no-audit', '--no-fund', '--cache', join(folder, 'cache')]
    await execute('npm', ['install', ...quiet, join(folder, packed.filename)], { cwd: folder })
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const manifest = async (): Promise<Manifest> =>
    JSON.parse(await readFile(join(folder, 'node_modules/pc-ctl/package.json'), 'utf8')) as Manifest

  it('is the only one that is installed, of 6 MB at most, and runs nothing while it is', async () => {
    const { packages } = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { hasInstallScript?: boolean }>
    }
    expect(Object.keys(packages)).to.deep.equal(['', 'node_modules/pc-ctl'])
    expect(packages['node_modules/pc-ctl']?.hasInstallScript).to.equal(undefined)
    expect(Object.keys((await manifest()).scripts).filter((name) => /^(pre|post)?install$/.test(name))).to.deep.equal(
      [],
    )
    expect(packed.unpackedSize).to.be.below(6_000_000)
  })

  it('says where it comes from', async () => {
    const { license, ...fields } = await manifest()
    expect(fields).to.include.keys('repository', 'bugs', 'homepage', 'keywords', 'description')
    expect(license).to.equal('Apache-2.0 AND LGPL-3.0-or-later')
  })

  it('says of each development dependency whether it is in the product', async () => {
    const { devDependencies, '//devDependencies': told } = await manifest()
    const text = await readFile(join(folder, 'node_modules/pc-ctl/dist/THIRD-PARTY-LICENSES.txt'), 'utf8')
    const inProduct = new Set(Array.from(text.matchAll(/^(\S+) \d\S* \(.+\)$/gm), ([, name]) => name))
    const [bundled, others] = Object.values(told).filter((value) => Array.isArray(value))
    const names = Object.keys(devDependencies)
    expect(bundled).to.deep.equal(names.filter((name) => inProduct.has(name)))
    expect(others).to.deep.equal(names.filter((name) => !inProduct.has(name)))
    const contributing = await readFile(join(root, 'CONTRIBUTING.md'), 'utf8')
    expect(names.filter((name) => !contributing.includes(`\`${name}\``))).to.deep.equal([])
  })

  /** What a compiler says to a file, with all that is strict. */
  const complaints = async (file: string, text: string, how: object = {}): Promise<string> => {
    const strict = ['strict', 'exactOptionalPropertyTypes', 'noUncheckedIndexedAccess', 'erasableSyntaxOnly']
    const compilerOptions = {
      ...Object.fromEntries(strict.map((name) => [name, true])),
      ...{ noEmit: true, module: 'nodenext', target: 'es2024', lib: ['es2024', 'dom'], types: [] },
      ...how,
    }
    await writeFile(join(folder, file), text)
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = await execute(process.execPath, [tsc], { cwd: folder }).catch(
      (error: unknown) => error as { stdout: string },
    )
    return stdout
  }

  it('signs for a server in TypeScript, with types that hold under all that is strict', async () => {
    for (const how of [{}, { module: 'node16' }, { module: 'esnext', moduleResolution: 'bundler' }]) {
      expect(await complaints('server.ts', server, how), JSON.stringify(how)).to.equal('')
    }
    const { stdout } = await execute(process.execPath, ['server.ts'], { cwd: folder })
    expect(stdout).to.equal(`${url} 7/11/el/8/package_files/78137.rpm\n`)
  })

  it('is used as the documentation shows it', async () => {
    const page = await readFile(join(root, 'docs/signed-urls.md'), 'utf8')
    const [, code = ''] = /^```ts\n([^]*?)^```$/m.exec(page) ?? []
    expect(await complaints('shown.ts', code)).to.equal('')
    const { stdout } = await execute(process.execPath, ['shown.ts'], { cwd: folder })
    expect(stdout).to.match(/^pool\/foo_1\.2\+deb9_amd64\.deb \d{10} current\n$/)
  })

  it('lets wrong options not pass the compiler', async () => {
    const wrong = await complaints('wrong.ts', server.replace('1_700_000_300', "'soon'"))
    expect(wrong).to.match(/^wrong\.ts.+TS2322: Type 'string' is not assignable to type 'number'/)
  })

  it('signs for a server in CommonJS too', async () => {
    const code = `const { signUrl } = require('pc-ctl/signing')
      console.log(signUrl({ secret: '${secret}', domain: 'd.example', key: 'a', expires: 1700000300 }))`
    await writeFile(join(folder, 'server.cjs'), code)
    const { stdout } = await execute(process.execPath, ['server.cjs'], { cwd: folder })
    expect(stdout).to.match(/^https:\/\/d\.example\/a\?t=1700000300_[0-9a-f]{64}\n$/)
  })

  it('has nothing else to import', async () => {
    await writeFile(join(folder, 'curious.js'), "await import('pc-ctl/dist/main.js')")
    const refused = await execute(process.execPath, ['curious.js'], { cwd: folder }).catch(
      (error: unknown) => error as { stderr: string },
    )
    expect(refused.stderr).to.match(/ERR_PACKAGE_PATH_NOT_EXPORTED/)
  })
})
