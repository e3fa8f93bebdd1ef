import { existsSync } from 'node:fs'
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { expect } from 'chai'

import { type Installation, install, objectKey, secret } from '../support/installation.ts'
import { frontReading } from '../../src/rehearsal/front.ts'
import type { Front } from '../../src/sandbox/host/front.ts'
import { resultOf } from '../support/json-document.ts'
import { MemoryBucket } from '../repositories/yum/memory-bucket.ts'
import { listed, repositoryOf } from '../repositories/yum/repositories.ts'

/** An installation where nothing is done yet, and a packagecloud-ctl that takes down how it was called. */
async function host(options: Parameters<typeof install>[0] = { secret: false }) {
  const place = await install(options)
  const [ctl, log] = [join(place.folder, 'packagecloud-ctl'), join(place.folder, 'calls')]
  const script = async (body: string): Promise<void> => {
    await writeFile(ctl, `#!/bin/sh\necho "$@" >> '${log}'\n${body}\n`)
    await chmod(ctl, 0o755)
  }
  await script('')
  return {
    place,
    script,
    enable: (...flags: string[]) => place.run(['enable-cloudfront', '--ctl', ctl, ...flags]),
    text: () => readFile(place.config, 'utf8'),
    async calls(): Promise<string[]> {
      const lines = await readFile(log, 'utf8').catch(() => '')
      await rm(log, { force: true })
      return lines.split('\n').slice(0, -1)
    },
  }
}

interface Policy {
  readonly Statement: readonly { readonly Action: string | readonly string[] }[]
}

const actionsOf = (policy: Policy | undefined): string[] => (policy?.Statement ?? []).flatMap(({ Action }) => Action)

type Host = Awaited<ReturnType<typeof host>>

const flat = (text: string): string => text.replace(/\s+/g, ' ')

const marks = (talk: string): string[] =>
  talk
    .split('\n')
    .filter((line) => /^\S+ \d\. /.test(line))
    .map((line) => line.charAt(0))

