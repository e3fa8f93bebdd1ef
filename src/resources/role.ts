import {
  CreateRoleCommand,
  GetRoleCommand,
  IAMClient,
  type Role as IamRole,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'

import { absentAs } from '../aws/absent.ts'
import type { Aws } from '../aws/connect.ts'
import { edgeRegion, type Names, ownerOf } from '../aws/names.ts'
import { decodeDocument, type PolicyDocument, samePolicy } from '../aws/policy.ts'
import { change, create, type Decision, notOurs, pending, policyChange, type Resource, updateIf } from './resource.ts'

export interface RoleWant {
  readonly names: Names
  readonly accountId: string
  readonly adopt: boolean
}

export interface Role {
  readonly arn: string
  readonly trust: PolicyDocument | undefined
  readonly owner: string | undefined
}

/** Lambda assumes the role when it runs the function, the replicator when it spreads it to the edge. */
const trust: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: ['lambda.amazonaws.com', 'edgelambda.amazonaws.com'] },
      Action: 'sts:AssumeRole',
    },
  ],
}

const description = 'Runs the function that checks signed URLs at CloudFront for packagecloud:enterprise'

/** The role that the edge function runs as. What it may do is its inline policy, a resource of its own. */
export function role(aws: Aws): Resource<RoleWant, Role> {
  const iam = aws.client(IAMClient, edgeRegion)
  return {
    kind: 'IAM role',
    name: ({ names }) => names.roleName,
    id: ({ arn }) => arn,
    needs: ({ names, accountId }) => {
      const resources = [roleArn(names, accountId)]
      return [
        { access: 'read', actions: ['iam:GetRole'], resources: [...resources, pathlessRoleArn(names, accountId)] },
        { access: 'write', actions: ['iam:CreateRole', 'iam:TagRole', 'iam:UpdateAssumeRolePolicy'], resources },
      ]
    },

    async describe({ names }) {
      const read = () => iam.send(new GetRoleCommand({ RoleName: names.roleName }))
      return toRole((await absentAs('NoSuchEntityException', read))?.Role)
    },

    decide: decideRole,

    async apply({ names, adopt }, live) {
      const RoleName = names.roleName
      if (live === undefined) {
        const made = await iam.send(
          new CreateRoleCommand({
            RoleName,
            Path: names.rolePath,
            AssumeRolePolicyDocument: JSON.stringify(trust),
            Description: description,
            Tags: [names.tag],
          }),
        )
        return toRole(made.Role) ?? { arn: '', trust, owner: names.installation }
      }
      if (live.owner !== names.installation && adopt) {
        await iam.send(new TagRoleCommand({ RoleName, Tags: [names.tag] }))
      }
      if (!samePolicy(live.trust, trust)) {
        await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: JSON.stringify(trust) }))
      }
      return { ...live, trust, owner: names.installation }
    },
  }
}

/** Pure. The role is ours by its tag; its trust policy is wholly ours. */
export function decideRole({ names, adopt }: RoleWant, live: Role | undefined): Decision<Role> {
  const what = `IAM role ${names.roleName}`
  if (live === undefined) {
    return create({ arn: pending('role ARN'), trust, owner: names.installation })
  }
  const foreign = live.owner !== names.installation
  if (foreign && !adopt) return notOurs(live, what, live.owner)
  const changes = [
    ...change('Tags.packagecloud:enterprise', live.owner, names.installation),
    ...policyChange('AssumeRolePolicyDocument', live.trust, trust),
  ]
  return updateIf({ ...live, trust, owner: names.installation }, changes, foreign ? `Take over ${what}?` : undefined)
}

export const roleArn = (names: Names, accountId: string): string =>
  `arn:aws:iam::${accountId}:role${names.rolePath}${names.roleName}`

/** What IAM judges a read by while there is no such role: it can't know the path then. */
export const pathlessRoleArn = (names: Names, accountId: string): string =>
  `arn:aws:iam::${accountId}:role/${names.roleName}`

function toRole(found: IamRole | undefined): Role | undefined {
  if (found?.Arn === undefined) return undefined
  return { arn: found.Arn, trust: decodeDocument(found.AssumeRolePolicyDocument), owner: ownerOf(found.Tags) }
}
