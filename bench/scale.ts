/**
 * reindex-everything over buckets that no account is at hand for: a synthetic S3 makes listings and packages when they are
 * asked for, and what runs against it is the code that runs on S3. `--objects` (1e6) are planned: listed, kept in the
 * journal and cut into shards. What functions would have found out of `--packages` (1e5) is gathered, and their indexes are
 * made. A repository has `--each` objects (1e4), and a page of a listing takes `--latency` milliseconds (80). Then comes the
 * curve of time and cost, a model that is fed with what was measured. Nothing has to be built. Exits with 1 if a target is
 * missed.
 */
import { parseArgs } from 'node:util'

import { formatDuration } from '../src/ui/duration.ts'
import { misses, targetOf, tell, title } from './reindex/measure.ts'
import { type Measured, waysOf } from './scale/curve.ts'
import { type Bucket, measured } from './scale/measured.ts'

const { values } = parseArgs({
  options: {
    objects: { type: 'string', default: '1e6' },
    packages: { type: 'string', default: '1e5' },
    each: { type: 'string', default: '1e4' },
    latency: { type: 'string', default: '80' },
  },
})
const [objects, packages, each, latency] = [values.objects, values.packages, values.each, values.latency].map(Number)

const megabytes = 1e6
/** What is promised of a bucket of this size. */
const [planned, seconds] = [1e8, 600]

/** @returns by step: microseconds an object of the busiest thread; and the highest resident set */
async function steps(bucket: Bucket, names: readonly string[]): Promise<{ micros: Map<string, number>; peak: number }> {
  const each = new Map<string, number>()
  let peak = 0
  for await (const took of measured(bucket, names)) {
    const micros = (took.busiestSeconds / bucket.objects) * 1e6
    const all = (took.cpuSeconds / bucket.objects) * 1e6
    tell(
      took.step,
      [
        [took.seconds, 's'],
        [micros, 'µs an object, busiest thread'],
        [all, 'µs, all threads'],
        [took.peak / megabytes, 'MB'],
      ],
      took.outcome.slice(0, 100),
    )
    each.set(took.step, micros)
    peak = Math.max(peak, took.peak)
  }
  return { micros: each, peak }
}

const sum = (each: ReadonlyMap<string, number>, names: readonly string[]): number =>
  names.reduce((all, name) => all + (each.get(name) ?? 0), 0)

const told = (count: number | undefined): string => (count ?? 0).toLocaleString('en-US')

async function benchPlanning(): Promise<Pick<Measured, 'planning'>> {
  title(`Planning ${told(objects)} objects, ${told(each)} in a repository`)
  const plan = await steps({ objects: objects ?? 0, each: each ?? 1, latency: latency ?? 0 }, ['list', 'cut'])
  targetOf('highest resident set', plan.peak / megabytes, 'MB', plan.peak <= 256 * megabytes, '≤ 256 MB')
  const planning = sum(plan.micros, ['list', 'cut'])
  const whole = (planning * planned) / 1e6
  const name = objects === planned ? 'CPU of the busiest thread' : `the same for ${told(planned)}, by the object`
  targetOf(name, whole, 's', whole <= seconds, `≤ ${String(seconds)} s`)
  return { planning }
}

async function benchIndexes(): Promise<Omit<Measured, 'planning'>> {
  title(`Gathering and making the indexes of ${told(packages)} packages, ${told(each)} in a repository`)
  const bucket = { objects: packages ?? 0, each: each ?? 1, latency: latency ?? 0 }
  const made = await steps(bucket, ['list', 'gather', 'index', 'report'])
  targetOf('highest resident set', made.peak / megabytes, 'MB', made.peak <= 2000 * megabytes, '≤ 2,000 MB')
  return { gathering: sum(made.micros, ['gather']), indexes: sum(made.micros, ['index', 'report']) }
}

function tellCurve(measuredNow: Measured): void {
  title('A first run, modelled (CPU as measured above, S3, Lambda and prices as documented)')
  for (const count of [1e4, 1e5, 1e6, 1e7, 1e8]) {
    const ways = waysOf(count, measuredNow)
    const cells = ways.map(
      ({ name, seconds: took, dollars }) => `${name} ${formatDuration(took)}, $${dollars.toFixed(2)}`,
    )
    process.stdout.write(`  ${told(count).padEnd(12)} ${cells.join('; ')}\n`)
  }
}

tellCurve({ ...(await benchPlanning()), ...(await benchIndexes()) })
if (misses() > 0) process.exitCode = 1
