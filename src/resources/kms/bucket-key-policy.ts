import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms'

import { nameOf } from '../../aws/absent.ts'
import { arnOfBucket, arnOfKey, distributionIdIn, lastPartOf } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import type { Names } from '../../aws/names.ts'
import { leavesOpen } from '../../aws/no-answer.ts'
import { type Pace, patiently, type Talk } from '../../aws/patience.ts'
import { parseDocument, type PolicyDocument, type PolicyStatement } from '../../aws/policy.ts'
import { withStatements } from '../../aws/policy-text.ts'
import { messageOf } from '../../errors.ts'
import { type Line, verbatim } from '../../text.ts'
import type { Change } from '../../ui/plan.ts'
import { ChangedMeanwhile, type Decision, isPending, keep, policyChange, refuse, type Resource } from '../resource.ts'
import { type BucketKey, type BucketKeyWant, arnsOfBucketKey, keyNameOf, keyObstacle } from './bucket-key.ts'
import { lookAtBucketKey, lookIfAllowed } from './bucket-key.ts'
import { letsCloudFrontDecrypt } from './key-policy-verdict.ts'
import { takedownOfKeyStatements } from './key-policy-takedown.ts'

export interface BucketKeyPolicyWant extends BucketKeyWant {
  readonly names: Pick<Names, 'sidPrefix'>
  readonly distributionArn: string
  /** Whether the operator asked for it to be written; else it is only shown. */
  readonly write: boolean
  /** Whether nothing is served yet, so that what can't be read is no reason to go on. */
  readonly isNew: boolean
  /** Folder where the policy is kept as it was before it is written. */
  readonly backups: string
  /** The command line that has it written, where that is known. */
  readonly command?: string | undefined
}

/** The flag that has it written. */
export const keyPolicyFlag = '--kms-key-policy'

/** KMS's limit, in characters (AWS KMS API Reference, "PutKeyPolicy"). */
const maximumSize = 32_768

/**
 * The statement in the policy of the bucket's KMS key that lets CloudFront decrypt objects for one distribution. Key and
 * policy are the operator's: the statement is ours by its Sid, and all other text stays as it is.
 *
 * KMS has no version of a policy either, so it is written as a bucket's policy is: right after a look that shows it
 * unchanged, read again afterwards, and kept in a file as it was. The check that keeps callers from locking themselves
 * out of a key is never passed by.
 */
export function bucketKeyPolicy(aws: Aws): Resource<BucketKeyPolicyWant, BucketKey> {
  return {
    kind: 'KMS key policy',
    name: ({ bucket }) => keyNameOf(bucket),
    id: ({ arn }) => arn,
    needs: (want) => {
      const resources = arnsOfBucketKey(want)
      return [
        { access: 'read', actions: ['kms:DescribeKey', 'kms:GetKeyPolicy'], resources },
        ...(want.write ? [{ access: 'write' as const, actions: ['kms:PutKeyPolicy'], resources }] : []),
      ]
    },
    pattern: ({ accountId, bucket: { region } }) => ({
      arn: arnOfKey(accountId, '*', region),
      state: 'Enabled',
      document: { Statement: [] },
      text: '',
    }),
    ties: ({ bucket, distributionArn }) => [
      { to: arnOfBucket(bucket.name), as: 'decrypts' },
      { to: distributionArn, as: 'lets in' },
    ],
    // Terraform and CloudFormation have the policy within the key, which is none of ours.
    exported: () => ({ terraform: [], cloudFormation: [] }),
    takedown: takedownOfKeyStatements,
    describe: (want) => (want.write ? lookAtBucketKey(aws, want) : lookIfAllowed(aws, want)),
    decide: decideBucketKeyPolicy,

    async apply(want, live, talk) {
      if (live === undefined) throw new Error('there is no key to write a policy of')
      await backUp(want, live, talk)
      const kms = aws.client(KMSClient, want.bucket.region, 'once')
      const Policy = policyText(want, live)
      const put = async (): Promise<void> => {
        const now = await lookAtBucketKey(aws, want)
        if (now !== undefined && decideBucketKeyPolicy(want, now).do === 'keep') return
        if (now?.text !== live.text || now.arn !== live.arn) throw lostUpdate(live)
        await kms.send(new PutKeyPolicyCommand({ KeyId: live.arn, PolicyName: 'default', Policy }))
      }
      await patiently(put, whyRepeat, repetition, talk)
      const written = await lookAtBucketKey(aws, want)
      if (written === undefined || decideBucketKeyPolicy(want, written).do !== 'keep') throw lostUpdate(live)
      return written
    },
  }
}

