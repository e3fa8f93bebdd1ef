import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { CreateRoleCommand, GetRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { runCli } from '../run-cli.ts'

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
    try {
      return { child, announced: JSON.parse(text) as Announced }
    } catch {
      // More is to come.
    }
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

  it('refuses what it can’t read, and says how faults are written', async () => {
    const run = await runCli(['sandbox', '--fault', 'nonsense'])
    expect([run.code, run.stdout]).to.deep.equal([2, ''])
    expect(run.stderr)
      .to.match(/"nonsense" is not SERVICE:OPERATION/)
      .and.to.match(/WHAT/)
    expect((await runCli(['sandbox', '--latency', '5'])).code).to.equal(2)
  })

  it('says so when its port is taken', async () => {
    const { child, announced } = await start('--state', state)
    const run = await runCli(['sandbox', '--port', new URL(announced.endpoint).port])
    await end(child, 'SIGTERM')
    expect([run.code, run.stdout]).to.deep.equal([1, ''])
    expect(run.stderr).to.match(/could not start: .*EADDRINUSE/)
  })
})
