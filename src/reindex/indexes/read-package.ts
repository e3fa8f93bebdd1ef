import { statusOf } from '../../aws/denial.ts'
import type { LeanS3 } from '../../aws/s3-lean.ts'
import { BadPackageError, type Digests, type Format, type PackageFacts } from '../../repositories/format.ts'
import { ArchivedPackageError, digestsAtS3, packageSource } from './package-source.ts'

/** A package that is to be read. Plain data: it travels between threads. */
export interface ReadJob {
  /** {@link Format.name}. */
  readonly format: string
  readonly key: string
  /** Bytes. */
  readonly size: number
  /** Without quotes. */
  readonly etag: string
  /** Seconds since the epoch: when this content was first seen. */
  readonly first: number
  /** What is known of its content without reading it. */
  readonly known: Digests
}

/** What is wanted of all packages at once. */
export type About = Pick<PackageFacts, 'digests' | 'identity' | 'note'>

/** What was read of it: {@link About} as JSON, and the format's own facts; or why it is no package. */
export type ReadResult = { readonly about: string; readonly facts: Uint8Array } | BadPackage

/** Why it is no package, or can not be read as one. */
export interface BadPackage {
  readonly bad: string
  /** Only as long as it is archived. */
  readonly archived: boolean
}

export const resultOf = ({ facts, ...about }: PackageFacts): ReadResult => ({
  about: JSON.stringify(about),
  facts,
})

/** Up to here a read of all of it costs less than asking for a checksum first. Most packages are smaller. */
export const readWhole = 256 * 1024

/** Why S3 refuses a request as such only the answer to one says that has a body. */
function saidByReading(error: unknown): Digests {
  if (statusOf(error) === 400) return {}
  throw error
}

/**
 * Reads one package from S3: all of it in one request where it is small, else no more than its header where S3 has a
 * checksum of it.
 *
 * @throws what S3 answers, or the network throws
 */
export async function readPackage(s3: LeanS3, format: Format, job: ReadJob): Promise<ReadResult> {
  const ask = job.size > readWhole && format.digests.some((name) => job.known[name] === undefined)
  try {
    const known = ask ? { ...job.known, ...(await digestsAtS3(s3, job).catch(saidByReading)) } : job.known
    const source = packageSource(s3, job, known)
    const read = await format.readPackage(source)
    return resultOf({ ...read, digests: { ...source.digestsSeen(), ...read.digests } })
  } catch (error) {
    if (error instanceof BadPackageError) {
      return { bad: error.message, archived: error instanceof ArchivedPackageError }
    }
    throw error
  }
}
