import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'

import { arnOfBucket, arnOfObject } from '../../aws/arns.ts'
import { both, isAbout, isAboutResource, type KnownRequest, textsOf, type Verdict } from '../../aws/policy-match.ts'
import type { Aws } from '../../aws/connect.ts'
import type { PolicyDocument, PolicyStatement } from '../../aws/policy.ts'
import { cacheControlOf } from '../../repositories/cache-control.ts'
import type { Reader } from './bucket-policy.ts'
import type { Bucket } from '../s3/bucket.ts'
import { type Fetching, namesOfReader, originRequest } from './origin-request.ts'
import { isObject } from '../../json-object.ts'

/** A statement of a bucket's policy that keeps CloudFront off. */
export interface Denial {
  readonly statement: PolicyStatement
  /** Its Sid, or its place in the policy. */
  readonly called: string
  /** Of the objects all, or one that it is about; `undefined` where they can be read. */
  readonly objects: 'all' | { readonly key: string } | undefined
  /** Whether CloudFront may not list, by which S3 answers 404 for what is missing, and not 403. */
  readonly listing: boolean
}

export interface Denials {
  readonly denied: readonly Denial[]
  /** Statements of which it can't be known: what they are called, and what it hangs on. */
  readonly undecided: readonly { readonly called: string; readonly open: readonly string[] }[]
}

/** Some keys of a bucket that begin with a prefix; whether these are all. */
export type KeysUnder = (prefix: string) => Promise<{ readonly keys: readonly string[]; readonly all: boolean }>

/** The first thousand keys. */
export const keysUnder =
  (aws: Aws, bucket: Bucket): KeysUnder =>
  async (Prefix) => {
    const s3 = aws.client(S3Client, bucket.region)
    const { Contents, IsTruncated } = await s3.send(new ListObjectsV2Command({ Bucket: bucket.name, Prefix }))
    return { keys: (Contents ?? []).flatMap(({ Key }) => Key ?? []), all: IsTruncated !== true }
  }

/**
 * The statements of a bucket's policy that deny CloudFront's own requests. A Deny outweighs every Allow. One that is
 * about some keys only counts if a package or an index is among them.
 */
export async function findDenials(
  { Statement }: PolicyDocument,
  bucket: string,
  fetching: Fetching,
  keys: KeysUnder,
): Promise<Denials> {
  const looks = Statement.map(async (statement, index) => {
    if (statement.Effect !== 'Deny') return undefined
    const called = nameOf(statement, index)
    const listing = both(
      isAbout(statement, originRequest(fetching, 's3:ListBucket')),
      isAboutResource(statement, arnOfBucket(bucket)),
    )
    const reading = isAbout(statement, originRequest(fetching, 's3:GetObject'))
    const objects = reading.is === 'no' ? nothing : await objectsOf(statement, bucket, keys)
    return { statement, called, listing, reading: both(reading, objects.is), which: objects.which }
  })
  const found = (await Promise.all(looks)).filter((look) => look !== undefined)
  const isDenied = ({ reading, listing }: (typeof found)[number]): boolean =>
    reading.is === 'yes' || listing.is === 'yes'
  return {
    denied: found.filter(isDenied).map(({ statement, called, reading, listing, which }) => ({
      statement,
      called,
      objects: reading.is === 'yes' ? which : undefined,
      listing: listing.is === 'yes',
    })),
    undecided: found
      .filter((look) => !isDenied(look) && (look.reading.is === 'unknown' || look.listing.is === 'unknown'))
      .map(({ called, reading, listing }) => ({ called, open: [...new Set([...reading.open, ...listing.open])] })),
  }
}

const nameOf = ({ Sid }: PolicyStatement, index: number): string =>
  Sid === undefined || Sid === '' ? `number ${index + 1}, which has no Sid` : Sid

interface Objects {
  readonly is: Verdict
  readonly which: Denial['objects']
}

const nothing: Objects = { is: { is: 'no', open: [] }, which: undefined }

