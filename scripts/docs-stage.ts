/** Where the sessions of a page are played: an embedded AWS, a packagecloud host, and pc-ctl on its PATH. */
import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'

import { frontReading } from '../src/rehearsal/front.ts'
import { type Sandbox, startSandbox } from '../src/sandbox/host/sandbox.ts'
import { aptRepository } from './demo-repository.ts'
import { Masks } from './docs-masks.ts'
import { python } from './python.ts'

const cli = join(import.meta.dirname, '../bin/run.js')
export const bucket = 'packages-example-org'
/** The bucket of s3cmd's page. */
export const site = 's3tools-test'
const region = 'eu-central-1'
const user = 'packagecloud'

/** Long enough that waits are seen, short enough to be waited for. */
const timing = { roleAssumable: 3000, principal: 600, functionActive: 400, deploy: 1500, invalidation: 500 }
const patienceMs = 60_000

export interface Stage {
  readonly sandbox: Sandbox
  readonly s3: S3Client
  readonly folder: string
  readonly masks: Masks
  /** The lines that the last command left, as they were. */
  last: readonly string[]
  /** Runs a line of shell as an operator would, and gives what the terminal then shows, masked. */
  run(line: string): Promise<string[]>
  /** As {@link run}, on a terminal that can show all there is: what is written to it is handed on as it comes. */
  record(line: string, size: Size, written: (chunk: Buffer) => void): Promise<void>
  /** Runs a line of shell that nobody sees; gives its output as it is. */
  result(line: string): Promise<string>
  close(): Promise<void>
}

/** Of a terminal. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'pcdocs-'))
  const config = join(folder, 'packagecloud.rb')
  await writeFile(config, '')
  const sandbox = await startSandbox({ timing, startFront: frontReading(config), frontPort: 0, port: 0 })
  const { endpoint, frontUrl = '', front } = sandbox
  const credentials = { accessKeyId: sandbox.accessKeyId, secretAccessKey: sandbox.secretAccessKey }
  const s3 = new S3Client({ endpoint, region, forcePathStyle: true, credentials })
  await fillBucket(s3)
  await writeFile(config, sampleConfig(await operatorKeys(sandbox)))
  await front?.restart()
  await installPrograms(folder, endpoint)
  const masks = new Masks({ folder, endpoint, frontUrl, frontToken: front?.token ?? '' })
  const stage: Stage = {
    sandbox,
    s3,
    folder,
    masks,
    last: [],
    async run(line) {
      // Indexes are dated by the second: two runs are always of different ones, not just on slow machines.
      if (line.includes('reindex-everything')) await sleep(1000 - (Date.now() % 1000))
      const { output, code } = await inShell(masks.unmask(line), folder, sandbox)
      stage.last = linesOf(output)
      const lines = masks.mask(stage.last.join('\n')).replace(onStageOnly, '').split('\n')
      const shown = lines.join('\n') === '' ? [] : lines
      return code === 0 ? shown : [...shown, `[exit code ${code}]`]
    },
    async record(line, size, written) {
      const manner = { ...size, term: 'xterm-256color', written }
      stage.last = linesOf((await inShell(masks.unmask(line), folder, sandbox, manner)).output)
    },
    result: async (line) => (await inShell(line, folder, sandbox)).output,
    async close() {
      s3.destroy()
      await sandbox.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return stage
}

const linesOf = (output: string): string[] => output.replaceAll(/\r+\n/g, '\n').replace(/\n+$/, '').split('\n')

/** That packagecloud.rb is not where packagecloud-ctl looks for it is true of the stage only. */
const onStageOnly = /^packagecloud-ctl reads [^]*?\.$\n?/gm

async function fillBucket(s3: S3Client): Promise<void> {
  const place = { CreateBucketConfiguration: { LocationConstraint: region } } as const
  for (const Bucket of [bucket, site]) await s3.send(new CreateBucketCommand({ Bucket, ...place }))
  for (const { key, body, contentType, cacheControl } of aptRepository('7/11/debian/').objects) {
    const object = { Key: key, Body: body, ContentType: contentType, CacheControl: cacheControl }
    await s3.send(new PutObjectCommand({ Bucket: bucket, ...object }))
  }
}

export const everything = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
}

