import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { expect } from 'chai'

import { type Installation, install } from '../support/installation.ts'

const execute = promisify(execFile)
const root = join(import.meta.dirname, '../..')

describe('the npm package, installed globally into an empty prefix without a network', function () {
  this.timeout(300_000)
  let prefix: string
  let place: Installation

  before(async () => {
    prefix = await mkdtemp(join(tmpdir(), 'pc-ctl-prefix-'))
    place = await install({ built: true, secret: false })
    const quiet = ['--offline', '--no-audit', '--no-fund', '--cache', join(prefix, 'cache')]
    // The scripts would only build anew what is there.
    const packed = await execute('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', prefix], {
      cwd: root,
    })
    const [first] = Object.values(JSON.parse(packed.stdout) as Record<string, { filename: string }>)
    const tarball = join(prefix, first?.filename ?? '')
    await execute('npm', ['install', '--global', '--prefix', prefix, '--ignore-scripts', ...quiet, tarball], {
      cwd: prefix,
    })
  })
  after(async () => {
    await place.close()
    await rm(prefix, { recursive: true, force: true })
  })

  /** Runs the installed command by name, as an operator does. */
  const pcCtl = (...args: string[]) =>
    execute('pc-ctl', args, {
      cwd: prefix,
      env: { ...place.env, PATH: [join(prefix, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter) },
    })

  it('says its version, and nothing on stderr', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
    const { stdout, stderr } = await pcCtl('--version')
    expect(stdout).to.match(new RegExp(`^pc-ctl/${version.replaceAll('.', '\\.')} `))
    expect(stderr).to.equal('')
  })

  it('goes through the runbook', async () => {
    const generated = await pcCtl('generate-cloudfront-secret')
    await place.paste(generated.stdout)
    const bootstrapped = await pcCtl('bootstrap-cloudfront')
    expect(bootstrapped.stdout).to.match(/^pc-ctl reconfigure-cloudfront-distribution arn:\S+:1\n$/)
    const connected = await pcCtl(...bootstrapped.stdout.trim().split(' ').slice(1))
    expect(connected.stdout).to.match(/cloudfront_packages_domain/)
    for (const { stderr } of [generated, bootstrapped, connected]) expect(stderr).not.to.match(/warning|\(node:/i)
  })

  describe('says whose code it holds:', () => {
    const installed = (...path: string[]) => join(prefix, 'lib/node_modules/pc-ctl', ...path)

    it('of each package the licence, of the edge function too', async () => {
      const parts = (await readFile(installed('dist/THIRD-PARTY-LICENSES.txt'), 'utf8')).split(
        `\n\n${'-'.repeat(80)}\n\n`,
      )
      const licences = new Map<string, string>()
      for (const part of parts) {
        const [titles = '', ...text] = part.split('\n\n')
        for (const title of titles.split('\n')) licences.set(title.split(' ')[0] ?? '', text.join('\n\n'))
      }
      // One from the commands, the edge function, a file that was copied, and each that has no file of its own.
      const some = [
        'listr2',
        'aws4fetch',
        'openpgp',
        '@ruby/prism',
        'xz-decompress',
        '@nodable/entities',
        '@smithy/core',
      ]
      expect([...licences.keys()]).to.include.members(some)
      for (const [name, text] of licences)
        expect(text, name)
          .to.match(/permission|licen[cs]e/i)
          .and.to.have.length.above(500)
      expect(licences.get('openpgp')).to.match(/GNU LESSER GENERAL PUBLIC LICENSE[^]*\n +GNU GENERAL PUBLIC LICENSE/)
      expect(licences.get('xz-decompress')).to.match(/^Copyright \(c\) Tim Perry.*\n\nPermission is hereby granted/)
    })

    it('OpenPGP.js as it was published, which another can take the place of', async () => {
      const manifest = await readFile(installed('package.json'), 'utf8')
      expect(manifest)
        .to.match(/"license": "[^"]*LGPL-3\.0-or-later"/)
        .and.to.match(/dist\/openpgp\.mjs/)
      const published = join(root, 'node_modules/openpgp/dist/node/openpgp.min.mjs')
      const place = installed('dist/openpgp.mjs')
      const text = await readFile(published, 'utf8')
      expect(await readFile(place, 'utf8')).to.equal(text)
      const key = join(prefix, 'key')
      await writeFile(key, 'none')
      await writeFile(place, `${text}\nprocess.stderr.write('another OpenPGP')\n`)
      const failed = await pcCtl('reindex-everything', '--signing-key', key).then(
        () => ({ stderr: '' }),
        (error: unknown) => error as { stderr: string },
      )
      await copyFile(published, place)
      expect(failed.stderr)
        .to.contain('another OpenPGP')
        .and.to.match(/no OpenPGP secret key/)
    })
  })
})