/** Keys that have nothing in common: a statement about them all is about every key. */
const strangers = ['a', '7/11/debian/package_files/42136.deb', 'É/ø x']

/** Which packages or indexes a statement is about. */
async function objectsOf(statement: PolicyStatement, bucket: string, keys: KeysUnder): Promise<Objects> {
  const isOf = (key: string): Verdict => isAboutResource(statement, arnOfObject(bucket, key))
  const ofAll = both(...strangers.map(isOf))
  if (ofAll.is === 'yes') return { is: ofAll, which: 'all' }
  const open: string[] = []
  for (const prefix of prefixesOf(statement, bucket)) {
    const listed = await keys(prefix)
    for (const key of listed.keys.filter((one) => cacheControlOf(one) !== undefined)) {
      const is = isOf(key)
      if (is.is === 'yes') return { is, which: { key } }
      open.push(...is.open)
    }
    if (!listed.all) open.push(`keys that begin with "${prefix}", of which only a thousand were looked at`)
  }
  return open.length === 0 ? nothing : { is: { is: 'unknown', open }, which: undefined }
}

/** What the keys that a statement is about begin with. */
function prefixesOf(statement: PolicyStatement, bucket: string): string[] {
  const arn = arnOfObject(bucket, '')
  if (textsOf(statement['NotResource']).length > 0) return ['']
  const prefixes = textsOf(statement.Resource).flatMap((pattern) => {
    const [literal = ''] = pattern.split(/[*?]|\$\{/)
    if (literal.startsWith(arn)) return literal.slice(arn.length)
    return arn.startsWith(literal) && literal !== pattern ? '' : []
  })
  return [...new Set(prefixes)].filter((one) => !prefixes.some((other) => other !== one && one.startsWith(other)))
}

/**
 * The statement with an exception for CloudFront's requests, for whoever it belongs to; `undefined` where none is left of
 * it then.
 *
 * Source: IAM User Guide, "AWS JSON policy elements: NotPrincipal"; Amazon CloudFront Developer Guide, "Restrict access to
 * an Amazon S3 origin".
 */
export const exceptCloudFront = (statement: PolicyStatement, reader: Reader): PolicyStatement | undefined =>
  reader.kind === 'oac'
    ? exceptDistribution(statement, reader.distributionArn)
    : exceptIdentity(statement, namesOfReader(reader))

/** A negated operator also holds for requests without the key, so that all others stay denied. */
function exceptDistribution(statement: PolicyStatement, arn: string): PolicyStatement | undefined {
  const conditions = isObject(statement.Condition) ? statement.Condition : {}
  const keysOf = (operator: string) => (isObject(conditions[operator]) ? conditions[operator] : {})
  const operator = ['StringNotEquals', 'ArnNotEquals', 'StringNotLike', 'ArnNotLike'].find((one) =>
    Object.keys(keysOf(one)).every((key) => key.toLowerCase() !== 'aws:sourcearn'),
  )
  if (operator === undefined) return undefined
  return { ...statement, Condition: { ...conditions, [operator]: { ...keysOf(operator), 'aws:SourceArn': arn } } }
}

function exceptIdentity(statement: PolicyStatement, names: KnownRequest['names']): PolicyStatement | undefined {
  const { Principal, NotPrincipal, ...rest } = statement
  const AWS = names['AWS']?.[0] ?? ''
  if (isObject(NotPrincipal)) {
    return { ...rest, NotPrincipal: { ...NotPrincipal, AWS: [...textsOf(NotPrincipal['AWS']), AWS] } }
  }
  if (!isObject(Principal) || textsOf(Principal['AWS']).includes('*')) return { ...rest, NotPrincipal: { AWS } }
  const others = Object.entries(Principal).flatMap(([kind, listed]) => {
    const left = textsOf(listed).filter((name) => names[kind]?.includes(name) !== true)
    return left.length === 0 ? [] : [[kind, left] as const]
  })
  return others.length === 0 ? undefined : { ...rest, Principal: Object.fromEntries(others) }
}