describe('enable-cloudfront', function () {
  this.timeout(60_000)
  let here: Host
  let place: Installation
  beforeEach(async () => {
    here = await host()
    ;({ place } = here)
  })
  afterEach(() => place.close())

  it('goes through the whole page, and the second time finds all of it done', async () => {
    const first = await here.enable('--write-config', '--yes')
    expect(first.code, first.stderr).to.equal(0)
    expect(await here.calls()).to.deep.equal(['reconfigure', 'reconfigure', 'restart'])
    expect(first.stdout).to.match(/ 0 failed/)
    expect(await here.text()).to.match(
      /cloudfront_secret'\] = '.{43}'\n.*enabled'\] = true\n.*_id'\] = .*\n.*domain'\] = .*\n$/,
    )
    expect(marks(first.stderr)).to.have.length(7)

    let second = first
    expect(await place.changes(async () => (second = await here.enable()))).to.deep.equal([])
    expect(second.code, second.stderr).to.equal(0)
    expect(await here.calls()).to.deep.equal([])
    expect(new Set(marks(second.stderr)).size, second.stderr).to.equal(1)
  })

  it('with --dry-run plans all of it, and changes nothing', async () => {
    const before = await here.text()
    let run: Awaited<ReturnType<Host['enable']>> | undefined
    expect(await place.changes(async () => (run = await here.enable('--dry-run', '--exit-code')))).to.deep.equal([])
    expect(run?.code, run?.stderr).to.equal(6)
    for (const part of ['7. restart', 'IAM role', 'CloudFront distribution']) expect(run?.stdout).to.include(part)
    expect([await here.text(), await here.calls()]).to.deep.equal([before, []])
  })

  it('with nobody to wait for, prints each line once it is due, exits with 3, and goes on from there', async () => {
    const first = await here.enable('--yes')
    expect(first.code, first.stderr).to.equal(3)
    expect(first.stdout).to.match(/^packagecloud_rails\['cloudfront_secret'\] = '.{43}'\n$/)
    expect(first.stderr).to.match(/Then go on with:\s+pc-ctl enable-cloudfront --ctl \S+ --yes\n/)
    await place.paste(first.stdout)
    const second = await here.enable('--yes')
    expect(second.code, second.stderr).to.equal(3)
    expect(second.stdout).to.match(/^packagecloud_rails\['cloudfront_enabled'\] = true\n.*\n.*\n$/)
    await place.paste(second.stdout)
    const third = await here.enable('--yes')
    expect(third.code, third.stderr).to.equal(0)
    expect(await here.calls()).to.deep.equal(['reconfigure', 'reconfigure', 'restart'])
  })

  it('puts objects right first, having asked, unless --skip-reindex', async () => {
    await place.put('pool/a_1.0_all.deb', 'no package')
    const unasked = await here.enable()
    expect(unasked.code, unasked.stderr).to.equal(2)
    expect(unasked.stderr).to.match(
      /1\. reindex-everything[^(]*\(\d objects? ha(?:s|ve)\s+others\)[^]*asks before it restarts/,
    )
    const asked = await place.run(['enable-cloudfront'])
    expect(asked.code, asked.stderr).to.equal(2)
    expect(asked.stderr).to.match(/objects? ha(?:s|ve) others than CloudFront goes by/)
    const left = await here.enable('--skip-reindex', '--dry-run')
    expect(left.stdout).to.match(/1\. reindex-everything.* \(--skip-reindex\)/)
  })

  it('makes indexes anew in the first step, which it then finds done', async () => {
    const rpm = await readFile(join(import.meta.dirname, '../repositories/yum/fixtures/fix-tool.noarch.rpm'))
    const yum = repositoryOf(new MemoryBucket(), 'el/9/', [listed({ rpm, href: 'fix-tool.noarch.rpm' })])
    await place.put('el/9/fix-tool.noarch.rpm', rpm)
    for (const [key, { body }] of yum.objects) await place.put(key, body)
    expect((await place.run(['reindex-everything', '--attributes-only'])).code).to.equal(0)
    const first = async (...flags: string[]): Promise<string> => {
      const { stdout } = await here.enable('--dry-run', ...flags)
      return /1\. reindex-everything[^(]*\((.*)\)$/m.exec(stdout)?.[1] ?? ''
    }
    expect(await first()).to.equal('the index of 1 repository is to be made anew')
    expect(await first('--attributes-only')).to.equal('all objects have them')
    const unasked = await place.run(['enable-cloudfront'])
    expect(flat(unasked.stderr)).to.contain('The index of 1 repository is to be made anew. Put that right now?')
    const before = await place.read('el/9/repodata/repomd.xml')
    const run = await here.enable('--write-config', '--yes')
    expect(run.code, run.stderr).to.equal(0)
    expect(before.equals(await place.read('el/9/repodata/repomd.xml'))).to.equal(false)
    expect(await first()).to.equal('all objects have them')
  })

  it('goes on with an index that it has no key for, and says so', async () => {
    await place.put('el/9/repodata/repomd.xml', '<repomd/>')
    await place.put('el/9/repodata/repomd.xml.asc', 'a signature')
    const run = await here.enable('--write-config', '--yes')
    expect(run.code, run.stderr).to.equal(0)
    expect(flat(run.stderr))
      .to.match(
        /1\. reindex-everything.*3 objects have others; the index of 1 repository is left: `pc-ctl reindex-everything --dry-run` says why/,
      )
      .and.to.contain('the index of 1 repository is left as before, which keeps nothing from going on')
      .and.to.contain('--signing-key')
    const again = await here.enable()
    expect(again.code, again.stderr).to.equal(0)
    expect(new Set(marks(again.stderr)).size, again.stderr).to.equal(1)
  })

  describe('with --front', () => {
    const token = 'reads-packages'
    let front: Front
    let watching: NodeJS.Timeout
    beforeEach(async () => {
      const { endpoint, accessKeyId, secretAccessKey } = place.sandbox
      const credentials = { accessKeyId, secretAccessKey }
      front = await frontReading(place.config)({ port: 0, endpoint, token, credentials })
      const asked = join(place.folder, 'restart')
      await here.script(`[ "$1" = restart ] && : > '${asked}'; exit 0`)
      // A restart takes a while, so that the first look comes too early.
      watching = setInterval(() => {
        if (!existsSync(asked)) return
        clearInterval(watching)
        setTimeout(() => void front.restart(), 200)
      }, 50)
    })
    afterEach(async () => {
      clearInterval(watching)
      await front.close()
    })
    const withFront = (...flags: string[]) =>
      here.enable('--front', front.url, '--front-path', objectKey, '--token', token, ...flags)

    it('waits until the front server redirects to CloudFront, and needs no memory to know that it does', async () => {
      const first = await withFront('--write-config', '--yes')
      expect(first.code, first.stderr).to.equal(0)
      expect(first.stdout).to.match(/^✔ .*front server/im)
      expect(first.stderr + first.stdout).to.not.include(token)
      expect(await here.calls()).to.deep.equal(['reconfigure', 'reconfigure', 'restart'])
      await rm(join(place.folder, 'state'), { recursive: true })
      const second = await withFront()
      expect(second.code, second.stderr).to.equal(0)
      expect(second.stderr).to.contain('the front server redirects to CloudFront')
      expect(await here.calls()).to.deep.equal([])
    })

    it('begins nothing where the front server could not tell', async () => {
      const [text, wrong] = [await here.text(), ['--yes', '--write-config', '--token', 'another']]
      let run: Awaited<ReturnType<Host['enable']>> | undefined
      const done = await place.changes(async () => (run = await here.enable('--front', front.url, ...wrong)))
      expect(run?.code, run?.stderr).to.equal(1)
      expect(run?.stderr).to.match(/refused the token: 401/)
      expect([done, await here.text(), await here.calls()]).to.deep.equal([[], text, []])
    })
  })

  it('stops where packagecloud-ctl fails, with its exit code, and goes on from there', async () => {
    await here.script('exit 7')
    const run = await here.enable('--write-config', '--yes')
    expect(run.code, run.stderr).to.equal(7)
    expect(await here.calls()).to.deep.equal(['reconfigure'])
    await here.script('')
    expect((await here.enable('--write-config', '--yes')).code).to.equal(0)
  })

  it('does what can be done without packagecloud-ctl, and says what is left', async () => {
    const run = await place.run(['enable-cloudfront', '--write-config', '--yes'])
    expect(run.code, run.stderr).to.equal(3)
    expect(run.stderr).to.include('packagecloud-ctl is not here').and.include('packagecloud-ctl restart')
    expect(await here.text()).to.include("cloudfront_enabled'] = true")
  })

  it('tells in JSON, with the secret nowhere', async () => {
    const run = await here.enable('--write-config', '--yes', '--json')
    expect(run.code, run.stderr).to.equal(0)
    expect(resultOf(run.stdout)).to.have.nested.property('doctor.count.failed', 0)
    const made = /cloudfront_secret'\] = '(.{43})'/.exec(await here.text())?.[1] ?? ''
    expect(made).to.have.length(43)
    expect(run.stdout + run.stderr).to.not.include(made)
  })

  it('needs no more than `permissions enable` prints, which is no more than its steps need', async () => {
    const groups = JSON.parse(await place.succeed(['permissions', '--account', '111122223333'])) as Record<
      string,
      Policy
    >
    const { iam } = place.clients
    const UserName = 'operator'
    await iam.send(new CreateUserCommand({ UserName }))
    const PolicyDocument = JSON.stringify(groups['enable'])
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'pc-ctl', PolicyDocument }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
    await writeFile(
      place.config,
      (await here.text())
        .replace(/(aws_access_key'\] = )'.*'/, `$1'${AccessKey?.AccessKeyId ?? ''}'`)
        .replace(/(aws_secret_key'\] = )'.*'/, `$1'${AccessKey?.SecretAccessKey ?? ''}'`),
    )
    await place.put('7/11/el/8/repodata/repomd.xml', '<repomd/>')
    const run = await here.enable('--write-config', '--yes')
    expect(run.code, run.stderr).to.equal(0)
    expect(run.stderr).to.not.match(/not checked|AccessDenied/)
    const steps = ['bootstrap', 'distribution', 'reindex', 'look'].flatMap((group) => actionsOf(groups[group]))
    expect(steps).to.include.members(actionsOf(groups['enable']))
  })

  const bad: [string, string, readonly string[], number, RegExp][] = [
    ['no bucket', '', [], 3, /s3_bucket'\] is not set/],
    ['a file that is managed', 'managed', ['--write-config', '--yes'], 4, /Puppet manages this file/],
    ['a malformed secret', "packagecloud_rails['cloudfront_secret'] = 'short'\n", ['--yes'], 3, /secret/],
    ['a front server that is no URL', 'as it is', ['--front', 'x'], 2, /--front does not hold/],
    ['a packagecloud-ctl that is not there', 'as it is', ['--ctl', '/no/such'], 3, /given with --ctl/],
    ['a front server that is not there', 'as it is', ['--yes', '--front', 'http://127.0.0.1:9'], 1, /127\.0\.0\.1:9/],
    ['a secret that may be elsewhere', "load '/etc/secrets.rb'\n", ['--yes'], 4, /may set/],
  ]
  for (const [what, lines, flags, code, message] of bad) {
    it(`changes nothing for ${what}`, async () => {
      const before =
        lines === ''
          ? ''
          : `${await here.text()}${lines === 'managed' ? '# Managed by Puppet\n' : lines === 'as it is' ? '' : lines}`
      await writeFile(place.config, before)
      let run: Awaited<ReturnType<Host['enable']>> | undefined
      const done = await place.changes(
        async () =>
          (run = await (flags.includes('--ctl') ? place.run(['enable-cloudfront', ...flags]) : here.enable(...flags))),
      )
      expect(run?.code, run?.stderr).to.equal(code)
      expect(run?.stderr).to.match(message)
      expect([done.filter((call) => !call.startsWith('s3:')), await here.text(), await here.calls()]).to.deep.equal([
        [],
        before,
        [],
      ])
      expect((await readdir(place.folder)).filter((name) => name.endsWith('.bak'))).to.deep.equal([])
      expect(run?.stderr).to.not.include(secret)
    })
  }
})
