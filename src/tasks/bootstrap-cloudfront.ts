import type { Aws } from '../aws/connect.ts'
import { namesOf } from '../aws/names.ts'
import type { PolicyDocument } from '../aws/policy.ts'
import { readEdgeBundle } from '../resources/lambda/edge-bundle.ts'
import type { Account } from '../resources/account.ts'
import { type Bucket, whyNoIdentity } from '../resources/s3/bucket.ts'
import {
  edgeFunction,
  type EdgeFunction,
  type EdgeFunctionWant,
  type EdgeWishes,
} from '../resources/lambda/edge-function.ts'
import { edgeVersion, type EdgeVersion, untilVersionActive } from '../resources/lambda/edge-version.ts'
import { key, type Key } from '../resources/kms/key.ts'
import { role, type Role, type RoleWant } from '../resources/iam/role.ts'
import { rolePolicy } from '../resources/iam/role-policy.ts'
import type { Tags } from '../resources/tags.ts'
import type { Settings } from '../settings/settings.ts'
import { commandLine } from '../shell.ts'
import { signingSecrets } from './signing-secrets.ts'
import { type Chain, compute, ensure, together, wait } from './chain/chain.ts'
import { configuredBucket } from './configured-bucket.ts'
import { credentials } from './credentials.ts'

export interface Bootstrap {
  account: Account
  bucket: Bucket
  secrets: readonly string[]
  code: Uint8Array
  /** Why HMAC-SHA1 must stay, where that was looked at. */
  whySha1?: string | undefined
  role: Role
  key: Key
  rolePolicy: PolicyDocument
  function: EdgeFunction
  version: EdgeVersion
}

export interface BootstrapWishes extends EdgeWishes {
  /** Take over resources that have our names but not our mark. */
  readonly adopt: boolean
  readonly tags?: Tags | undefined
  /** ARN of the policy that bounds what the role may do; `undefined`: as it is. */
  readonly boundary?: string | undefined
  /** How to find out whether the front server needs HMAC-SHA1, before it is switched off. */
  readonly lookForSha1?: (() => Promise<string | undefined>) | undefined
}

/** Puts the function that checks signed URLs in place, up to a numbered version. Safe to run again at any time. */
export function bootstrapCloudfront(
  aws: Aws,
  settings: Settings,
  { adopt, tags, boundary, lookForSha1, ...wishes }: BootstrapWishes,
): Chain<Bootstrap> {
  const names = namesOf(settings.installation.value)
  const makeFunction = ensure<Bootstrap, 'function', EdgeFunctionWant>(
    'Create the edge function with the encrypted secret',
    {
      resource: edgeFunction(aws),
      want: (ctx) => ({
        names,
        accountId: ctx.account.id,
        roleArn: ctx.role.arn,
        keyArn: ctx.key.arn,
        code: ctx.code,
        secrets: ctx.secrets,
        ...wishes,
        adopt,
        tags,
        whySha1: ctx.whySha1,
      }),
      as: 'function',
    },
  )
  const makeRole = ensure<Bootstrap, 'role', RoleWant>('Create the IAM role that the edge function runs as', {
    resource: role(aws),
    want: ({ account }) => ({ names, accountId: account.id, adopt, tags, boundary }),
    as: 'role',
  })
  return [
    together<Bootstrap>(
      'Check what is needed',
      credentials(aws),
      compute('Signing secret', {
        from: async () => signingSecrets(settings),
        as: 'secrets',
        suppose: () => [],
        tell: (secrets) => (secrets.length === 1 ? 'set' : 'set, and the previous one is accepted too'),
      }),
      configuredBucket(
        aws,
        settings,
        (bucket) => `${bucket.name} in ${bucket.region}, ${whyNoIdentity(bucket) ?? 'reachable'}`,
      ),
      ...(lookForSha1 === undefined
        ? []
        : [
            compute<Bootstrap, 'whySha1'>('Signatures of the front server', {
              from: lookForSha1,
              as: 'whySha1',
              tell: (why) => why ?? 'SHA-256',
            }),
          ]),
      compute('Code of the edge function', { from: readEdgeBundle, as: 'code', suppose: () => new Uint8Array() }),
    ),
    together(
      'Create the IAM role and the KMS key',
      makeRole,
      ensure('Create the KMS key that encrypts the secret', {
        resource: key(aws),
        want: ({ account }) => ({ names, accountId: account.id, adopt, tags }),
        as: 'key',
      }),
    ),
    together(
      'Create the edge function, and allow its role to decrypt the secret',
      ensure('Allow the role to decrypt the secret', {
        resource: rolePolicy(aws),
        want: (ctx) => ({ names, accountId: ctx.account.id, roleArn: ctx.role.arn, keyArn: ctx.key.arn, boundary }),
        as: 'rolePolicy',
        within: makeRole,
      }),
      makeFunction,
    ),
    ensure('Publish a numbered version, which is all that CloudFront accepts', {
      resource: edgeVersion(aws),
      want: (ctx) => ({ names, accountId: ctx.account.id, function: ctx.function }),
      as: 'version',
      basedOn: [makeFunction],
      within: makeFunction,
    }),
    wait('Wait until the version is Active', async ({ version }, talk) => {
      if (version.isActive !== true) await untilVersionActive(aws, names, version, talk)
      return `version ${version.number}`
    }),
  ]
}

/** The command that connects the published version, with the flags in use carried over. */
export const followUp = (done: Bootstrap, carried: readonly string[]): string =>
  commandLine(followUpWords(done, carried))

/** The words of {@link followUp}. */
export const followUpWords = ({ version }: Pick<Bootstrap, 'version'>, carried: readonly string[]): string[] => [
  'pc-ctl',
  'reconfigure-cloudfront-distribution',
  version.arn,
  ...carried,
]