/** The statement that lets CloudFront in; it reads, so it needs no more than to decrypt. */
export const keyStatement = ({
  names,
  distributionArn,
}: Pick<BucketKeyPolicyWant, 'names' | 'distributionArn'>): PolicyStatement => ({
  Sid: sidFor(names, distributionArn),
  Effect: 'Allow',
  Principal: { Service: 'cloudfront.amazonaws.com' },
  Action: 'kms:Decrypt',
  Resource: '*',
  Condition: { StringEquals: { 'AWS:SourceArn': distributionArn } },
})

/** Several buckets may have one key, so each distribution has a statement of its own. */
const sidFor = ({ sidPrefix }: Pick<Names, 'sidPrefix'>, distributionArn: string): string =>
  `${sidPrefix}OacDecrypt${isPending(distributionArn) ? '' : (distributionIdIn(distributionArn) ?? '')}`

/** Pure. */
export function decideBucketKeyPolicy(want: BucketKeyPolicyWant, live: BucketKey | undefined): Decision<BucketKey> {
  const { bucket, write, isNew } = want
  const obstacle = keyObstacle(bucket, live)
  if (live === undefined || obstacle !== undefined) {
    const { why, todo } = obstacle ?? { why: 'there is no key', todo: [] }
    const after = live ?? { arn: keyNameOf(bucket), state: 'missing', document: { Statement: [] }, text: '' }
    return write || isNew ? refused(after, why, ...todo, thenAgain) : { ...keep(after), hint: [`${why}.`, ...todo] }
  }
  if (live.hidden?.as === 'of another account') return ofAnother(want, live)
  if (live.hidden?.as === 'not looked at') return { ...keep(live), hint: [`It was not looked at: ${live.hidden.why}.`] }
  const changes = changesOf(want, live.document)
  if (changes.length === 0) return keep(live)
  if (policyText(want, live).length > maximumSize) return tooLong(want, live)
  return { ...update(want, live, changes), ...(write ? { ask: question(live, bucket.name) } : held(want)) }
}

/** Nobody's mark is missing: the policy is the operator's, and what is wished of it is in the way. */
const refused = (live: BucketKey, why: string, ...hint: Line[]): Decision<BucketKey> => ({
  ...refuse(live, why, ...hint),
  ours: true,
})

const thenAgain = 'Then run the same command again.'

const update = (want: BucketKeyPolicyWant, live: BucketKey, changes: readonly Change[]) => ({
  do: 'update' as const,
  because: changes.map(({ before, field }) =>
    before === undefined
      ? `the policy of the KMS key ${live.arn} does not let CloudFront decrypt objects of ${want.bucket.name}`
      : `${field} differs`,
  ),
  changes,
  after: { ...live, document: parseDocument(policyText(want, live)) },
  remedy: { flags: [keyPolicyFlag] },
})

/** Only the flag has it written. */
const held = (want: BucketKeyPolicyWant): Pick<Decision<BucketKey>, 'needsFlag' | 'hint'> => ({
  needsFlag: keyPolicyFlag,
  hint: [
    want.command === undefined
      ? `The key is yours, so its policy is only changed with ${keyPolicyFlag}, after asking.`
      : `The key is yours, so its policy is only changed by \`${want.command}\`, which asks first.`,
    ...pasteIt(want),
  ],
})

