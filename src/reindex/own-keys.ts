/** Where hosts and functions tell each other what is wanted and what they have found out. */
import { ownPrefix } from './selection.ts'

/** What shards of several hosts have below them. */
export const shardsPrefix = `${ownPrefix}shards/`
/** What batches have below them. */
const batchPrefix = `${ownPrefix}batch/`

const numbered = (number: number): string => String(number).padStart(6, '0')

/** All of a batch. */
const batchFolder = (run: string): string => `${batchPrefix}${run}/`

export const manifestKey = (run: string): string => `${batchFolder(run)}manifest.csv`

/** Where what is wanted of a shard stands. */
export const wantedKey = (run: string, shard: number): string =>
  `${batchFolder(run)}wanted/${numbered(shard)}.ndjson.gz`

/** Below this S3 writes what became of a job's tasks. */
export const reportPrefix = (run: string): string => `${batchFolder(run)}report`

/** The run whose manifest this is; undefined for any other key. */
export const runOfManifest = (key: string): string | undefined =>
  /^(.+)\/manifest\.csv$/.exec(key.startsWith(batchPrefix) ? key.slice(batchPrefix.length) : '')?.[1]

/** What S3 itself reads and writes of batches: patterns of keys. */
export const jobKeys = { manifests: manifestKey('*'), reports: `${reportPrefix('*')}/*` }

/** What keys of a shard's results begin with: one that takes too long for one invocation has several. */
export const resultsOf = (run: string, shard: number): string => `${batchFolder(run)}results/${numbered(shard)}-`

/** What keys of all results of a run begin with, or of all runs. */
export const resultsBelow = (run: string | undefined): string =>
  run === undefined ? batchPrefix : `${batchFolder(run)}results/`

export const resultKey = (run: string, shard: number, part: number): string =>
  `${resultsOf(run, shard)}${part}.ndjson.gz`

/** The run of a job that computes checksums. */
export const checksumRun = (name: string): string => `checksums-${name}`

/** What keys of all those runs begin with. */
export const checksumFolder = `${batchPrefix}${checksumRun('')}`

/** Is this the key of what S3 tells at last of a job that computes checksums: where the lines of its report are? */
export const isChecksumReport = (key: string): boolean =>
  key.startsWith(checksumFolder) && /^[^/]+\/report\/job-[^/]+\/manifest\.json$/.test(key.slice(batchPrefix.length))

/** Is this the key of what was found out, by a host or by a function? */
export const isHandedIn = (key: string): boolean =>
  key.startsWith(shardsPrefix) ||
  // What S3 reports of a job has results below it, too.
  (key.startsWith(batchPrefix) && /^[^/]+\/results\//.test(key.slice(batchPrefix.length)))
