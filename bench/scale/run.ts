/**
 * A run over the bucket of s3.ts, step by step, in a process of its own, so that what is measured is the run alone. Its
 * arguments: where that S3 is, the folder of the journal, and the steps. `process.send` tells what each step took, and the
 * next one begins when that is answered.
 */
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'

import { connect } from '../../src/aws/connect.ts'
import { openRun, type ReindexRun } from '../../src/reindex/run.ts'
import type { Talk } from '../../src/ui/step-talk.ts'
import { plainRun } from '../../test/reindex/plain-run.ts'

/** What a step took. */
export interface Took {
  readonly step: string
  /** What it came to, in its own words. */
  readonly outcome: string
  readonly seconds: number
  /** Of CPU, all threads. */
  readonly cpuSeconds: number
  /** Of CPU, the busiest thread: with a core for each thread, a step takes no less, and hardly more. */
  readonly busiestSeconds: number
  /** Highest resident set until now, in bytes. */
  readonly peak: number
}

const [endpoint = '', stateDir = '', ...steps] = process.argv.slice(2)
Object.assign(process.env, { AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'us-east-1', AWS_EC2_METADATA_DISABLED: 'true' })

const aws = await connect({
  configFile: '',
  configFound: false,
  installation: { value: 'packagecloud', source: { kind: 'default' } },
  problems: {},
  notes: [],
  accessKey: { value: 'AKIAIOSFODNN7EXAMPLE', source: { kind: 'default' } },
  secretKey: { value: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', source: { kind: 'default' } },
})

const signal = new AbortController().signal
const talk: Talk = { tell: () => undefined, signal }
const run = await openRun(aws, 'bench', {
  ...plainRun(stateDir),
  concurrency: 64,
  forceUnlock: true,
  signal,
})

/** By name: what the steps of the command do. */
const doing: Readonly<Record<string, (run: ReindexRun) => Promise<unknown>>> = {
  list: (one) => one.list(talk),
  cut: (one) => one.elsewhere.wouldHandOver(talk),
  'hand over': (one) => one.elsewhere.handOver('scale', talk),
  async gather(one) {
    const taken = await one.elsewhere.takeBack('scale', talk)
    if (taken === '0 objects') throw new Error('What the synthetic S3 hands in is of no use to this version.')
    return taken
  },
  index: (one) => one.makeIndexes(talk),
  async report(one) {
    const { total, indexes } = await one.report()
    const outcomes = Map.groupBy(indexes, ({ outcome, why }) => `${outcome}${why === undefined ? '' : `: ${why}`}`)
    return { total, indexes: [...outcomes].map(([outcome, of]) => `${outcome} × ${String(of.length)}`) }
  },
}

/** CPU seconds of each thread, by its number. */
function threads(): Map<string, number> {
  const seconds = new Map<string, number>()
  for (const thread of readdirSync('/proc/self/task')) {
    const fields = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    seconds.set(thread, (Number(fields[11]) + Number(fields[12])) / 100)
  }
  return seconds
}

const peak = (): number => 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0)

for (const step of steps) {
  const work = doing[step]
  if (work === undefined) throw new Error(`There is no step ${step}.`)
  const [begun, cpu, before] = [performance.now(), process.cpuUsage(), threads()]
  const outcome = await work(run)
  const { user, system } = process.cpuUsage(cpu)
  const took: Took = {
    step,
    outcome: typeof outcome === 'string' ? outcome : JSON.stringify(outcome),
    seconds: (performance.now() - begun) / 1000,
    cpuSeconds: (user + system) / 1e6,
    busiestSeconds: Math.max(...[...threads()].map(([thread, seconds]) => seconds - (before.get(thread) ?? 0))),
    peak: peak(),
  }
  const answered = once(process, 'message')
  process.send?.(took)
  await answered
}
await run.close()
aws.close()
process.disconnect()
