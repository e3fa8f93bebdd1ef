/** What is right in itself, not ours to change, and all the same keeps packages from being served, or from being guarded. */
import { checksOf, engineOf, withoutVersion } from '../aws/arns.ts'
import type { Aws } from '../aws/connect.ts'
import { explainError } from '../aws/denial.ts'
import { namesOf } from '../aws/names.ts'
import { type Engine, engineNames } from '../edge/engine.ts'
import type { Account } from '../aws/account.ts'
import type { Distribution } from '../resources/cloudfront/find-distribution.ts'
import type { OriginAccessIdentity } from '../resources/origin/origin-access.ts'
import type { BucketKey } from '../resources/kms/bucket-key.ts'
import type { Bucket } from '../resources/s3/bucket.ts'
import { type Denial, exceptCloudFront, findDenials, keysUnder } from '../resources/origin/bucket-denials.ts'
import type { BucketPolicy, Reader } from '../resources/origin/bucket-policy.ts'
import { checkedBy, type OriginAccess, bucketOrigin } from '../resources/cloudfront/distribution-config.ts'
import {
  type Unchecked,
  uncheckedBehaviors,
  undecidedBehaviors,
} from '../resources/cloudfront/distribution-obstacles.ts'
import type { Fetching } from '../resources/origin/origin-request.ts'
import { isPending } from '../resources/resource.ts'
import type { Settings } from '../settings/settings.ts'
import { type Line, verbatim } from '../text.ts'
import { commandLine } from '../shell.ts'
import { keysInTheWay } from './bucket-key.ts'
import type { InTheWay } from './hindrance.ts'

/** Of what a chain has seen or made, what serves the bucket. */
interface Serving {
  readonly account: Account
  readonly bucket: Bucket
  readonly existing: Distribution | undefined
  readonly access: OriginAccess['kind']
  readonly identity: OriginAccessIdentity
  readonly bucketPolicy: BucketPolicy
  readonly distribution: Distribution
  readonly keyPolicy: BucketKey
}

/**
 * Looks for it, in what a chain has seen or made.
 *
 * @param now - in milliseconds of Unix time
 * @throws CtlError of kind `interrupted`; that AWS does not let us look is part of the answer
 */
export async function lookInTheWay(aws: Aws, settings: Settings, serving: Serving, now: number): Promise<InTheWay> {
  const behaviors = behaviorsInTheWay(settings, serving)
  const [policy, keys] = await Promise.all([policyInTheWay(aws, serving, now), keysInTheWay(aws, settings, serving)])
  return {
    found: [...behaviors.found, ...policy.found, ...keys.found],
    notDecided: [...behaviors.notDecided, ...policy.notDecided, ...keys.notDecided],
  }
}

/** Of a distribution that is still to be made there is nothing to say: it has no further behaviours. */
function behaviorsInTheWay({ installation }: Settings, { existing, bucket, distribution, account }: Serving): InTheWay {
  if (existing === undefined) return { found: [], notDecided: [] }
  const names = namesOf(installation.value)
  const { functionName } = names
  const { lambda, function: ofCloudFront } = checksOf(names, account.id)
  const ours = { functionArn: lambda, alsoOurs: [ofCloudFront] }
  const check = checkedBy(distribution.config) ?? ''
  const engine = engineOf(check)
  // A version that is only planned may get another number.
  const isThere = [lambda, ofCloudFront].includes(withoutVersion(check)) && check === checkedBy(existing.config)
  return {
    found: uncheckedBehaviors(distribution.config, bucket, ours).map((unchecked) => ({
      of: 'CloudFront distribution',
      why: uncheckedText(unchecked, functionName),
      todo: checkIt(distribution.id, unchecked, { engine, arn: isThere ? check : undefined }),
    })),
    notDecided: undecidedBehaviors(distribution.config, ours).map(
      ({ path, host }) =>
        `whether the behaviour for ${path} reaches the bucket without ${functionName}'s check was not decided: its ` +
        `origin is the access point ${host}, and which bucket that belongs to was not looked at`,
    ),
  }
}

const uncheckedText = ({ path, runs }: Unchecked, functionName: string): string =>
  `the behaviour for ${path} lets requests reach the bucket without ${functionName}'s check` +
  (runs === undefined ? '' : `: it runs ${runs} in its place`)

const called = { lambda: 'function version', function: 'function' } as const

