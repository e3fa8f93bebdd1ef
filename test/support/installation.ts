import { execFileSync } from 'node:child_process'
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ACMClient } from '@aws-sdk/client-acm'
import { CloudFrontClient } from '@aws-sdk/client-cloudfront'
import { IAMClient } from '@aws-sdk/client-iam'
import { KMSClient } from '@aws-sdk/client-kms'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import type { Engine } from '../../src/edge/engine.ts'
import type { Call } from '../../src/sandbox/host/call-log.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/host/sandbox.ts'
import { quick } from './aws-under-test.ts'
import { type CliRun, runCli } from './run-cli.ts'
import { runQuickly } from './run-here.ts'

export const bucket = 'packages-example-org'
export const objectKey = '7/11/debian/package_files/hello+world_1.0~rc1.deb'
export const objectBody = 'a package, as far as this test can tell'

export interface InstallOptions extends Pick<
  SandboxOptions,
  'timing' | 'faults' | 'calledEndpoint' | 'now' | 'edgeByEdge'
> {
  region?: string
  /** Whether every command is a process of the built pc-ctl. Else only those are that can't run here. */
  built?: boolean
  /** State of an installation that has been closed, to go on from. */
  from?: Kept
  /** Whether packagecloud.rb has a secret; by default it does. */
  secret?: boolean
  /** What bootstrap-cloudfront is told to make; by default nothing is said of it. */
  engine?: Engine
}

/** What is left of an installation that was closed to be gone on from. */
export interface Kept {
  readonly folder: string
  /** The command that bootstrap-cloudfront printed, without `pc-ctl`. */
  readonly next: string[]
}

/** Clients of the operator's own, to prepare and to look. */
export type Clients = {
  readonly acm: ACMClient
  readonly cloudfront: CloudFrontClient
  readonly iam: IAMClient
  readonly kms: KMSClient
  readonly lambda: LambdaClient
  readonly s3: S3Client
}

/** An account with a bucket and a packagecloud.rb, and pc-ctl to run on them. */
export interface Installation {
  readonly sandbox: Sandbox
  readonly clients: Clients
  /** Holds packagecloud.rb and what the commands keep. */
  readonly folder: string
  readonly config: string
  readonly env: Record<string, string>
  /** Runs a command, whatever it ends in: in this process, where `built` is not set and nothing speaks against it. */
  run(
    args: readonly string[],
    options?: { env?: Record<string, string>; signal?: AbortSignal; through?: readonly string[] },
  ): Promise<CliRun>
  /** Runs a command that must end well; returns its stdout. */
  succeed(args: readonly string[]): Promise<string>
  /** bootstrap-cloudfront; returns the command that it prints, without `pc-ctl`. */
  bootstrap(...flags: string[]): Promise<string[]>
  /** Puts an object into the bucket, and reads one. */
  put(key: string, body: Uint8Array | string): Promise<unknown>
  read(key: string): Promise<Buffer>
  /** Adds lines to packagecloud.rb. */
  paste(lines: string): Promise<void>
  /** The calls that `during` made and that can change something, such as `iam:CreateRole`. */
  changes(during: () => Promise<unknown>): Promise<string[]>
  /** As `bootstrap` and what it prints, for what comes after. */
  connect(...flags: string[]): Promise<{ next: string[]; lines: string }>
  /** With a folder: keeps everything there, for others to go on from. */
  close(keepIn?: string): Promise<void>
}

/** A secret of the right form that no other test uses. */
export const secret = 'dGhpcyBpcyBub3QgYSBzZWNyZXQsIG9ubHkgYSB0ZXN0ISE'
/** What an operator adds to packagecloud.rb to replace it. */
export const newSecretLines =
  "packagecloud_rails['cloudfront_secret'] = 'YW5vdGhlciBvbmUsIGZvciB0aGUgcm90YXRpb24gb2Yga2V5cw'\n" +
  `packagecloud_rails['cloudfront_previous_secret'] = '${secret}'\n`

