/**
 * The edge function's costs, each measured side by side with the obvious way to write it, so that the ratios mean
 * something on any machine:
 * - a valid request in a warm container, against a handler made of `URL`, `URLSearchParams` and string comparison;
 * - loading the module in a fresh process, against loading the AWS SDK's KMS client.
 *
 * Exits with 1 if a target is missed: 30 µs for a request, 10 ms for the load (medians).
 */
import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { buildEdge } from '../scripts/build-edge.ts'
import { createHandler, type EdgeEvent } from '../src/edge/handler.ts'
import { decodeSecret, sign } from '../src/edge/signature.ts'

const secret = decodeSecret('MDI2ZDhhYmMxYThiMjVmMTBlODM4OWNmZWZiZmI2NWI')
const path = '/7/11/debian/package_files/foo_1:1.2+deb9~rc1_amd64.deb'
const querystring = `t=${sign({ secret, path, expires: Math.floor(Date.now() / 1000) + 3600 })}`

const event = (): EdgeEvent => ({
  Records: [
    {
      cf: {
        config: { eventType: 'viewer-request' },
        request: { clientIp: '192.0.2.1', method: 'GET', uri: path, querystring, headers: {} },
      },
    },
  ],
})

/** What one writes first; it is no model: its comparison takes longer the more of the signature is right. */
async function naive(event: EdgeEvent): Promise<unknown> {
  const request = event.Records[0]?.cf.request
  if (request === undefined) return undefined
  const url = new URL(`https://d.example${request.uri}?${request.querystring}`)
  const [expires = '', signature] = url.searchParams.get('t')?.split('_') ?? []
  const decoded = decodeURIComponent(url.pathname)
  const hex = createHmac('sha256', secret).update(`${decoded}${expires}`).digest('hex')
  if (hex !== signature || new Date(Number(expires) * 1000) < new Date()) return { status: '403' }
  request.uri = decoded.split('/').map(encodeURIComponent).join('/')
  request.querystring = ''
  return request
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

/** Microseconds of one call. */
async function time(handler: (event: EdgeEvent) => Promise<unknown>): Promise<number> {
  const given = event()
  const begun = performance.now()
  await handler(given)
  return (performance.now() - begun) * 1000
}

/** Milliseconds that a fresh process needs to import a module. */
function timeLoad(specifier: string): number {
  const script = `const t = performance.now(); await import(${JSON.stringify(specifier)}); console.log(performance.now() - t)`
  const env = { PATH: process.env['PATH'] }
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' }))
}

function report(what: string, unit: string, target: number, ours: number, baseline: number): void {
  const ratio = (baseline / ours).toFixed(2)
  console.log(
    `${what}: ${ours.toFixed(1)} ${unit} (target ≤ ${target} ${unit}), ` +
      `baseline ${baseline.toFixed(1)} ${unit}, ratio ${ratio}`,
  )
  if (ours > target) process.exitCode = 1
}

const handler = createHandler({ secrets: () => [Promise.resolve(secret)], rules: {} })
const warm: { ours: number[]; baseline: number[] } = { ours: [], baseline: [] }
for (let round = 0; round < 30_000; round++) {
  const [ours, baseline] = [await time(handler), await time(naive)]
  if (round < 5_000) continue
  warm.ours.push(ours)
  warm.baseline.push(baseline)
}
report('valid request, warm, median', 'µs', 30, median(warm.ours), median(warm.baseline))

const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-bench-'))
try {
  const bundle = join(folder, 'index.mjs')
  await buildEdge(bundle)
  const load: { ours: number[]; baseline: number[] } = { ours: [], baseline: [] }
  for (let round = 0; round < 9; round++) {
    load.ours.push(timeLoad(pathToFileURL(bundle).href))
    load.baseline.push(timeLoad(import.meta.resolve('@aws-sdk/client-kms')))
  }
  report('module load, median', 'ms', 10, median(load.ours), median(load.baseline))
} finally {
  await rm(folder, { recursive: true })
}
