import { newestRuntime, olderRuntime } from '../edge/runtime.ts'
import type { Operation } from './operation.ts'

/** What to do about errors of AWS that say what is wrong but not what helps, by their names in the API references. */
const advice: readonly (readonly [name: RegExp, what: string, message?: RegExp])[] = [
  [
    /^(Throttling|ThrottlingException|ThrottledException|TooManyRequestsException|SlowDown|RequestLimitExceeded)$/,
    'Something else calls AWS a lot at the moment (consoles, Terraform, monitoring): wait a minute.',
  ],
  [
    /^(PreconditionFailed(Exception)?|InvalidIfMatchVersion|ConcurrentModification(Exception)?|OperationAborted)$/,
    'Something else changes the same thing all the time (Terraform, a controller, another pc-ctl): stop it.',
  ],
  [
    /^CNAMEAlreadyExists$/,
    'Another distribution has that name, maybe in another account; `aws cloudfront list-conflicting-aliases` tells. Leave --alias out, then move the name.',
  ],
  [
    /^InvalidViewerCertificate$/,
    'It has to be a certificate of ACM in us-east-1, issued, for that name. If it was issued just now, wait two minutes.',
  ],
  [
    /^InvalidLambdaFunctionAssociation$/,
    `CloudFront does not take this runtime yet. Run \`pc-ctl bootstrap-cloudfront --runtime ${olderRuntime}\` and the command that it prints.`,
    /runtime/i,
  ],
  [
    /^InvalidParameterValueException$/,
    `Lambda has given this runtime up. Run \`pc-ctl bootstrap-cloudfront --runtime ${newestRuntime}\`.`,
    /runtime parameter of \S+ is no longer supported/,
  ],
  [
    /^CloudFrontOriginAccessIdentityAlreadyExists$/,
    'The identity that this installation made has another comment now: set it back to "packagecloud:enterprise INSTALLATION", or use --origin-access oac.',
  ],
  [/^CodeStorageExceededException$/, 'Versions of all functions count: delete some that no distribution uses.'],
]

type Quota = readonly [error: RegExp, quota: string, remedy?: string]

const freeBehaviors = 'take functions from behaviors of the distribution that do without, or have it raised'

/** The quotas of CloudFront's policies of a kind, such as "Origin request". */
function policyQuotas(kind: string): Quota[] {
  const name = kind.replace(/(?:^| )./g, (first) => first.trim().toUpperCase())
  const remedy = 'delete policies that nothing uses, or have it raised'
  return [
    [new RegExp(` TooMany${name}Policies$`), `${kind} policies per AWS account`, remedy],
    [
      new RegExp(` TooManyDistributionsAssociatedTo${name}Policy$`),
      `Distributions associated with the same ${kind.toLowerCase()} policy`,
    ],
  ]
}

/**
 * Quotas by the error that says that they are used up, and the call that ran into them; where the call does not
 * matter, by the error alone.
 *
 * Sources: IAM User Guide, "IAM and AWS STS quotas"; KMS Developer Guide, "Resource quotas"; CloudFront Developer Guide,
 * "Quotas".
 */
const quotas: readonly Quota[] = [
  [/^iam:CreateRole /, 'Roles per account', 'delete roles that nothing uses, or have it raised'],
  [/^iam:PutRolePolicy /, 'Role inline policy size', 'it is fixed: remove other inline policies of the role'],
  [/^iam:UpdateAssumeRolePolicy /, 'Role trust policy length'],
  [/^iam:TagRole /, 'Tags per IAM role', 'it is fixed: remove tags of the role'],
  [/^kms:CreateKey /, 'KMS keys', 'schedule the deletion of keys that nothing uses, or have it raised'],
  [/^kms:CreateAlias /, 'Aliases per KMS key', 'remove aliases of the key'],
  [/ TooManyDistributionsWithLambdaAssociations$/, 'Distributions per AWS account with Lambda@Edge'],
  [/ TooManyDistributionsWithSingleFunctionARN$/, 'Distributions per function'],
  [
    / TooManyFunctions$/,
    'CloudFront Functions per AWS account',
    'delete functions that nothing uses, or have it raised',
  ],
  [
    /^cloudfront:CreateKeyValueStore EntityLimitExceeded$/,
    'Key value stores per account',
    'delete stores that nothing uses, or have it raised',
  ],
  [/ TooManyDistributionsWithFunctionAssociations$/, 'Distributions associated with the same CloudFront function'],
  [/ TooManyFunctionAssociations$/, 'CloudFront function associations per distribution', freeBehaviors],
  [/ TooManyLambdaFunctionAssociations$/, 'Lambda@Edge function associations per distribution', freeBehaviors],
  [
    / FunctionSizeLimitExceeded$/,
    'Maximum size of a CloudFront function',
    'it is 10 KB for everybody; run `pc-ctl bootstrap-cloudfront --engine lambda` and the command that it prints',
  ],
  [
    /^cloudfront-keyvaluestore:\w+ ServiceQuotaExceeded/,
    'Size of a key value store',
    'it is fixed: take keys that are not of pc-ctl out of the store',
  ],
  [/ TooManyDistributionCNAMEs$/, 'Alternate domain names (CNAMEs) per distribution'],
  ...['Cache', 'Origin request', 'Response headers'].flatMap((kind) => policyQuotas(kind)),
  [
    / TooManyDistributions$/,
    'Distributions per AWS account',
    'remove distributions that nothing uses, or have it raised',
  ],
  [
    / TooManyCloudFrontOriginAccessIdentities$/,
    'Origin access identities per account',
    'have it raised, or use --origin-access oac',
  ],
  [/ TooManyOriginAccessControls$/, 'Origin access controls per account'],
]

/** Errors that stand for a quota that is used up. */
const quotaErrors = /^(?:TooMany|\w*LimitExceeded|ServiceQuotaExceeded)/

/** Advice on an error of AWS, in one line, if there is any. */
export function adviceOn(name: string, message: string, called?: Operation): string[] {
  const known = advice.find(([pattern, , text]) => pattern.test(name) && (text?.test(message) ?? true))?.[1]
  if (known !== undefined) return [known]
  if (!quotaErrors.test(name)) return []
  const where = 'Service Quotas, in us-east-1'
  const call = called === undefined ? '' : `${called.service}:${called.operation}`
  const [, quota, remedy = 'have it raised'] = quotas.find(([pattern]) => pattern.test(`${call} ${name}`)) ?? []
  // IAM says it itself: "Cannot exceed quota for RolesPerAccount: 1000".
  const named = quota ?? /quota for (\w+)/.exec(message)?.[1]
  if (named === undefined) return [`A quota of the account is used up: look at ${where}.`]
  return [`The quota "${named}" is used up (${where}): ${remedy}.`]
}
