import { newestRuntime, olderRuntime } from '../edge/runtime.ts'

/** What to do about errors of AWS that say what is wrong but not what helps, by their names in the API references. */
const advice: readonly (readonly [name: RegExp, what: string, message?: RegExp])[] = [
  [
    /^(Throttling|ThrottlingException|TooManyRequestsException|SlowDown|RequestLimitExceeded)$/,
    'Something else calls AWS a lot at the moment (consoles, Terraform, monitoring): wait a minute.',
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
  [/^CodeStorageExceededException$/, 'Versions of all functions count: delete some that no distribution uses.'],
  [/^(TooMany|LimitExceeded)/, 'A quota of the account is used up: look at Service Quotas in us-east-1.'],
]

/** Advice on an error of AWS, if there is any. */
export const adviceOn = (errorName: string, text: string): string | undefined =>
  advice.find(([name, , message]) => name.test(errorName) && (message?.test(text) ?? true))?.[1]
