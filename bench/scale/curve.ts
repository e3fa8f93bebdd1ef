/**
 * How long a first run over a bucket takes and what it costs, all objects being wrong and packages: on one host, on several,
 * and by functions. A model: of what is measured it has the CPU that listing, cutting, gathering and making indexes take,
 * and that of rewriting, from `bench/reindex.ts attributes`; S3's pace and answers, Lambda's and prices are as documented.
 */
import { estimateBatch } from '../../src/tasks/costs/batch-estimate.ts'
import { prices } from '../../src/tasks/costs/prices.ts'
import { splitAfter, writesASecond } from './prefixes.ts'

/** Microseconds of the busiest thread an object, measured. */
export interface Measured {
  readonly planning: number
  readonly gathering: number
  readonly indexes: number
}

/** Requests at a time: of a host, as `--concurrency` has it, and of a function. */
const atOnce = { host: 256, function: 64 }
/** Seconds that S3 takes: to look at an object, to read its beginning, and to copy it. */
const answers = 0.03 + 0.06 + 0.08
/** Objects a second that two cores, and the one of a function, look at, read and rewrite. */
const cores = { host: 3000, function: 1500 }
const rateOf = (kind: 'host' | 'function'): number => Math.min(atOnce[kind] / answers, cores[kind])

const functionsAtOnce = 20
const shard = 1000
const packageBytes = 100_000
/** Until S3 has read the manifest, and has written the report: seconds. */
const aroundTasks = 90
/** Dollars an hour, of a host of two cores. */
const hostHour = 0.1
/** Repositories may be split from each other, and no further. */
const perRepository = 10_000

/** Seconds for so many copies by whoever could do so many a second, while S3 splits what is asked for too much. */
function rewriting(objects: number, rate: number): number {
  const most = Math.max(1, objects / perRepository)
  let [left, seconds, parts, pressed] = [objects, 0, 1, 0]
  for (; left > 0; seconds++) {
    const admitted = parts * writesASecond
    left -= Math.min(rate, admitted)
    pressed = rate > admitted ? pressed + 1 : 0
    if (pressed >= splitAfter) [parts, pressed] = [Math.min(most, parts * 2), 0]
  }
  return seconds
}

export interface Way {
  readonly name: string
  readonly seconds: number
  readonly dollars: number
}

/** The ways in which a bucket of so many objects is done. */
export function waysOf(objects: number, { planning, gathering, indexes }: Measured): Way[] {
  const million = objects / 1e6
  const { perMillionGets, perMillionPuts } = prices.s3
  const requests = million * (2 * perMillionGets + perMillionPuts) + (million / 1000) * perMillionPuts
  const planned = (objects * planning) / 1e6
  const indexed = (objects * indexes) / 1e6
  const gathered = (objects * gathering) / 1e6
  const hosts = (count: number): Way => {
    const shared = rewriting(objects, count * rateOf('host'))
    // Whoever makes the indexes lists once more, after all hosts.
    const alone = count === 1 ? indexed : planned + gathered + indexed
    const seconds = planned + shared + alone
    const dollars = requests + ((count * (planned + shared) + alone) / 3600) * hostHour
    return { name: count === 1 ? 'one host' : `${String(count)} hosts, --shard`, seconds, dollars }
  }
  const shards = Math.ceil(objects / shard)
  const atWork = Math.min(functionsAtOnce, shards)
  const shared = rewriting(objects, atWork * rateOf('function')) + aroundTasks
  const amount = { shards, objects, attributes: objects, reads: objects, bytes: objects * packageBytes }
  const { total } = estimateBatch(amount, functionsAtOnce).dollars
  const host = ((planned + gathered + indexed) / 3600) * hostHour
  const listed = (million / 1000) * perMillionPuts
  return [
    hosts(1),
    hosts(4),
    { name: '--run-on batch', seconds: planned + shared + gathered + indexed, dollars: total + listed + host },
  ]
}
