import type { Aws } from '../../aws/connect.ts'
import { explain } from '../../aws/denial.ts'
import {
  getDistribution,
  listDistributions,
  type LiveDistribution,
  serving,
} from '../../resources/live-distribution.ts'
import { CtlError } from '../../ui/errors.ts'
import { verbatim } from '../../ui/text.ts'

/** What an operator names a distribution by. */
export type CfTarget =
  | { readonly kind: 'distribution'; readonly word: string; readonly id: string; readonly invalidation?: string }
  | { readonly kind: 'bucket'; readonly word: string; readonly bucket: string; readonly key: string }

/** A target, and the distribution that it means. */
export interface ResolvedTarget {
  readonly target: CfTarget
  readonly distribution: LiveDistribution
}

/** Ids as CloudFront makes them, of distributions and invalidations. */
const id = /^[A-Z0-9]+$/

/**
 * Reads `cf://ID`, `cf://ID/INVALIDATION`, a bare `ID`, `s3://BUCKET` or `s3://BUCKET/KEY`. The scheme may be in either
 * case, as with s3cmd; a key is taken as it is written, and is empty if there is none.
 *
 * @throws CtlError of kind `usage` for anything else
 */
export function parseTarget(word: string): CfTarget {
  const [, scheme = '', first = '', rest = ''] = /^(?:(cf|s3):\/\/)?([^/]*)(?:\/(.*))?$/is.exec(word) ?? []
  if (scheme.toLowerCase() === 's3') {
    if (first !== '') return { kind: 'bucket', word, bucket: first, key: rest }
    throw new CtlError('usage', `${JSON.stringify(word)} names no bucket.`, { hint: 'Write it as s3://BUCKET.' })
  }
  const plain = scheme === '' && !word.includes('/')
  const invalidation = rest.replace(/\/$/, '')
  const wellFormed = id.test(first) && (invalidation === '' || id.test(invalidation))
  if ((plain || scheme !== '') && wellFormed) {
    return { kind: 'distribution', word, id: first, ...(invalidation === '' ? {} : { invalidation }) }
  }
  throw new CtlError('usage', `${JSON.stringify(word)} names no distribution.`, {
    hint: 'Write it as cf://ID, ID or s3://BUCKET, where ID is in capitals, as `pc-ctl cflist` shows it.',
  })
}

/**
 * Words that each must name a distribution as a whole.
 *
 * @throws CtlError of kind `usage` for an invalidation or a key within a bucket
 */
export function wholeDistributions(words: readonly string[]): readonly string[] {
  for (const target of words.map(parseTarget)) {
    if (target.kind === 'bucket' && target.key !== '') {
      throw new CtlError('usage', `Use s3:// URI with a bucket name only instead of: ${target.word}`)
    }
    if (target.kind === 'distribution' && target.invalidation !== undefined) {
      throw new CtlError('usage', `${target.word} names an invalidation, and a distribution is wanted.`, {
        hint: `Look at it with \`pc-ctl cfinvalinfo ${target.word}\`.`,
      })
    }
  }
  return words
}

/**
 * Finds the distribution that each word means. All words are read before AWS is asked; the account's distributions are
 * listed, page after page, only if a bucket is named.
 *
 * @throws CtlError of kind `usage` for a word that can't be read, or a bucket that several distributions serve; of kind
 *   `failed` for a distribution that does not exist
 */
export async function resolveTargets(aws: Aws, words: readonly string[]): Promise<ResolvedTarget[]> {
  const found = await findTargets(aws, words)
  return found.map(({ target, distribution }) => {
    if (distribution === undefined) throw noDistribution(target)
    return { target, distribution }
  })
}

/** As {@link resolveTargets}, with `undefined` for what does not exist. */
export async function findTargets(
  aws: Aws,
  words: readonly string[],
): Promise<{ target: CfTarget; distribution: LiveDistribution | undefined }[]> {
  const targets = words.map(parseTarget)
  try {
    const all = targets.some(({ kind }) => kind === 'bucket') ? await listDistributions(aws) : []
    // One after the other: CloudFront throttles early.
    const found: { target: CfTarget; distribution: LiveDistribution | undefined }[] = []
    for (const target of targets) {
      const meant = target.kind === 'distribution' ? target.id : theOne(target, serving(all, target.bucket))
      found.push({ target, distribution: meant === undefined ? undefined : await getDistribution(aws, meant) })
    }
    return found
  } catch (error) {
    throw explain(error, 'Find the distribution')
  }
}

type Summary = Awaited<ReturnType<typeof listDistributions>>[number]

function theOne({ word }: CfTarget, candidates: readonly Summary[]): string | undefined {
  const [only, ...others] = candidates
  if (others.length === 0) return only?.Id
  const rows = candidates.map(({ Id = '', DomainName = '', Aliases, Enabled }) =>
    [`cf://${Id}`, DomainName, Enabled === true ? 'enabled' : 'disabled', ...(Aliases?.Items ?? [])].join('  '),
  )
  throw new CtlError('usage', `${candidates.length} distributions serve ${word}.`, {
    hint: ['Name the one that is meant:', ...rows.map((row) => verbatim(row))],
  })
}

/** s3cmd's own words for this mislead: "Unable to translate S3 URI to CloudFront distribution name". */
function noDistribution(target: CfTarget): CtlError {
  const bucket = target.kind === 'bucket' ? target.bucket : undefined
  return new CtlError(
    'failed',
    bucket === undefined
      ? `The distribution ${target.word} does not exist in this account.`
      : `No CloudFront distribution in this account serves s3://${bucket}.`,
    {
      hint: [
        '`pc-ctl cflist` shows all distributions.',
        ...(bucket === undefined ? [] : [`\`pc-ctl cfcreate s3://${bucket}\` makes one.`]),
      ],
      code: 'NoSuchDistribution',
    },
  )
}
