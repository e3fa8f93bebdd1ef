import { statusOf } from '../../aws/denial.ts'
import type { LeanS3 } from '../../aws/s3-lean.ts'
import { formatNamed } from '../../repositories/formats.ts'
import type { Want, WantedRead } from '../batch/want.ts'
import { wantsOf } from '../batch/wants.ts'
import type { FoundRepository } from '../indexes/index-repository.ts'
import { digestsAtS3 } from '../indexes/package-source.ts'
import { readWhole } from '../indexes/read-package.ts'
import { isHopeless } from '../indexes/read-packages.ts'
import type { Row } from '../journal/row.ts'

/** A package whose digest nothing tells: to have it, all of it must be read. */
export type Undigested = Pick<Row, 'key' | 'size' | 'etag'>

/**
 * The packages that would have to be read whole, in the order of keys: those that are worth asking S3 for the checksum of,
 * and that S3 has none of. What it has is noted on the way.
 *
 * @throws what S3 answers to everything
 */
export async function* unknownDigests(
  found: readonly FoundRepository[],
  options: Omit<Parameters<typeof wantsOf>[1], 'attributes'> & { readonly s3: LeanS3 },
): AsyncGenerator<Undigested> {
  const { s3, journal, pace } = options
  for await (const wants of wantsOf(found, { ...options, attributes: false })) {
    const rows = wants.filter(isWorthAsking).map(({ row }) => row)
    const digests = await Promise.all(rows.map((row) => pace.run(() => toldByS3(s3, row))))
    for (const [index, { key, size, etag }] of rows.entries()) {
      const told = digests[index]
      if (told?.sha256 !== undefined) journal.digests.note(key, etag, told.sha256)
      else if (told !== undefined) yield { key, size, etag }
    }
  }
}

/** Smaller ones are read in one request, digest and all. */
const isWorthAsking = ({ row, reads }: Want): boolean => row.size > readWhole && reads.some(lacksOnlySha256)

const lacksOnlySha256 = ({ format, known }: WantedRead): boolean => {
  const lacking = formatNamed(format).digests.filter((name) => known[name] === undefined)
  return lacking.length === 1 && lacking[0] === 'sha256'
}

/** Undefined for what is no longer what was listed, or can't be asked for now. */
async function toldByS3(s3: LeanS3, row: Undigested): Promise<{ readonly sha256?: string | undefined } | undefined> {
  try {
    return await digestsAtS3(s3, row)
  } catch (error) {
    if (isHopeless(error) && statusOf(error) !== 412) throw error
    return undefined
  }
}
