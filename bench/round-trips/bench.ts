import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'

import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'

import { startSandbox } from '../../src/sandbox/host/sandbox.ts'
import { scripts } from './aws-scripts.ts'
import { buildSlowRoad, depthOf, type SlowRoad, type Trip } from './slow-road.ts'

/** A run, and what it should not exceed. */
export interface Aim {
  readonly what: string
  readonly of: 'bootstrap' | 'distribution' | 'status'
  readonly run: 1 | 2
  readonly calls?: number
  readonly depth?: number
}

const latency = 80
const bucket = 'packages-example-org'
const region = 'eu-central-1'
const cli = join(import.meta.dirname, '../../bin/run.js')
/** Where pc-ctl keeps what is compiled. */
const cache = await mkdtemp(join(tmpdir(), 'pc-ctl-bench-cache-'))
const atOnce = { roleAssumable: 0, principal: 0, functionActive: 0, deploy: 0, invalidation: 0, listed: 0 }

interface Figures {
  readonly trips: readonly Trip[]
  readonly milliseconds: number
}

/** Does all runs, ours and those of the aws CLI, each in an account of its own. */
export async function atBench(
  aims: readonly Aim[],
  { isTraced, alone }: { readonly isTraced: boolean; readonly alone: boolean },
): Promise<void> {
  const hasAws = await promisify(execFile)('aws', ['--version']).then(
    () => true,
    () => false,
  )
  const runAll = async (run: Run): Promise<Figures[]> => {
    const figures: Figures[] = []
    let next: string[] = []
    for (const { of } of aims) {
      const words = { bootstrap: ['bootstrap-cloudfront'], distribution: next, status: ['status'] }[of]
      const { stdout, ...made } = await run(process.execPath, [cli, ...words])
      if (of === 'bootstrap') next = stdout.trim().split(' ').slice(1)
      figures.push(made)
    }
    return figures
  }
  // The first time, all is compiled; what is late for that is not what is measured.
  await inAccount(runAll)
  const ours = await inAccount(runAll)
  const theirs = hasAws && !alone ? await inAccount(scripted(aims)) : []
  for (const [index, aim] of aims.entries()) tell(aim, ours[index], theirs[index], isTraced)
  await rm(cache, { recursive: true, force: true })
  if (!hasAws) console.log('There is no aws CLI here to compare with.')
}

const scripted =
  (aims: readonly Aim[]) =>
  async (run: Run): Promise<Figures[]> => {
    const figures: Figures[] = []
    for (const { of } of aims) figures.push(await run('bash', ['-euc', scripts[of]]))
    return figures
  }

type Run = (command: string, args: readonly string[]) => Promise<Figures & { stdout: string }>

async function inAccount<T>(work: (run: Run) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-bench-'))
  const road = await buildSlowRoad(latency)
  const sandbox = await startSandbox({ port: 0, timing: atOnce, calledEndpoint: road.endpoint })
  try {
    road.leadTo(sandbox.endpoint)
    const { accessKeyId, secretAccessKey } = sandbox
    const s3 = new S3Client({
      endpoint: road.endpoint,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    })
    const CreateBucketConfiguration = { LocationConstraint: region } as const
    await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration }))
    s3.destroy()
    const config = join(folder, 'packagecloud.rb')
    const secret = 'dGhpcyBpcyBub3QgYSBzZWNyZXQsIG9ubHkgYSB0ZXN0ISE'
    await writeFile(config, `packagecloud_rails['cloudfront_secret'] = '${secret}'\n`, { mode: 0o600 })
    return await work(runOn(road, { ...sandbox.environment, ...environment(folder, config, road) }))
  } finally {
    await sandbox.close()
    road.close()
    await rm(folder, { recursive: true, force: true })
  }
}

const environment = (folder: string, config: string, { endpoint }: SlowRoad): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: folder,
  XDG_CACHE_HOME: cache,
  LC_ALL: 'C.UTF-8',
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: region,
  PC_CTL_CONFIG: config,
  PC_CTL_BUCKET: bucket,
  PC_CTL_REGION: region,
  BUCKET: bucket,
  WORK: folder,
})

const runOn =
  (road: SlowRoad, env: Record<string, string>): Run =>
  async (command, args) => {
    road.take()
    const begun = performance.now()
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const [stdout, stderr, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((resolve) => child.once('close', resolve)),
    ])
    if (code !== 0) throw new Error(`${command} ${args.join(' ').slice(0, 80)} ended with ${String(code)}:\n${stderr}`)
    return { trips: road.take(), milliseconds: performance.now() - begun, stdout }
  }

function tell({ what, calls, depth }: Aim, ours: Figures | undefined, theirs: Figures | undefined, isTraced: boolean) {
  if (ours === undefined) return
  const told = figuresOf(ours)
  console.log(`${what}: ${inWords(ours)}${aimed(calls, depth)}`)
  if (theirs !== undefined) {
    const ratio = (theirs.milliseconds / ours.milliseconds).toFixed(1)
    console.log(`  with the aws CLI: ${inWords(theirs)}, ratio of the time ${ratio}`)
  }
  if (isTraced) for (const trip of ours.trips) console.log(`    ${traceOf(trip, ours.trips)}`)
  if (told.calls > (calls ?? Infinity) || told.depth > (depth ?? Infinity)) process.exitCode = 1
}

const figuresOf = ({ trips }: Figures) => ({ calls: trips.length, depth: depthOf(trips) })

function inWords(figures: Figures): string {
  const { calls, depth } = figuresOf(figures)
  const again = calls - new Set(figures.trips.map(({ what }) => what)).size
  return `${calls} calls, ${depth} deep, ${again} made twice, ${(figures.milliseconds / 1000).toFixed(2)} s`
}

const aimed = (calls: number | undefined, depth: number | undefined): string => {
  const aims = [calls === undefined ? '' : `${calls} calls`, depth === undefined ? '' : `${depth} deep`]
  const told = aims.filter((aim) => aim !== '').join(', ')
  return told === '' ? '' : ` (target ≤ ${told})`
}

const traceOf = ({ what, begun, ended }: Trip, [first]: readonly Trip[]): string =>
  `${(begun - (first?.begun ?? 0)).toFixed(0).padStart(6)} ${(ended - (first?.begun ?? 0)).toFixed(0).padStart(6)}  ${what}`
