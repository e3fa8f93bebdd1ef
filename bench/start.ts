/**
 * What it costs to start pc-ctl, beside what it costs to start Node with nothing to do (`node -e 0`), in turns:
 * - CPU time, of that process and all it starts, of what is printed at once;
 * - the time until `status`'s first call arrives at AWS, which here is a server of this process that leaves it unanswered;
 *   beside it the end of `node -e 0`. It has been run before, so that what was compiled then is found; the same without.
 *
 * Exits with 1 if a target is missed: 1.5 and 2.2 times. Lower quartiles of 31 runs each: what else the machine does
 * makes a run slower, never faster. Build first.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const rounds = 31
const cli = join(import.meta.dirname, '../bin/run.js')
const home = mkdtempSync(join(tmpdir(), 'pc-ctl-bench-'))
const env = { PATH: process.env['PATH'] ?? '', HOME: home, LC_ALL: 'C' }

const cases = [
  { what: 'pc-ctl --version', args: [cli, '--version'] },
  { what: 'pc-ctl --help', args: [cli, '--help'] },
  { what: 'pc-ctl status --help', args: [cli, 'status', '--help'] },
  { what: 'pc-ctl help of all oclif', args: [cli, '--help'], env: { OCLIF_COLUMNS: '80' } },
] as const

/** Milliseconds of CPU that a process takes, as Bash tells them. */
function cpuTime(args: readonly string[], more: Readonly<Record<string, string>> = {}): number {
  const script = 'TIMEFORMAT="%3U %3S"; { time "$@" 2>&3 | cat >/dev/null; } 3>/dev/null'
  const told = execFileSync('bash', ['-c', `{ ${script}; } 2>&1`, 'bash', process.execPath, ...args], {
    env: { ...env, ...more },
    encoding: 'utf8',
  })
  const [user = NaN, system = NaN] = told.trim().split(' ').map(Number)
  return (user + system) * 1000
}

/**
 * Milliseconds until a process calls AWS.
 *
 * @param answered - whether all calls are refused, so that the process comes to its end, where Node keeps what it has compiled
 * @throws Error if it ends without
 */
async function timeToCall(
  args: readonly string[],
  { answered = false, more = {} }: { answered?: boolean; more?: Readonly<Record<string, string>> } = {},
): Promise<number> {
  const server = createServer()
  if (answered) server.on('request', (_call, answer) => answer.writeHead(403).end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const called = once(server, 'request')
  const begun = performance.now()
  const child = spawn(process.execPath, args, {
    env: {
      ...env,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      ...more,
    },
    stdio: 'ignore',
  })
  const ended = once(child, 'exit')
  const isCalled = await Promise.race([called.then(() => true), ended.then(() => false)])
  const took = performance.now() - begun
  if (answered) await ended
  else child.kill('SIGKILL')
  server.closeAllConnections()
  server.close()
  await ended
  if (!isCalled) throw new Error(`${args.join(' ')} called nobody.`)
  return took
}

/** Milliseconds until a process that has nothing to do has ended. */
async function timeToEnd(args: readonly string[]): Promise<number> {
  const begun = performance.now()
  await once(spawn(process.execPath, args, { env, stdio: 'ignore' }), 'exit')
  return performance.now() - begun
}

const lowerQuartile = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)] ?? NaN

function report(what: string, ours: readonly number[], bare: readonly number[], target?: number): void {
  const ratio = lowerQuartile(ours) / lowerQuartile(bare)
  const wished = target === undefined ? '' : ` (target ≤ ${target})`
  console.log(
    `${what}: ${lowerQuartile(ours).toFixed(0)} ms, node -e 0 ${lowerQuartile(bare).toFixed(0)} ms, ratio ${ratio.toFixed(2)}${wished}`,
  )
  if (target !== undefined && ratio > target) process.exitCode = 1
}

const config = join(home, 'packagecloud.rb')
writeFileSync(
  config,
  `packagecloud_rails['s3_bucket'] = 'packages-example-org'
packagecloud_rails['aws_region'] = 'eu-central-1'
packagecloud_rails['cloudfront_secret'] = 'dGhpcyBpcyBub3QgYSBzZWNyZXQsIG9ubHkgYSB0ZXN0ISE'
`,
  { mode: 0o600 },
)
const status = [cli, 'status', '--config', config]
for (let run = 0; run < 2; run++) await timeToCall(status, { answered: true })
const times = new Map<string, number[]>()
const add = (what: string, time: number): void => void times.set(what, [...(times.get(what) ?? []), time])
for (let round = 0; round < rounds; round++) {
  add('bare', cpuTime(['-e', '0']))
  for (const one of cases) add(one.what, cpuTime(one.args, 'env' in one ? one.env : {}))
  add('bare ends', await timeToEnd(['-e', '0']))
  add('status calls', await timeToCall(status))
  add('status calls, compiled anew', await timeToCall(status, { more: { NODE_DISABLE_COMPILE_CACHE: '1' } }))
}
const of = (what: string): number[] => times.get(what) ?? []
for (const one of cases) report(`CPU of ${one.what}`, of(one.what), of('bare'), 'env' in one ? undefined : 1.5)
report('first call of pc-ctl status', of('status calls'), of('bare ends'), 2.2)
report('the same, all of it compiled anew', of('status calls, compiled anew'), of('bare ends'))
rmSync(home, { recursive: true })
