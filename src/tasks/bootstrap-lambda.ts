/** The engine `Lambda@Edge`: from a role to a numbered version of a function. */
import type { Aws } from '../aws/connect.ts'
import type { Names } from '../aws/names.ts'
import type { PolicyDocument } from '../aws/policy.ts'
import { role, type Role, type RoleWant } from '../resources/iam/role.ts'
import { rolePolicy } from '../resources/iam/role-policy.ts'
import { key, type Key } from '../resources/kms/key.ts'
import { readEdgeBundle } from '../resources/lambda/edge-bundle.ts'
import { edgeFunction, type EdgeFunction, type EdgeFunctionWant } from '../resources/lambda/edge-function.ts'
import { edgeVersion, type EdgeVersion, untilVersionActive } from '../resources/lambda/edge-version.ts'
import { type BootstrapChecks, type BootstrapWishes, inUse } from './bootstrap-checks.ts'
import { type Chain, compute, ensure, together, wait } from './chain/chain.ts'

export interface BootstrapLambda extends BootstrapChecks {
  code: Uint8Array
  role: Role
  key: Key
  rolePolicy: PolicyDocument
  function: EdgeFunction
  version: EdgeVersion
}

export function bootstrapLambda(
  aws: Aws,
  names: Names,
  { adopt, tags, boundary, ...wishes }: BootstrapWishes,
): Chain<BootstrapLambda> {
  const makeFunction = ensure<BootstrapLambda, 'function', EdgeFunctionWant>(
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
        ...inUse(ctx),
        adopt,
        tags,
        whySha1: ctx.whySha1,
      }),
      as: 'function',
    },
  )
  const makeRole = ensure<BootstrapLambda, 'role', RoleWant>('Create the IAM role that the edge function runs as', {
    resource: role(aws),
    want: ({ account }) => ({ names, accountId: account.id, adopt, tags, boundary }),
    as: 'role',
  })
  return [
    compute('Code of the edge function', { from: readEdgeBundle, as: 'code', suppose: () => new Uint8Array() }),
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
