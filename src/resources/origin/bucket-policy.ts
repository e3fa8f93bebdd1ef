import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { GetBucketPolicyCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3'

import { arnOfBucket, arnOfIdentity, arnOfObject } from '../../aws/arns.ts'
import { absentAs, nameOf } from '../../aws/absent.ts'
import { leavesOpen } from '../../aws/no-answer.ts'
import type { Aws } from '../../aws/connect.ts'
import type { Names } from '../../aws/names.ts'
import { type Pace, patiently, propagation, type Talk } from '../../aws/patience.ts'
import { parseDocument, type PolicyDocument, type PolicyStatement } from '../../aws/policy.ts'
import { messageOf } from '../../errors.ts'
import { whyPolicyBlocked } from './blocked-policy.ts'
import { sidsFor } from './bucket-policy-sids.ts'
import { takedownOfStatements } from './bucket-policy-takedown.ts'
import type { Bucket } from '../s3/bucket.ts'
import { Encoded, type HclValue } from '../../ui/hcl.ts'
import type { Change } from '../../ui/plan.ts'
import type { Exported } from '../exported.ts'
import {
  canonical,
  ChangedMeanwhile,
  create,
  type Decision,
  policyChange,
  refuse,
  type Resource,
  updateIf,
} from '../resource.ts'

/** Whom the bucket lets in. */
export type Reader =
  | { readonly kind: 'oai'; readonly id: string; readonly s3CanonicalUserId: string }
  | { readonly kind: 'oac'; readonly distributionArn: string }

export interface BucketPolicyWant {
  readonly names: Pick<Names, 'sidPrefix'>
  readonly bucket: Bucket
  readonly reader: Reader
  /** Folder where the policy is kept as it was before it is written. */
  readonly backups: string
}

export interface BucketPolicy {
  readonly document: PolicyDocument
  /** As S3 tells it, where it was read. */
  readonly text?: string
}

/** S3's limit, in bytes. */
const maximumSize = 20_480

/**
 * The statements of the bucket's policy that let CloudFront in. The policy is the operator's: ours are found by their
 * Sid, and everything else in it is written back as it was read.
 *
 * S3 has no version token for policies. So each write comes right after a look that shows the policy unchanged, and is
 * repeated only so; the policy is read again to see that nobody else's write came in between, which the chain does once
 * more at its end; and it is kept in a file as it was before.
 */
export function bucketPolicy(aws: Aws): Resource<BucketPolicyWant, BucketPolicy> {
  const read = async (
    { bucket }: BucketPolicyWant,
    s3 = aws.client(S3Client, bucket.region),
  ): Promise<BucketPolicy | undefined> => {
    const found = await absentAs('NoSuchBucketPolicy', () =>
      s3.send(new GetBucketPolicyCommand({ Bucket: bucket.name })),
    )
    return found?.Policy === undefined ? undefined : { document: parseDocument(found.Policy), text: found.Policy }
  }

  return {
    kind: 'S3 bucket policy',
    name: ({ bucket }) => bucket.name,
    id: () => '',
    needs: ({ bucket }) => {
      const resources = [arnOfBucket(bucket.name)]
      return [
        { access: 'read', actions: ['s3:GetBucketPolicy'], resources },
        { access: 'write', actions: ['s3:PutBucketPolicy'], resources },
      ]
    },
    pattern: (want) => ({ document: merged(want, undefined) }),
    ties: ({ bucket, reader }) => [
      { to: arnOfBucket(bucket.name), as: 'of' },
      { to: reader.kind === 'oai' ? reader.id : reader.distributionArn, as: 'lets in' },
    ],
    exported: exportedPolicy,
    takedown: takedownOfStatements,
    describe: (want) => read(want),
    decide: decideBucketPolicy,

    async apply(want, live, talk) {
      const { bucket } = want
      const document = merged(want, live?.document)
      if (live !== undefined) await backUp(want, live.document, talk)
      const command = new PutBucketPolicyCommand({ Bucket: bucket.name, Policy: JSON.stringify(document) })
      const s3 = aws.client(S3Client, bucket.region, 'once')
      const put = async (): Promise<void> => {
        // By the same client, so that no new connection has to be made between look and write.
        const now = await read(want, s3)
        if (now !== undefined && decideBucketPolicy(want, now).do === 'keep') return
        if (canonical(now?.document) !== canonical(live?.document)) throw lostUpdate(bucket)
        await s3.send(command)
      }
      const untilKnown = () => patiently(put, whyNotYet, propagation, talk)
      await patiently(untilKnown, whyRepeat, repetition, talk).catch(async (error: unknown) => {
        throw (await whyPolicyBlocked(s3, bucket.name, document, error)) ?? error
      })
      const written = await read(want)
      if (!shows(want, written)) throw lostUpdate(bucket)
      return written ?? { document }
    },
  }
}

/** The whole policy, with what others have in it: both tools write it as a whole. */
const exportedPolicy = ({ bucket }: BucketPolicyWant, { document }: BucketPolicy): Exported => ({
  terraform: [
    {
      type: 'aws_s3_bucket_policy',
      id: bucket.name,
      besideBucket: true,
      body: { bucket: bucket.name, policy: new Encoded(document as HclValue) },
      known: {},
    },
  ],
  cloudFormation: [
    {
      type: 'AWS::S3::BucketPolicy',
      identifier: { Bucket: bucket.name },
      besideBucket: true,
      properties: { Bucket: bucket.name, PolicyDocument: document },
      known: {},
    },
  ],
})

/** Pure. A statement is ours by its Sid and wholly ours; all others are left as they are. */
export function decideBucketPolicy(want: BucketPolicyWant, live: BucketPolicy | undefined): Decision<BucketPolicy> {
  const document = merged(want, live?.document)
  const size = Buffer.byteLength(JSON.stringify(document))
  if (size > maximumSize) {
    return refuse(
      live ?? { document },
      `the policy of bucket ${want.bucket.name} would have ${size} bytes, and S3 allows ${maximumSize}`,
      'Shorten or merge other statements of the bucket policy, then run the same command again.',
    )
  }
  const changes = statementsFor(want).flatMap((wanted) => statementChange(want, live?.document, wanted))
  if (live === undefined) return { ...create({ document }), changes }
  return updateIf({ document }, changes)
}

function statementChange(want: BucketPolicyWant, live: PolicyDocument | undefined, wanted: PolicyStatement): Change[] {
  const found = live?.Statement.find(({ Sid }) => Sid === wanted.Sid)
  return policyChange(
    `Statement.${wanted.Sid ?? ''}`,
    found === undefined ? undefined : withOneSpelling(found, want.reader),
    withOneSpelling(wanted, want.reader),
  )
}

/** S3 answers 404 for a missing object only to those who may list; apt gives up on a 403 where it tolerates a 404. */
function statementsFor({ names, bucket, reader }: BucketPolicyWant): PolicyStatement[] {
  const sids = sidsFor(names, reader.kind)
  const who =
    reader.kind === 'oai'
      ? { Principal: { CanonicalUser: reader.s3CanonicalUserId } }
      : {
          Principal: { Service: 'cloudfront.amazonaws.com' },
          Condition: { StringEquals: { 'AWS:SourceArn': reader.distributionArn } },
        }
  return [
    { Sid: sids.get, Effect: 'Allow', ...who, Action: 's3:GetObject', Resource: arnOfObject(bucket.name) },
    { Sid: sids.list, Effect: 'Allow', ...who, Action: 's3:ListBucket', Resource: arnOfBucket(bucket.name) },
  ]
}

function merged(want: BucketPolicyWant, live: PolicyDocument | undefined): PolicyDocument {
  const wanted = statementsFor(want)
  if (live === undefined) return { Version: '2012-10-17', Statement: wanted }
  const missing = wanted.filter(({ Sid }) => !live.Statement.some((statement) => statement.Sid === Sid))
  const replaced = live.Statement.map((statement) => wanted.find(({ Sid }) => Sid === statement.Sid) ?? statement)
  return { ...live, Statement: [...replaced, ...missing] }
}

/** S3 shows an origin access identity's canonical user as an ARN once it knows it; both mean the same. */
function withOneSpelling(statement: PolicyStatement, reader: Reader): PolicyStatement {
  if (reader.kind !== 'oai') return statement
  const spellings = [{ CanonicalUser: reader.s3CanonicalUserId }, { AWS: arnOfIdentity(reader.id) }]
  const means = spellings.some((spelling) => policyChange('', statement.Principal, spelling).length === 0)
  return means ? { ...statement, Principal: spellings[1] } : statement
}

/**
 * Whether what S3 shows is what was written. For a moment it may show a new identity by its bare unique id. Only right
 * after a write is that good enough: later such an id is all that is left of an identity that was deleted.
 */
function shows(want: BucketPolicyWant, written: BucketPolicy | undefined): boolean {
  if (written === undefined) return false
  const ours = new Map(statementsFor(want).map((statement) => [statement.Sid, statement.Principal]))
  const Statement = written.document.Statement.map((statement) =>
    ours.has(statement.Sid) && isUniqueId(statement.Principal)
      ? { ...statement, Principal: ours.get(statement.Sid) }
      : statement,
  )
  return decideBucketPolicy(want, { document: { ...written.document, Statement } }).do === 'keep'
}

const isUniqueId = (principal: unknown): boolean => /^\{"AWS":"AIDA[A-Z0-9]+"\}$/.test(JSON.stringify(principal ?? ''))

/** The names of statements that let CloudFront in by the other way than `reader`'s, left from before a switch. */
export function statementsLeftOver(names: Names, document: PolicyDocument, reader: Reader['kind']): string[] {
  // Not by the prefix: that of one installation may be the beginning of another's.
  const others = Object.values(sidsFor(names, reader === 'oai' ? 'oac' : 'oai'))
  return document.Statement.flatMap(({ Sid }) => (Sid !== undefined && others.includes(Sid) ? Sid : []))
}

async function backUp({ bucket, backups }: BucketPolicyWant, document: PolicyDocument, talk: Talk): Promise<void> {
  const file = join(backups, `${bucket.name}-policy-${new Date().toISOString().replace(/[:.]/g, '-')}.json`)
  try {
    await mkdir(backups, { recursive: true, mode: 0o700 })
    await writeFile(file, `${JSON.stringify(document, undefined, 2)}\n`, { mode: 0o600 })
    talk.tell(`the policy as it was is kept in ${file}`)
  } catch (error) {
    talk.tell(`the policy as it was could not be kept in a file: ${messageOf(error)}`)
  }
}

/** S3 learns of a new identity within seconds to a minute; until then it takes the principal for a mistake. */
function whyNotYet(error: unknown): string | undefined {
  return nameOf(error) === 'MalformedPolicy' && /invalid principal/i.test(messageOf(error))
    ? 'waiting until S3 knows the new origin access identity'
    : undefined
}

const repetition: Pace = { first: 250, most: 2_000, total: 20_000 }

/** Why the look and the write are repeated, if they are. The write alone never is: its policy may be old by then. */
function whyRepeat(error: unknown): string | undefined {
  if (nameOf(error) === 'SlowDown') return 'waiting because S3 asks for fewer requests'
  return leavesOpen(error) ? 'S3 gave no proper answer; looking at the policy again' : undefined
}

const lostUpdate = (bucket: Bucket): Error =>
  new ChangedMeanwhile(`Someone else is writing the policy of bucket ${bucket.name} at the same time.`)