const checkIt = (
  id: string,
  { path, runs }: Unchecked,
  { engine, arn }: { readonly engine: Engine; readonly arn: string | undefined },
): Line[] => [
  `Whoever asks for what ${path} matches gets it without a signed URL. It is a setting of yours, which pc-ctl leaves as ` +
    `it is. In the CloudFront console, distribution ${id}, tab Behaviors: delete ${path}, or edit it and choose, under ` +
    `Function associations, Viewer request, ${engineNames[engine]}${runs === undefined ? '' : ` in place of ${runs}`} with ` +
    (arn === undefined ? `the ${called[engine]} that the default behaviour has then.` : `this ${called[engine]}:`),
  ...(arn === undefined ? [] : [verbatim(arn)]),
  `From then on \`pc-ctl reconfigure-cloudfront-distribution\` keeps the ${engine === 'lambda' ? 'version' : 'check'} there up to date.`,
]

async function policyInTheWay(aws: Aws, serving: Serving, now: number): Promise<InTheWay> {
  const { bucket, bucketPolicy } = serving
  const fetching = fetchingOf(serving, now)
  try {
    const { denied, undecided } = await findDenials(
      bucketPolicy.document,
      bucket.name,
      fetching,
      keysUnder(aws, bucket),
    )
    return {
      found: denied.map((denial) => ({
        of: 'S3 bucket policy',
        why: `the statement ${denial.called} in the policy of bucket ${bucket.name} denies CloudFront ${whatIsDenied(denial)}`,
        todo: exceptIt(denial, bucket.name, fetching.reader),
      })),
      notDecided: undecided.map(
        ({ called, open }) =>
          `whether the statement ${called} in the policy of bucket ${bucket.name} denies CloudFront was not decided: it ` +
          `depends on ${open.join(', ')}`,
      ),
    }
  } catch (error) {
    const { failure, message } = explainError(error, 'The keys that a Deny in it is about were not looked at')
    if (failure === 'interrupted') throw error
    return {
      found: [],
      notDecided: [
        `whether the policy of bucket ${bucket.name} denies CloudFront was not checked: ${message.replace(/\.$/, '')}`,
      ],
    }
  }
}

function fetchingOf(serving: Serving, now: number): Fetching {
  const { account, bucket, access, identity, distribution } = serving
  const { config } = distribution
  return {
    reader: access === 'oai' ? { kind: 'oai', ...identity } : { kind: 'oac', distributionArn: distribution.arn },
    accountId: account.id,
    region: bucket.region,
    origin: bucketOrigin(config, bucket),
    passesHeaders: (config.DefaultCacheBehavior?.OriginRequestPolicyId ?? '') !== '',
    now,
  }
}

function whatIsDenied({ objects, listing }: Denial): string {
  const reading =
    objects === undefined
      ? []
      : [objects === 'all' ? 's3:GetObject of every object' : `s3:GetObject of objects such as ${objects.key}`]
  const missing = 's3:ListBucket, so that S3 answers 403 for what is missing, where apt wants a 404'
  return [...reading, ...(listing ? [missing] : [])].join(', and ')
}

/** The statement is somebody else's, so it is they who must change it. */
function exceptIt({ statement, called }: Denial, bucket: string, reader: Reader): Line[] {
  const policy = (...words: string[]): string => commandLine(['aws', 's3api', ...words, '--bucket', bucket])
  const show = `${policy('get-bucket-policy')} --query Policy --output text > policy.json`
  const write = `${policy('put-bucket-policy')} --policy file://policy.json`
  if (isPending(reader.kind === 'oai' ? reader.id : reader.distributionArn)) {
    return [
      `No Allow outweighs a Deny, and ${called} is not of pc-ctl, which leaves it as it is. Once CloudFront's access to ` +
        'the bucket is made, `pc-ctl status` prints it with an exception for that.',
    ]
  }
  const excepted = exceptCloudFront(statement, reader)
  return [
    `No Allow outweighs a Deny, and ${called} is not of pc-ctl, which leaves it as it is. ` +
      (excepted === undefined
        ? 'It is about nobody but CloudFront: remove it from the policy, with'
        : 'Put the statement below in its place in the policy, the same with an exception for CloudFront, with'),
    verbatim(show, write),
    ...(excepted === undefined ? [] : [verbatim(JSON.stringify(excepted))]),
  ]
}
