/** Where a run works: an installation and two buckets made for it, a folder of its own, and pc-ctl. */
import { spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'

import { S3Client } from '@aws-sdk/client-s3'

import { type Aws, connect } from '../../src/aws/connect.ts'
import { type Names, namesOf } from '../../src/aws/names.ts'
import { CtlError, exitCodes, type Failure } from '../../src/errors.ts'
import { type Account, lookUpAccount } from '../../src/aws/account.ts'
import { loadSettings, type Settings } from '../../src/settings/settings.ts'
import { commandLine } from '../../src/shell.ts'
import { say } from '../../src/ui/talk.ts'
import { nested, verbatim } from '../../src/text.ts'
import type { Findings } from './findings.ts'
import type { Wishes } from './wishes.ts'

const cli = join(import.meta.dirname, '../../bin/run.js')

export interface Live {
  readonly wishes: Wishes
  readonly names: Names
  readonly account: Account
  /** Of the buckets. */
  readonly region: string
  /** What the installation serves. */
  readonly bucket: string
  /** What the walk of s3cmd's page makes a distribution of. */
  readonly site: string
  readonly folder: string
  readonly config: string
  /** What the buckets are tagged with, so that another run does not take them for its own. */
  readonly run: string
  /** Of account, region and endpoint: what is remembered holds for no other. */
  readonly place: string
  /** Tells what this start puts into the buckets from what earlier ones did. */
  readonly stamp: string
  readonly aws: Aws
  readonly findings: Findings
  readonly signal: AbortSignal
  /** Runs pc-ctl as an operator does, and shows what it says. */
  readonly pcCtl: (...args: readonly string[]) => Promise<Answer>
  /** As {@link pcCtl}, whatever it ends in, and without a word. */
  readonly quietly: (...args: readonly string[]) => Promise<Ended>
  /** What packagecloud.rb says now. */
  readonly settings: () => Promise<Settings>
  readonly close: () => void
}

/** What a command printed and said. */
export interface Answer {
  readonly stdout: string
  readonly stderr: string
  /** How long it took. */
  readonly seconds: number
}

/** How a command ended, whatever it is. */
interface Ended extends Answer {
  readonly code: number
}

/** What a folder remembers of the run that it belongs to. */
interface Memory {
  readonly run: string
  readonly place: string
  /** Buckets that were asked for: one that is there without a tag was made by us, and we were killed before the tag. */
  readonly asked: readonly string[]
}

/**
 * Opens the place of a run; makes nothing in AWS.
 *
 * @throws CtlError of kind `refused` for a folder that belongs to a run in another account or region
 */
export async function openPlace(wishes: Wishes, signal: AbortSignal, tell: Findings): Promise<Live> {
  const names = namesOf(wishes.installation)
  const folder = resolve(wishes.folder, wishes.installation)
  const config = join(folder, 'packagecloud.rb')
  const environment = environmentOf(wishes, folder, config)
  const settings = (): Promise<Settings> => loadSettings({ config, ...given(wishes) }, environment)
  const aws = await connect(withoutFile(wishes, config), environment)
  const account = await lookUpAccount(aws)
  const region = wishes.region ?? (await usualRegion(aws))
  // Whose account it is, the name of a bucket, which the whole world sees, need not tell.
  const mark = createHash('sha256').update(`${account.id} ${wishes.installation} ${region}`).digest('hex').slice(0, 12)
  const bucket = `${wishes.installation}-${mark}`
  const place = createHash('sha256')
    .update([mark, environment['AWS_ENDPOINT_URL'] ?? ''].join(' '))
    .digest('hex')
  const memory = await remembered(folder, place)
  return {
    wishes,
    names,
    account,
    region,
    bucket,
    site: `${bucket}-site`,
    folder,
    config,
    run: memory.run,
    place,
    stamp: Date.now().toString(36),
    aws,
    findings: tell,
    signal,
    pcCtl: (...args) => runCommand(args, environment, signal),
    quietly: (...args) => ended(args, environment),
    settings,
    close: () => aws.close(),
  }
}

/** Whose account it is, is asked before there is a packagecloud.rb. */
const withoutFile = ({ installation, profile }: Wishes, configFile: string): Settings => ({
  configFile,
  configFound: false,
  installation: { value: installation, source: { kind: 'flag', name: '--installation' } },
  ...(profile === undefined ? {} : { profile: { value: profile, source: { kind: 'flag', name: '--profile' } } }),
  problems: {},
  notes: [],
})

const given = ({ installation, profile }: Wishes) => ({ installation, profile })

/** Nothing of the operator's own installation leaks in: neither its file nor its bucket. */
function environmentOf({ installation, profile }: Wishes, folder: string, config: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PC_CTL_'))
  return {
    ...Object.fromEntries(kept),
    PC_CTL_CONFIG: config,
    PC_CTL_INSTALLATION: installation,
    PC_CTL_NO_UPDATE_CHECK: '1',
    ...(profile === undefined ? {} : { PC_CTL_PROFILE: profile }),
    XDG_STATE_HOME: join(folder, 'state'),
  }
}

const usualRegion = (aws: Aws): Promise<string> =>
  aws
    .client(S3Client)
    .config.region()
    .catch(() => 'us-east-1')

const memoryOf = (folder: string): string => join(folder, 'run.json')

async function remembered(folder: string, place: string): Promise<Memory> {
  const memory = await readMemory(folder)
  if (memory === undefined) return { run: randomUUID(), place, asked: [] }
  if (memory.place === place) return memory
  throw new CtlError('refused', `${folder} belongs to a run in another account or region.`, {
    hint: 'Give another folder (--folder), or another --installation.',
  })
}

async function readMemory(folder: string): Promise<Memory | undefined> {
  const text = await readFile(memoryOf(folder), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as Memory)
}

/** Whether this folder's run has asked for a bucket, perhaps without hearing the answer. */
export const hasAskedFor = async ({ folder }: Live, bucket: string): Promise<boolean> =>
  (await readMemory(folder))?.asked.includes(bucket) === true

/** Writes down that a bucket is about to be asked for. */
export async function askFor({ folder, run, place }: Live, bucket: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const asked = [...new Set([...((await readMemory(folder))?.asked ?? []), bucket])]
  const file = memoryOf(folder)
  await writeFile(`${file}.new`, `${JSON.stringify({ run, place, asked })}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

async function runCommand(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Answer> {
  throwIfAborted(signal)
  const words = commandLine(['pc-ctl', ...args])
  say(verbatim(`$ ${words}`))
  const answer = await ended(args, environment, signal)
  if (answer.stderr.trim() !== '') say(nested([verbatim(...answer.stderr.trimEnd().split('\n'))], 2))
  throwIfAborted(signal)
  if (answer.code !== exitCodes.done) throw commandFailed(words, answer)
  return answer
}

async function ended(args: readonly string[], env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<Ended> {
  const begun = performance.now()
  const child = spawn(process.execPath, [cli, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const stop = (): void => void child.kill('SIGINT')
  signal?.addEventListener('abort', stop)
  try {
    const closed = new Promise<number>((done, failed) => {
      child.once('error', failed)
      child.once('close', (status) => done(status ?? exitCodes.interrupted))
    })
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed])
    return { stdout, stderr, code, seconds: (performance.now() - begun) / 1000 }
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/** It ends the run with the exit code of the command, whose reasons it has said itself. */
function commandFailed(words: string, { code, stdout }: Ended): CtlError {
  const kinds = Object.entries(exitCodes).filter(([kind]) => kind !== 'done' && kind !== 'changes')
  const [kind = 'failed'] = kinds.find(([, number]) => number === code) ?? []
  const printed = stdout.trim() === '' ? [] : [verbatim(...stdout.trimEnd().split('\n'))]
  return new CtlError(kind as Failure, `\`${words}\` ended with exit code ${code}.`, { hint: printed })
}

/** @throws CtlError of kind `interrupted` */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw interrupted()
}

export const interrupted = (): CtlError => new CtlError('interrupted', 'Interrupted.')
