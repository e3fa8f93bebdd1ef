/**
 * What rehearsing costs:
 * - the time from a start of `pc-ctl sandbox` until it says that it is ready, beside `node -e 0`;
 * - how many signed packages its edge serves in a second, each checked by the function of either engine, beside a server
 *   of Node's that answers the same bytes without looking at what is asked.
 *
 * Exits with 1 if a target is missed: ready 300 ms after Node, 1,000 hits a second, a quarter of them with CloudFront
 * Functions, each run of which has built-ins of its own. Build first.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'

import type { Result } from '../src/commands/sandbox.ts'

const cli = join(import.meta.dirname, '../bin/run.js')
const rounds = 7
const seconds = 3
const atOnce = 16
const bucket = 'packages-example-org'
const key = 'pool/hello_1.0_amd64.deb'
const run = promisify(execFile)

type Engine = 'lambda' | 'function'

const lowerQuartile = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)] ?? NaN

/** Starts a sandbox, and answers what it says once it is ready, and after how many milliseconds. */
async function start(folder: string): Promise<{ child: ChildProcess; ready: Result; took: number }> {
  // The credentials of one before stand in its configuration.
  await rm(join(folder, 'pc.rb'), { force: true })
  const begun = performance.now()
  const words = ['sandbox', '--json', '--bucket', bucket, '--deploy-time', '0s', '--config', join(folder, 'pc.rb')]
  const child = spawn(process.execPath, [cli, ...words], {
    env: { PATH: process.env['PATH'] ?? '', HOME: folder },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let text = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    text += String(chunk)
    const { result } = parsed(text)
    if (result !== undefined) return { child, ready: result, took: performance.now() - begun }
  }
  throw new Error('The sandbox ended before it was ready.')
}

function parsed(text: string): { result?: Result } {
  try {
    return JSON.parse(text) as { result: Result }
  } catch {
    return {}
  }
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** Milliseconds that a process takes which has nothing to do. */
async function bareNode(): Promise<number> {
  const begun = performance.now()
  await run(process.execPath, ['-e', '0'])
  return performance.now() - begun
}

/** Sets everything up as the runbook does, or moves it to another engine; answers a signed URL. */
async function setUp({ environment, config }: Result, folder: string, engine: Engine): Promise<string> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, PC_CTL_BUCKET: bucket, ...environment }
  const ctl = async (...words: string[]) => (await run(process.execPath, [cli, ...words], { env })).stdout
  const append = async (text: string) => writeFile(config, `${await readFile(config, 'utf8')}\n${text}\n`)
  if (engine === 'lambda') await append(await ctl('generate-cloudfront-secret'))
  const [, ...next] = (await ctl('bootstrap-cloudfront', '--engine', engine)).trim().split(' ')
  await append(await ctl(...next))
  return (await ctl('sign-url', key)).trim()
}

async function putPackage({ environment, endpoint }: Result): Promise<void> {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = environment
  const s3 = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  })
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'hello', CacheControl: 'max-age=3600' }))
  s3.destroy()
}

/** How many answers of 200 a second come from a URL, asked for by so many at the same time. */
async function hitsPerSecond(url: string): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  const hit = () =>
    new Promise<void>((resolve, reject) => {
      get(url, { agent }, (answer) => {
        if (answer.statusCode !== 200) reject(new Error(`answered ${String(answer.statusCode)}`))
        answer.resume().on('end', resolve)
      }).on('error', reject)
    })
  const forAWhile = async (milliseconds: number): Promise<number> => {
    const until = performance.now() + milliseconds
    let hits = 0
    const client = async () => {
      for (; performance.now() < until; hits++) await hit()
    }
    await Promise.all(Array.from({ length: atOnce }, client))
    return hits
  }
  await forAWhile(500)
  const hits = await forAWhile(seconds * 1000)
  agent.destroy()
  return hits / seconds
}

const plainServer = `
  const server = require('node:http').createServer((_request, answer) => answer.end('hello'))
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))
`

async function plainHits(): Promise<number> {
  const child = spawn(process.execPath, ['-e', plainServer], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  const hits = await hitsPerSecond(`http://127.0.0.1:${port.toString().trim()}/`)
  await end(child)
  return hits
}

const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-bench-'))
try {
  const times: { ours: number[]; bare: number[] } = { ours: [], bare: [] }
  for (let round = 0; round < rounds; round++) {
    times.bare.push(await bareNode())
    const { child, took } = await start(folder)
    times.ours.push(took)
    await end(child)
  }
  const [ours, bare] = [lowerQuartile(times.ours), lowerQuartile(times.bare)]
  console.log(
    `ready ${(ours - bare).toFixed(0)} ms after Node (target ≤ 300 ms): ${ours.toFixed(0)} ms, ` +
      `node -e 0 ${bare.toFixed(0)} ms, ratio ${(ours / bare).toFixed(1)}`,
  )
  const { child, ready } = await start(folder)
  await putPackage(ready)
  const hits = await hitsPerSecond(await setUp(ready, folder, 'lambda'))
  const ofFunction = await hitsPerSecond(await setUp(ready, folder, 'function'))
  const plain = await plainHits()
  await end(child)
  console.log(
    `${hits.toFixed(0)} hits a second at the edge (target ≥ 1000), a plain server ${plain.toFixed(0)}, ` +
      `ratio ${(plain / hits).toFixed(1)}`,
  )
  console.log(
    `${ofFunction.toFixed(0)} with a CloudFront Function (target ≥ a quarter), ratio ${(hits / ofFunction).toFixed(1)}`,
  )
  if (ours - bare > 300 || hits < 1000 || ofFunction < hits / 4) process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