/** A user like the one that packagecloud.rb usually names, who may do everything. */
async function operatorKeys(sandbox: Sandbox): Promise<{ id: string; secret: string }> {
  const iam = iamOf(sandbox)
  try {
    await iam.send(new CreateUserCommand({ UserName: user }))
    await iam.send(policyOfUser(everything))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: user }))
    return { id: AccessKey?.AccessKeyId ?? '', secret: AccessKey?.SecretAccessKey ?? '' }
  } finally {
    iam.destroy()
  }
}

export const iamOf = ({ endpoint, accessKeyId, secretAccessKey }: Sandbox): IAMClient =>
  new IAMClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey } })

export const policyOfUser = (document: unknown, PolicyName = 'pc-ctl'): PutUserPolicyCommand =>
  new PutUserPolicyCommand({ UserName: user, PolicyName, PolicyDocument: JSON.stringify(document) })

function sampleConfig({ id, secret }: { id: string; secret: string }): string {
  const setting = (name: string, value: string): string => `packagecloud_rails['${name}'] = '${value}'\n`
  return [
    "external_url 'https://packages.example.org'\n",
    setting('aws_access_key', id),
    setting('aws_secret_key', secret),
    setting('aws_region', region),
    setting('s3_bucket', bucket),
  ].join('')
}

/** pc-ctl as it was built, and what stands for packagecloud-ctl: its restart is the sandbox's front server's. */
async function installPrograms(folder: string, endpoint: string): Promise<void> {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  const program = async (name: string, body: string): Promise<void> => {
    await writeFile(join(bin, name), `#!/bin/sh\n${body}\n`)
    await chmod(join(bin, name), 0o755)
  }
  await program('pc-ctl', `exec '${process.execPath}' '${cli}' "$@"`)
  const restart = `curl -fsS -X POST ${endpoint}/_sandbox/front/restart >/dev/null && echo 'ok: run: unicorn: (pid 2101) 0s'`
  await program(
    'packagecloud-ctl',
    `case $1 in reconfigure) echo 'packagecloud Reconfigured!';; restart) ${restart};; esac`,
  )
}

/** The terminal that a line is run on. */
interface Manner extends Size {
  readonly term: string
  readonly written?: (chunk: Buffer) => void
}

/** What most terminals are at first; one on which nothing is drawn, and without colours. */
const plain: Manner = { columns: 80, rows: 24, term: 'dumb' }

/** Runs a program on a terminal of its own, and ends as it does. */
const onTerminal = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'

/** Both streams go to one terminal, so that they are laid out for it; nobody sits there to answer a question. */
async function inShell(
  line: string,
  folder: string,
  sandbox: Sandbox,
  { columns, rows, term, written = () => undefined }: Manner = plain,
): Promise<{ output: string; code: number }> {
  const limited = line.startsWith('pc-ctl sandbox')
    ? `timeout --preserve-status -s INT 3 env -u PC_CTL_CONFIG ${line}`
    : line
  const script = `stty columns ${columns} rows ${rows}; exec </dev/null; ${limited}`
  const child = spawn(python, ['-IS', '-c', onTerminal, 'bash', '-c', script], {
    cwd: folder,
    env: { ...environmentOf(folder, sandbox), TERM: term },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: patienceMs,
  })
  child.stdout.on('data', written)
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
  const [output, code] = await Promise.all([text(child.stdout), ended])
  return { output, code }
}

const environmentOf = (folder: string, { endpoint, front }: Sandbox): Record<string, string> => ({
  PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
  HOME: folder,
  // Stages have many homes; what is compiled is the same in all of them.
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../node_modules/.cache/compiled'),
  // Nobody would leave it.
  PAGER: 'cat',
  XDG_STATE_HOME: join(folder, 'state'),
  AWS_ENDPOINT_URL: endpoint,
  AWS_CONFIG_FILE: join(folder, 'aws-config'),
  AWS_SHARED_CREDENTIALS_FILE: join(folder, 'aws-credentials'),
  AWS_EC2_METADATA_DISABLED: 'true',
  PC_CTL_CONFIG: join(folder, 'packagecloud.rb'),
  PC_CTL_FRONT_TOKEN: front?.token ?? '',
  TZ: 'UTC',
  LC_ALL: 'C.UTF-8',
})
