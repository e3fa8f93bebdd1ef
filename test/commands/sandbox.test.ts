import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, chmod, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

import { CreateRoleCommand, GetRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import { runCli } from '../support/run-cli.ts'

interface Announced {
  endpoint: string
  frontUrl: string
  frontToken: string
  config: string
  environment: Record<string, string>
}

const trust =
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}'

/** Those that run; a test that fails must not leave any. */
const running = new Set<ChildProcess>()

/** Starts the built command and reads the document that it announces itself with. */
async function start(...args: string[]): Promise<{ child: ChildProcess; announced: Announced }> {
  const { PATH = '', HOME = '' } = process.env
  const root = join(import.meta.dirname, '../..')
  const child = spawn(process.execPath, [join(root, 'bin/run.js'), 'sandbox', '--json', ...args], {
    env: { PATH, HOME },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  let text = ''
  for await (const piece of child.stdout as AsyncIterable<Buffer>) {
    text += piece.toString()
    if (text.endsWith('\n}\n')) return { child, announced: resultOf(text) as Announced }
  }
  throw new Error(`the sandbox ended: ${text}`)
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exited = once(child, 'exit')
  child.kill(signal)
  const [code] = (await exited) as [number | null]
  return code
}

const clientConfig = ({ endpoint, environment }: Announced): object => ({
  endpoint,
  region: environment['AWS_REGION'],
  forcePathStyle: true,
  credentials: { accessKeyId: environment['AWS_ACCESS_KEY_ID'], secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] },
})

/** Whose the announced credentials are, and what they are. */
async function callerOf(announced: Announced) {
  const sts = new STSClient(clientConfig(announced))
  const { Arn: arn } = await sts.send(new GetCallerIdentityCommand({}))
  return {
    arn,
    accessKeyId: announced.environment['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: announced.environment['AWS_SECRET_ACCESS_KEY'] ?? '',
  }
}

describe('pc-ctl sandbox', () => {
  let state: string
  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), 'sandbox-'))
  })
  afterEach(async () => {
    for (const child of running) await end(child, 'SIGKILL')
    await rm(state, { recursive: true })
  })

  it('keeps everything in its state folder, even when it is killed', async () => {
    const flags = ['--state', state, '--bucket', 'rehearsal', '--region', 'eu-central-1']
    const first = await start(...flags)
    await new IAMClient(clientConfig(first.announced)).send(
      new CreateRoleCommand({ RoleName: 'kept', AssumeRolePolicyDocument: trust }),
    )
    const config = await readFile(join(state, 'packagecloud.rb'), 'utf8')
    expect(config).to.include("packagecloud_rails['s3_bucket'] = 'rehearsal'")
    await end(first.child, 'SIGKILL')

    const second = await start(...flags)
    try {
      expect(second.announced).to.deep.equal(first.announced)
      const { Role } = await new IAMClient(clientConfig(second.announced)).send(
        new GetRoleCommand({ RoleName: 'kept' }),
      )
      expect(Role?.RoleName).to.equal('kept')
      await new S3Client(clientConfig(second.announced)).send(new HeadBucketCommand({ Bucket: 'rehearsal' }))
      expect(await readFile(join(state, 'packagecloud.rb'), 'utf8')).to.equal(config)
      expect((await fetch(`${second.announced.frontUrl}/x`)).status).to.equal(401)
    } finally {
      expect(await end(second.child, 'SIGTERM')).to.equal(0)
    }
  })

  it('brings a packagecloud-ctl that restarts its front server, and names both to pc-ctl', async () => {
    const { child, announced } = await start('--state', state, '--bucket', 'rehearsal')
    try {
      const { environment, frontUrl, frontToken } = announced
      const ctl = environment['PC_CTL_PACKAGECLOUD_CTL'] ?? ''
      expect((await stat(ctl)).mode & 0o777).to.equal(0o700)
      expect([environment['PC_CTL_FRONT'], environment['PC_CTL_FRONT_TOKEN']]).to.deep.equal([frontUrl, frontToken])
      const reconfigured = await runCli(['reconfigure'], { env: environment })
      // It reads the file that was checked, and what the variable says needs not be said again.
      expect([reconfigured.code, reconfigured.stdout]).to.deep.equal([0, 'packagecloud Reconfigured!\n'])
      expect(reconfigured.stderr)
        .to.match(/^ +pc-ctl restart$/m)
        .and.not.to.include('/etc/packagecloud')
      expect((await runCli(['restart'], { env: environment })).stdout).to.match(/^ok: run: front: /)
      // A front server that can't come up is no restart that went well.
      await appendFile(announced.config, "packagecloud_rails['cloudfront_enabled'] = true\n")
      const failed = spawnSync(ctl, ['restart'], { encoding: 'utf8' })
      expect([failed.status, failed.stdout]).to.deep.equal([1, ''])
      expect(failed.stderr).to.include('cloudfront_packages_domain')
      expect(spawnSync(ctl, ['status'], { encoding: 'utf8' }).status).to.equal(1)
    } finally {
      await end(child, 'SIGTERM')
    }
  })

  it('refuses a state folder that others can look into, with exit 4 and what to type', async () => {
    await writeFile(join(state, 'something'), '')
    await chmod(state, 0o755)
    const run = await runCli(['sandbox', '--state', state])
    expect([run.code, run.stdout]).to.deep.equal([4, ''])
    expect(run.stderr)
      .to.contain(`The state folder can't hold the keys: ${state} is open to other users (mode 755) and is not empty.`)
      .and.to.contain(`chmod -R go= ${state}`)
      .and.not.to.match(/\n {4}at /)
  })

  it('makes its folders and files for nobody else, and says so where its keys go into a file for everybody', async () => {
    for (const [mode, noted] of [
      [0o644, true],
      [0o600, false],
    ] as const) {
      const target = await open(join(state, `env-${mode}`), 'w', mode)
      await target.chmod(mode)
      const child = spawn(
        process.execPath,
        [join(import.meta.dirname, '../../bin/run.js'), 'sandbox', '--state', join(state, 'new'), '--json'],
        { stdio: ['ignore', target.fd, 'pipe'], env: { PATH: process.env['PATH'] ?? '' } },
      ) as ChildProcess & { stderr: Readable }
      running.add(child)
      let talk = ''
      for await (const piece of child.stderr) if (/Ctrl-C ends[^]*\n/.test((talk += String(piece)))) break
      await end(child, 'SIGTERM')
      running.delete(child)
      await target.close()
      expect(talk.includes('other users can read the file that stdout goes to'), talk).to.equal(noted)
      for (const part of ['new', 'new/sandbox.sqlite', 'new/packagecloud.rb']) {
        expect((await stat(join(state, part))).mode & 0o077, part).to.equal(0)
      }
    }
  })

  it('says what is wrong with a duration or the name of a bucket', async () => {
    const wrong = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await runCli(['sandbox', ...args])
      expect(code, stderr).to.equal(2)
      return stderr
    }
    expect(await wrong('--latency', 'soon'))
      .to.match(/^Error: --latency: "soon" is not a duration such as 50ms/)
      .and.not.include('SERVICE')
    expect(await wrong('--bucket', 'Packages')).to.match(/Error: --bucket Packages[^]*not valid[^]*lower-case/)
  })

  it('refuses faults that no call could meet, and ends', async () => {
    const run = await runCli(['sandbox', '--state', state, '--fault', 'cloudfront:CreateDistributon:drop'])
    expect([run.code, run.stdout]).to.deep.equal([2, ''])
    expect(run.stderr)
      .to.match(
        /^Error: The sandbox has no operation "CreateDistributon" of cloudfront\.\n +Did you mean `CreateDistribution`\?/,
      )
      .and.to.match(/^ +SERVICE:OPERATION/m)
  })

  it('refuses what it can’t read, and says how faults are written', async () => {
    const run = await runCli(['sandbox', '--fault', 'nonsense'])
    expect([run.code, run.stdout]).to.deep.equal([2, ''])
    expect(run.stderr)
      .to.match(/"nonsense" is not SERVICE:OPERATION/)
      .and.to.match(/WHAT/)
    expect((await runCli(['sandbox', '--latency', '5'])).code).to.equal(2)
  })

  describe('--enforce-iam', () => {
    const bucket = 'rehearsal'
    const flags = (): string[] => ['--state', state, '--bucket', bucket, '--port', '0']
    const pcCtl = (announced: Announced, ...args: string[]) =>
      runCli(args, { env: { ...announced.environment, HOME: state, XDG_STATE_HOME: state }, cwd: state })

    /** What `permissions` prints, in a file. */
    async function print(...groups: string[]): Promise<string> {
      const file = join(state, `${groups.join('-')}.json`)
      const { stdout } = await runCli(['permissions', ...groups, '--account', '111122223333', '--bucket', bucket])
      await writeFile(file, stdout)
      return file
    }
    const plan = (announced: Announced) => pcCtl(announced, 'bootstrap-cloudfront', '--dry-run')

    it('is a user with just these policies, in the environment and in packagecloud.rb', async () => {
      const { child, announced } = await start(...flags(), '--enforce-iam', await print('bootstrap'))
      const { accessKeyId, secretAccessKey } = await callerOf(announced)
      expect((await callerOf(announced)).arn).to.equal('arn:aws:iam::111122223333:user/operator')
      const config = await readFile(announced.config, 'utf8')
      expect(config).to.contain(`['aws_access_key'] = '${accessKeyId}'`)
      expect(config).to.contain(`['aws_secret_key'] = '${secretAccessKey}'`)
      await writeFile(announced.config, config + (await pcCtl(announced, 'generate-cloudfront-secret')).stdout)

      const bootstrap = await pcCtl(announced, 'bootstrap-cloudfront')
      expect(bootstrap.code, bootstrap.stderr).to.equal(0)
      const denied = await pcCtl(announced, ...bootstrap.stdout.trim().split(' ').slice(1))
      expect(denied.code).to.equal(5)
      expect(denied.stderr)
        .to.match(/AWS denied (cloudfront|lambda|s3):\w+/)
        .and.to.contain('"Effect":"Allow"')
      await end(child, 'SIGTERM')
    })

    it('has other policies in another run, from several files, by group or alone', async () => {
      const first = await start(...flags(), '--enforce-iam', await print('reindex'))
      const secret = (await pcCtl(first.announced, 'generate-cloudfront-secret')).stdout
      await appendFile(first.announced.config, secret)
      expect((await plan(first.announced)).code).to.equal(5)
      const before = await callerOf(first.announced)
      await end(first.child, 'SIGKILL')

      const files = [await print('look', 'cfremove'), await print('reindex')]
      const second = await start(...flags(), ...files.flatMap((file) => ['--enforce-iam', file]))
      expect(await callerOf(second.announced)).to.deep.equal(before)
      expect((await plan(second.announced)).code).to.equal(0)
      await end(second.child, 'SIGTERM')
    })

    it('gives packagecloud.rb the credentials of each run, and leaves others alone', async () => {
      const file = await print('reindex')
      const asRoot = await start(...flags())
      expect((await callerOf(asRoot.announced)).arn).to.equal('arn:aws:iam::111122223333:root')
      const original = await readFile(asRoot.announced.config, 'utf8')
      await end(asRoot.child, 'SIGTERM')

      const limited = await start(...flags(), '--enforce-iam', file)
      const { accessKeyId } = await callerOf(limited.announced)
      const switched = await readFile(limited.announced.config, 'utf8')
      expect(switched).to.contain(`['aws_access_key'] = '${accessKeyId}'`)
      await end(limited.child, 'SIGTERM')
      // Whoever opens it now must not read the root user's keys there.
      await chmod(limited.announced.config, 0o644)

      const again = await start(...flags())
      expect((await callerOf(again.announced)).arn).to.equal('arn:aws:iam::111122223333:root')
      expect(await readFile(again.announced.config, 'utf8')).to.equal(original)
      expect((await stat(again.announced.config)).mode & 0o777).to.equal(0o600)
      await end(again.child, 'SIGTERM')

      const own = "packagecloud_rails['aws_access_key'] = 'AKIAAAAAAAAAAAAAAAAA'\n"
      await writeFile(again.announced.config, own)
      const other = await start(...flags(), '--enforce-iam', file)
      expect(await readFile(other.announced.config, 'utf8')).to.equal(own)
      await end(other.child, 'SIGTERM')
    })

    it('refuses what is not a policy, and names the file', async () => {
      const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }
      for (const [text, reason] of [
        ['{', /it is not JSON/],
        ['[]', /neither a policy nor/],
        ['{}', /no policy/],
        [JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, Effect: 'Let' }] }), /Invalid effect/],
        [JSON.stringify({ look: { Version: '2012-10-17', Statement: [statement] }, reindex: {} }), /in "reindex": /],
        [JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, Principal: '*' }] }), /principal/],
      ] as const) {
        const file = join(state, 'policy.json')
        await writeFile(file, text)
        const { code, stdout, stderr } = await runCli(['sandbox', '--enforce-iam', file])
        expect([code, stdout], text).to.deep.equal([2, ''])
        expect(stderr).to.contain(file).and.to.match(reason)
      }
      const absent = await runCli(['sandbox', '--enforce-iam', join(state, 'absent.json')])
      expect(absent.code).to.equal(2)
      expect(absent.stderr).to.match(/absent\.json: it can't be read/)
    })
  })

  it('says so when its port is taken', async () => {
    const { child, announced } = await start('--state', state)
    const run = await runCli(['sandbox', '--port', new URL(announced.endpoint).port])
    await end(child, 'SIGTERM')
    expect([run.code, run.stdout]).to.deep.equal([1, ''])
    expect(run.stderr).to.match(/could not start: .*EADDRINUSE/)
  })
})
