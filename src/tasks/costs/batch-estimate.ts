/** What a job of S3 Batch Operations would cost and take, from prices and typical times alone: nobody is asked. */
import type { Amount, BatchEstimate, ChecksumAmount } from '../../reindex/elsewhere-report.ts'
import { prices } from './prices.ts'

/**
 * Milliseconds, and bytes a second, as seen from Lambda in the bucket's region; of requests so many are under way at a time.
 */
const typical = { look: 30, copy: 80, read: 60, atOnce: 64, bytesPerSecond: 60e6, begin: 1_500 }
const gigabytes = 1769 / 1024
/** S3 takes so many copies a second below one prefix. */
const copiesPerSecond = 3_500
/** Until S3 has read the manifest, and has written the report: seconds. */
const aroundTasks = 90

/** @param concurrency - how many of the function may run at once */
export function estimateBatch({ shards, attributes, reads, bytes }: Amount, concurrency: number): BatchEstimate {
  const { batch, lambda, s3, asOf } = prices
  const waiting = attributes * (typical.look + typical.copy) + reads * typical.read
  // Of most packages the beginning is enough; of some all is read.
  const streaming = (bytes / typical.bytesPerSecond) * 1000 * 0.1
  const ofFunctions = (waiting / typical.atOnce + streaming + shards * typical.begin) / 1000
  // A shard's manifest row, what is wanted of it, and what was found out.
  const puts = attributes + 2 * shards + 1
  const gets = attributes + 1.2 * reads + 4 * shards
  const dollars = {
    job: batch.perJob + millions(shards) * batch.perMillionTasks,
    function: millions(shards) * lambda.perMillionRequests + ofFunctions * gigabytes * lambda.perGigabyteSecond,
    requests: millions(puts) * s3.perMillionPuts + millions(gets) * s3.perMillionGets,
  }
  const total = dollars.job + dollars.function + dollars.requests
  const seconds = Math.max(ofFunctions / Math.min(concurrency, Math.max(1, shards)), attributes / copiesPerSecond)
  return { dollars: { ...dollars, total }, seconds: Math.round(seconds + aroundTasks), pricesAsOf: asOf }
}

/** What it costs to have jobs compute the checksums of so many objects, in US dollars. */
export function estimateChecksums({ jobs, objects, bytes }: ChecksumAmount): number {
  const { perJob, perMillionTasks, perGigabyteChecksummed } = prices.batch
  return jobs * perJob + millions(objects) * perMillionTasks + (bytes / 1e9) * perGigabyteChecksummed
}

const millions = (number: number): number => number / 1_000_000
