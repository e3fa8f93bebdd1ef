/** Where objects are encrypted with a KMS key: how CloudFront gets to use it, and what keeps it from that. */
import { join } from 'node:path'

import { lastPartOf } from '../aws/arns.ts'
import type { Aws } from '../aws/connect.ts'
import { explainError } from '../aws/denial.ts'
import { namesOf } from '../aws/names.ts'
import type { Account } from '../aws/account.ts'
import type { OriginAccess } from '../resources/cloudfront/distribution-config.ts'
import type { Distribution } from '../resources/cloudfront/find-distribution.ts'
import { type BucketKey, isEncryptedWithKms, keyObstacle } from '../resources/kms/bucket-key.ts'
import {
  bucketKeyPolicy,
  type BucketKeyPolicyWant,
  keyPolicyFlag,
  keyStatement,
} from '../resources/kms/bucket-key-policy.ts'
import { decryptionDenials } from '../resources/kms/key-policy-verdict.ts'
import { type Encrypted, sampleKeys, sampleNeeds } from '../resources/s3/object-sample.ts'
import type { Bucket } from '../resources/s3/bucket.ts'
import { isPending, type Need } from '../resources/resource.ts'
import type { Settings } from '../settings/settings.ts'
import { stateFolder } from '../settings/state-folder.ts'
import { commandLine } from '../shell.ts'
import { verbatim } from '../text.ts'
import type { Hindrance, InTheWay } from './hindrance.ts'

/** Of what a chain has seen or made, what serves the bucket. */
interface Serving {
  readonly account: Account
  readonly access: OriginAccess['kind']
  readonly bucket: Bucket
  readonly existing: Distribution | undefined
  readonly distribution: Distribution
  keyPolicy: BucketKey
}

/** Why the policy of no key is of interest, if that is so. */
function whyNoKeyPolicy({ access, bucket }: Pick<Serving, 'access' | 'bucket'>): string | undefined {
  if (!isEncryptedWithKms(bucket)) return 'not needed, for the bucket is encrypted with no KMS key'
  return access === 'oac' ? undefined : 'not needed, for an identity can use no key'
}

/** What a step needs to have CloudFront use the key; `functionArn` as the operator gave it. */
export const letUseKey = <C extends Serving>(
  aws: Aws,
  settings: Settings,
  {
    keyPolicy = false,
    carried,
  }: { readonly keyPolicy?: boolean | undefined; readonly carried?: readonly string[] | undefined },
  functionArn: (ctx: C) => string,
) => ({
  resource: bucketKeyPolicy(aws),
  want: (ctx: C): BucketKeyPolicyWant => ({
    names: namesOf(settings.installation.value),
    accountId: ctx.account.id,
    bucket: ctx.bucket,
    distributionArn: ctx.distribution.arn,
    write: keyPolicy,
    isNew: ctx.existing === undefined,
    backups: join(stateFolder(), 'key-policies'),
    command: carried === undefined ? undefined : writingCommand(functionArn(ctx), carried),
  }),
  as: 'keyPolicy' as const,
  skip: whyNoKeyPolicy,
})

/** A version that is still to be published has no ARN to type. */
const writingCommand = (functionArn: string, carried: readonly string[]): string | undefined =>
  isPending(functionArn)
    ? undefined
    : commandLine(['pc-ctl', 'reconfigure-cloudfront-distribution', functionArn, keyPolicyFlag, ...carried])

const kind = 'KMS key policy'

/** What {@link keysInTheWay} looks at objects with. */
export const keysInTheWayNeeds = (ctx: Pick<Serving, 'access' | 'bucket'>): readonly Need[] =>
  whyNoKeyPolicy(ctx) === undefined
    ? [{ ...sampleNeeds(ctx.bucket.name), optional: 'which keys objects are encrypted with is not checked' }]
    : []

/** What keeps CloudFront from decrypting objects, and is not put right by a statement of ours. */
export async function keysInTheWay(aws: Aws, settings: Settings, serving: Serving): Promise<InTheWay> {
  if (whyNoKeyPolicy(serving) !== undefined) return { found: [], notDecided: [] }
  const { bucket, keyPolicy: key, distribution } = serving
  const names = namesOf(settings.installation.value)
  const obstacle = keyObstacle(bucket, key.state === 'missing' ? undefined : key)
  if (obstacle !== undefined) return { found: [{ of: kind, ...obstacle }], notDecided: [] }
  const statement = JSON.stringify(keyStatement({ names, distributionArn: distribution.arn }))
  const others = await otherKeys(aws, serving)
  return {
    found: [
      ...decryptionDenials(key.document, { distributionArn: distribution.arn }).map((called): Hindrance => ({
        of: kind,
        why: `the statement ${called} in the policy of the KMS key ${key.arn} denies CloudFront kms:Decrypt`,
        todo: [
          'No Allow outweighs a Deny, and that one is not of pc-ctl, which leaves it as it is: except CloudFront in it.',
        ],
      })),
      ...others.found.map(({ key: object, kmsKey }): Hindrance => ({
        of: kind,
        why: `objects such as ${object} are encrypted with ${kmsKey}, which is not the key that the bucket names now`,
        todo: isPending(distribution.arn)
          ? ['Its policy needs a statement for CloudFront too, which is printed once the distribution is there.']
          : ['If that is not an AWS managed key, its policy needs this statement too:', verbatim(statement)],
      })),
    ],
    notDecided: [...undecided(serving, statement), ...others.notDecided],
  }
}

/** Objects keep the key that they were written with, whatever the bucket names now. */
async function otherKeys(
  aws: Aws,
  { bucket, keyPolicy }: Serving,
): Promise<{ readonly found: readonly Encrypted[]; readonly notDecided: readonly string[] }> {
  // Under an alias that was not looked at any key may stand.
  if (keyPolicy.arn.includes('alias/')) return { found: [], notDecided: [] }
  try {
    const used = await sampleKeys(aws, bucket)
    return { found: used.filter(({ kmsKey }) => lastPartOf(kmsKey) !== lastPartOf(keyPolicy.arn)), notDecided: [] }
  } catch (error) {
    const { failure, message } = explainError(error, 'Look at some')
    if (failure === 'interrupted') throw error
    return { found: [], notDecided: [`which keys objects are encrypted with was not checked: ${bare(message)}`] }
  }
}

/** What another account keeps to itself, or these credentials may not see. */
function undecided({ bucket, distribution, keyPolicy: { arn, hidden } }: Serving, needed: string): string[] {
  const what = `whether the policy of the KMS key ${arn} lets CloudFront decrypt objects of ${bucket.name}`
  const statement = isPending(distribution.arn) ? '' : `; it needs this statement: \`${needed}\``
  if (hidden?.as === 'of another account') {
    return [`${what} was not looked at: it belongs to another account, and only that can change it${statement}`]
  }
  return hidden?.as === 'not looked at' ? [`${what} was not checked: ${bare(hidden.why)}${statement}`] : []
}

const bare = (sentence: string): string => sentence.replace(/\.$/, '')
