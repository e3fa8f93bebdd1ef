import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import type { Diagnosis } from '../../src/tasks/doctor/diagnose.ts'
import { runQuickly } from '../support/run-here.ts'
import {
  debKey,
  deploy,
  type DeployedInstallation,
  indexKey,
  otherSecret,
  secret,
} from '../tasks/doctor/installation.ts'

describe('doctor', () => {
  let place: DeployedInstallation
  before(async () => {
    place = await deploy()
  })
  after(() => place.close())

  const doctor = (args: readonly string[] = [], env: Record<string, string> = {}) =>
    runQuickly(['doctor', ...args], {
      env: { AWS_ENDPOINT_URL: place.sandbox.endpoint, PC_CTL_CONFIG: place.config, ...env },
    })

  it('shows on stdout that all is well, ends with what firewalls and proxies need, and exits with 0', async () => {
    const { stdout, stderr, code } = await doctor()
    expect({ stderr, code }).to.deep.equal({ stderr: '', code: 0 })
    expect(stdout).to.match(/^✔ A signed URL is served: 200 OK for /m)
    expect(stdout).to.match(/^\d+ ok, 0 failed, 0 warnings, 2 skipped$/m)
    expect(stdout).to.match(/For firewall owners[^]*PassThroughPattern: [^]*refresh_pattern/)
  })

  it('looks at the front server with a token that it never shows', async () => {
    const { url, token } = place.front
    for (const [args, env] of [
      [['--front', url], { PC_CTL_FRONT_TOKEN: token }],
      [['--front', url, '--token', token], {}],
    ] as const) {
      const { stdout, stderr, code } = await doctor(args, env)
      expect({ stderr, code }).to.deep.equal({ stderr: '', code: 0 })
      expect(stdout).to.match(/^✔ What the front server signs is served: /m)
      expect(stdout).not.to.include(token)
    }
  })

  it('exits with 1 if a check fails, and says what it means and what to do', async () => {
    await place.configure({ cloudfront_secret: otherSecret })
    try {
      const { stdout, stderr, code } = await doctor()
      expect({ stderr, code }).to.deep.equal({ stderr: '', code: 1 })
      expect(stdout).to.match(/^✖ A signed URL is served: .*bad signature.*\n {4}The edge holds another secret/m)
      expect(stdout).to.match(/^ {4}→ If it was replaced on another host, copy [^]*^ +pc-ctl show-config$/m)
      expect(stdout).to.match(/^ +pc-ctl bootstrap-cloudfront --replace-secret$/m)
      for (const each of [secret, otherSecret]) expect(stdout + stderr).not.to.include(each)
    } finally {
      await place.configure()
    }
  })

  it('gives --json one document with the same exit code', async () => {
    const { stdout, code } = await doctor(['--json', '--key', debKey, '--key', indexKey])
    expect(code).to.equal(0)
    const diagnosis = resultOf(stdout) as Diagnosis & { allow: unknown }
    expect(diagnosis.count).to.include({ failed: 0 })
    expect(diagnosis.checks.map(({ id }) => id)).to.include.members(['signed', 'metadata', 'package', 'missing'])
    expect(diagnosis.allow).to.deep.equal([{ name: '127.0.0.1', port: place.domain.split(':')[1], scheme: 'http' }])
    const failing = await doctor(['--json', '--key', '7/11/gone.deb'])
    expect(failing.code).to.equal(1)
    expect((resultOf(failing.stdout) as Diagnosis).count.failed).to.equal(1)
  })

  it('writes its report to a file too: as a page what is wrong comes first, else as JSON', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-doctor-'))
    try {
      const { url, token } = place.front
      const env = { PC_CTL_FRONT_TOKEN: token }
      const html = join(folder, 'report.html')
      const { stdout, code } = await doctor(['--front', url, '--report', html, '--key', '7/11/<gone>.deb'], env)
      expect(code).to.equal(1)
      expect(stdout).to.match(/^\d+ ok, \d+ failed/m)
      const page = await readFile(html, 'utf8')
      expect(page).to.match(/^<!doctype html>[^]*What is wrong<\/h2>[^]*What is right<\/h2>[^]*<\/html>\n$/)
      expect(page).to.include('&lt;gone&gt;').and.not.to.include('<gone>')
      for (const each of [secret, token]) expect(page).not.to.include(each)
      const json = join(folder, 'report.json')
      const run = await doctor(['--json', '--report', json, '--key', debKey])
      expect(run.code).to.equal(0)
      expect(JSON.parse(await readFile(json, 'utf8'))).to.deep.equal(resultOf(run.stdout))
      expect(await readdir(folder)).to.have.members(['report.html', 'report.json'])
      const nowhere = await doctor(['--report', join(folder, 'nowhere/report.html')])
      expect([nowhere.code, nowhere.stdout]).to.deep.equal([2, ''])
      expect(nowhere.stderr).to.include("can't be written")
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('needs no AWS where keys are named', async () => {
    const { stdout, code } = await doctor(['--key', debKey], { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' })
    expect(code).to.equal(0)
    expect(stdout).to.match(/^✔ A package is cached: /m)
  })

  it('asks the domain that is given in place of the configured one', async () => {
    const { stdout, code } = await doctor(['--domain', '127.0.0.1:1', '--key', debKey])
    expect(code).to.equal(1)
    expect(stdout).to.match(/^✖ CloudFront answers under the packages domain: no answer: /m)
  })

  it('says what is missing in the configuration with 3, and what is wrong on the command line with 2', async () => {
    const bare = await runQuickly(['doctor', '--key', debKey])
    expect(bare).to.include({ stdout: '', code: 3 })
    expect(bare.stderr).to.include('cloudfront_packages_domain')
    await place.configure({ cloudfront_secret: 'short' })
    expect(await doctor()).to.include({ stdout: '', code: 3 })
    await place.configure()
    for (const wrong of [
      ['--domain', 'https://x/'],
      ['--key', 'a/../b'],
      ['--front', 'nonsense'],
      ['--front-path', 'x'],
      ['x'],
    ]) {
      expect(await doctor(wrong), wrong.join(' ')).to.include({ stdout: '', code: 2 })
    }
  })
})