export async function install(options: InstallOptions = {}): Promise<Installation> {
  const {
    region = 'eu-central-1',
    from,
    timing = {},
    faults = [],
    calledEndpoint,
    now = Date.now,
    edgeByEdge = false,
  } = options
  const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-e2e-'))
  if (from !== undefined) await cp(from.folder, folder, { recursive: true })
  const state = join(folder, 'aws')
  const called = calledEndpoint === undefined ? {} : { calledEndpoint }
  const sandbox = await startSandbox({
    timing: { ...quick, ...timing },
    faults,
    state,
    port: 0,
    now,
    edgeByEdge,
    ...called,
  })
  const clients = clientsOf(sandbox, region)
  const config = join(folder, 'packagecloud.rb')
  const env = surroundingsOf(sandbox, folder, config)
  if (from === undefined) {
    await writeFile(config, configText(sandbox, region, options.secret !== false))
    await fill(clients.s3, region)
  }
  const run: Installation['run'] = (args, { env: more = {}, ...how } = {}) =>
    (options.built === true ? runCli : runQuickly)([...args], { env: { ...env, ...more }, cwd: folder, ...how })
  const succeed: Installation['succeed'] = async (args) => {
    const { stdout, stderr, code } = await run(args)
    expect(code, `pc-ctl ${args.join(' ')}\n${stderr}${stdout}`).to.equal(0)
    return stdout
  }
  const bootstrap: Installation['bootstrap'] = async (...flags) =>
    wordsOf(await succeed(['bootstrap-cloudfront', ...(options.engine ? ['--engine', options.engine] : []), ...flags]))
  const paste = async (lines: string): Promise<void> => appendFile(config, lines)
  return {
    sandbox,
    clients,
    folder,
    config,
    env,
    run,
    succeed,
    bootstrap,
    paste,
    put: (Key, Body) => clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body })),
    async read(Key) {
      const { Body } = await clients.s3.send(new GetObjectCommand({ Bucket: bucket, Key }))
      return Buffer.from((await Body?.transformToByteArray()) ?? [])
    },
    async changes(during) {
      const last = sandbox.calls.list().at(-1)?.number ?? 0
      await during()
      return sandbox.calls.list(({ number, changing }) => changing && number > last).map(nameOfCall)
    },
    async connect(...flags) {
      const next = await bootstrap()
      const lines = await succeed([...next, ...flags])
      await paste(lines)
      return { next, lines }
    },
    async close(keepIn) {
      for (const client of Object.values(clients)) client.destroy()
      await sandbox.close()
      if (keepIn !== undefined) await cp(folder, keepIn, { recursive: true })
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Bootstraps once, for installations that begin there. */
export async function keepBootstrapped(...flags: string[]): Promise<Kept> {
  const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-e2e-kept-'))
  const place = await install()
  let next: string[] = []
  try {
    next = await place.bootstrap(...flags)
  } finally {
    await place.close(folder)
  }
  return { folder, next }
}

export const discard = async (kept: Kept | undefined): Promise<void> => {
  if (kept !== undefined) await rm(kept.folder, { recursive: true, force: true })
}

/** Uses an installation and closes it, whatever happens. */
export async function withInstallation<T>(
  options: InstallOptions,
  use: (place: Installation) => Promise<T>,
): Promise<T> {
  const place = await install(options)
  try {
    return await use(place)
  } finally {
    await place.close()
  }
}

/** Runs `work` on all items, one after the other, as commands must that run in the test's process. */
export async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (const item of items) await work(item)
}

let lastAlone: Promise<unknown> = Promise.resolve()

/** Runs commands in the test's process where others of {@link sideBySide} do, too: one after the other. */
export function alone<T>(work: () => Promise<T>): Promise<T> {
  const mine = lastAlone.then(work)
  lastAlone = mine.catch(() => undefined)
  return mine
}

/** Runs `work` on all items, a few at a time: for what is a process, of which most is waiting. */
export async function sideBySide<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: 4 }, worker))
}

/** Such as `iam:CreateRole`. */
export const nameOfCall = ({ service, operation }: Pick<Call, 'service' | 'operation'>): string =>
  `${service}:${operation}`

/** The words of a command that pc-ctl printed, as a shell reads them, without `pc-ctl`. */
export function wordsOf(command: string): string[] {
  const [program, ...words] = shellWords(command)
  expect(program).to.equal('pc-ctl')
  return words
}

/** The words of a command line, as a shell reads them. */
export const shellWords = (line: string): string[] =>
  execFileSync('sh', ['-c', `printf '%s\\0' ${line.trim()}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1)

/** The base URL of the edge that pasted lines name; the sandbox has no TLS. */
export function edgeUrl(lines: string): string {
  const domain = /\['cloudfront_packages_domain'\] = '([^']+)'/.exec(lines)?.[1]
  if (domain === undefined) throw new Error(`no domain in ${lines}`)
  return `http://${domain}`
}

/** Stderr that no operator should see: a stack trace, Node's warnings, an object as text. */
export function expectPlainTalk(talk: string): void {
  expect(talk).not.to.match(/^\s+at .+[:(]/m)
  expect(talk).not.to.match(/\(node:\d+\)|Warning: .*deprecated|ExperimentalWarning|\[object Object\]|undefined/i)
  // No control codes where there is no terminal.
  expect(talk).not.to.match(/\u001b/)
}

/** The text of packagecloud.rb. */
export const textOf = ({ config }: Installation): Promise<string> => readFile(config, 'utf8')

const surroundingsOf = (sandbox: Sandbox, folder: string, config: string): Record<string, string> => ({
  AWS_ENDPOINT_URL: sandbox.endpoint,
  AWS_CONFIG_FILE: join(folder, 'no-aws-config'),
  AWS_SHARED_CREDENTIALS_FILE: join(folder, 'no-aws-credentials'),
  PC_CTL_CONFIG: config,
  HOME: folder,
  XDG_STATE_HOME: join(folder, 'state'),
})

function configText(sandbox: Sandbox, region: string, withSecret: boolean): string {
  const settings = {
    aws_access_key: sandbox.accessKeyId,
    aws_secret_key: sandbox.secretAccessKey,
    aws_region: region,
    s3_bucket: bucket,
    ...(withSecret ? { cloudfront_secret: secret } : {}),
  }
  const lines = Object.entries(settings).map(([name, value]) => `packagecloud_rails['${name}'] = '${value}'\n`)
  return `external_url 'https://packages.example.org'\n${lines.join('')}`
}

async function fill(s3: S3Client, region: string): Promise<void> {
  const elsewhere =
    region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region as 'eu-central-1' } }
  await s3.send(new CreateBucketCommand({ Bucket: bucket, ...elsewhere }))
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: objectKey, Body: objectBody }))
}

function clientsOf({ endpoint, accessKeyId, secretAccessKey }: Sandbox, region: string): Clients {
  const shared = { endpoint, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 }
  const edge = { ...shared, region: 'us-east-1' }
  return {
    acm: new ACMClient(edge),
    cloudfront: new CloudFrontClient(edge),
    iam: new IAMClient(edge),
    kms: new KMSClient(edge),
    lambda: new LambdaClient(edge),
    s3: new S3Client({ ...shared, region, forcePathStyle: true }),
  }
}