/** What puts the statement into a policy by hand. */
const pasteIt = (want: Pick<BucketKeyPolicyWant, 'names' | 'distributionArn'>): Line[] =>
  isPending(want.distributionArn)
    ? ['Once the distribution is there, the statement to paste is printed.']
    : ['Or put this statement into it, next to the others:', verbatim(JSON.stringify(keyStatement(want)))]

const question = ({ arn }: BucketKey, bucket: string): string =>
  `Change the policy of the KMS key ${arn}, which pc-ctl did not make, so that CloudFront may decrypt objects of ${bucket}?`

function ofAnother(want: BucketKeyPolicyWant, live: BucketKey): Decision<BucketKey> {
  const [, owner = ''] = /^arn:[^:]*:kms:[^:]*:(\d+):/.exec(live.arn) ?? []
  const why = `the KMS key ${live.arn} of the bucket ${want.bucket.name} belongs to the account ${owner}`
  const [, ...statement] = pasteIt(want)
  const todo = [
    `Whether its policy lets CloudFront in can be seen in ${owner} only. Whoever looks after that account has to put this ` +
      'statement into it:',
    ...statement,
  ]
  if (want.write) return refused(live, why, ...todo, `Then run the same command again, without ${keyPolicyFlag}.`)
  return { ...keep(live), hint: [`${why}.`, ...(statement.length > 0 ? todo : pasteIt(want))] }
}

function tooLong({ write }: BucketKeyPolicyWant, live: BucketKey): Decision<BucketKey> {
  const why = `the policy of the KMS key ${live.arn} would have more than the ${maximumSize} characters that KMS allows`
  const todo = 'Shorten or merge other statements of it.'
  return write ? refused(live, why, todo, thenAgain) : { ...keep(live), hint: [`${why}.`, todo] }
}

/** Nothing, too, where a statement of somebody else's lets CloudFront in already. */
function changesOf(want: BucketKeyPolicyWant, { Statement }: PolicyDocument): Change[] {
  const wanted = keyStatement(want)
  const found = Statement.find(({ Sid }) => Sid === wanted.Sid)
  const isOpen = found === undefined && Statement.some((one) => letsCloudFrontDecrypt(one, want).is === 'yes')
  return isOpen ? [] : policyChange(`Statement.${wanted.Sid ?? ''}`, found, wanted)
}

/** In its own text, unless that is too long: then without white space. */
function policyText(want: BucketKeyPolicyWant, { text, document }: BucketKey): string {
  const edited = withStatements(text === '' ? JSON.stringify(document) : text, [keyStatement(want)])
  return edited.length > maximumSize ? JSON.stringify(JSON.parse(edited)) : edited
}

async function backUp({ backups }: BucketKeyPolicyWant, { arn, text }: BucketKey, talk: Talk): Promise<void> {
  const file = join(backups, `${lastPartOf(arn)}-policy-${new Date().toISOString().replace(/[:.]/g, '-')}.json`)
  try {
    await mkdir(backups, { recursive: true, mode: 0o700 })
    await writeFile(file, text, { mode: 0o600 })
    talk.tell(`the policy as it was is kept in ${file}`)
  } catch (error) {
    talk.tell(`the policy as it was could not be kept in a file: ${messageOf(error)}`)
  }
}

const repetition: Pace = { first: 250, most: 2_000, total: 20_000 }

/** Why the look and the write are repeated, if they are. The write alone never is: its policy may be old by then. */
function whyRepeat(error: unknown): string | undefined {
  if (nameOf(error) === 'ThrottlingException') return 'waiting because KMS asks for fewer requests'
  return leavesOpen(error) ? 'KMS gave no proper answer; looking at the policy again' : undefined
}

const lostUpdate = ({ arn }: BucketKey): Error =>
  new ChangedMeanwhile(`Someone else is writing the policy of the KMS key ${arn} at the same time.`)
