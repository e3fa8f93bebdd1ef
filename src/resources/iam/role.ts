import {
  CreateRoleCommand,
  GetRoleCommand,
  IAMClient,
  PutRolePermissionsBoundaryCommand,
  type Role as IamRole,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'

import { arnOfRole, pathlessArnOfRole } from '../../aws/arns.ts'
import { absentAs } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, ownerOf } from '../../aws/names.ts'
import { decodeDocument, type PolicyDocument, samePolicy } from '../../aws/policy.ts'
import { Encoded, type HclValue } from '../../ui/hcl.ts'
import { type Exported, given } from '../exported.ts'
import {
  change,
  create,
  type Decision,
  type Need,
  notOurs,
  pending,
  policyChange,
  type Resource,
  updateIf,
} from '../resource.ts'
import { requestedWith, tagChanges, tagList, type Tags, tagsIn, tagsWanted, type TagsWant } from '../tags.ts'

export interface RoleWant extends TagsWant {
  readonly accountId: string
  readonly adopt: boolean
  /** ARN of the policy that bounds what the role may do; `undefined`: as it is. */
  readonly boundary?: string | undefined
}

export interface Role {
  readonly arn: string
  readonly trust: PolicyDocument | undefined
  readonly boundary: string | undefined
  readonly tags: Tags
  readonly owner: string | undefined
  /** Not there where nobody has looked. */
  readonly description?: string | undefined
  readonly path?: string | undefined
  /** Seconds. */
  readonly longestSession?: number | undefined
}

/** Who assumes a role, and what for. */
export interface RoleUse {
  readonly services: string | readonly string[]
  /** Only for this account: a service works for all, and could be had to use a role of somebody else's. */
  readonly sameAccount?: true
  readonly description: string
  /** Which command makes it. */
  readonly madeBy: string
  /** What it is called where it is taken away. */
  readonly called: string
}

/** Lambda assumes the role when it runs the function, the replicator when it spreads it to the edge. */
const atEdge: RoleUse = {
  services: ['lambda.amazonaws.com', 'edgelambda.amazonaws.com'],
  description: 'Runs the function that checks signed URLs at CloudFront for packagecloud:enterprise',
  madeBy: 'bootstrap-cloudfront',
  called: 'the role',
}

const trustOf = ({ services, sameAccount }: RoleUse, accountId: string): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: services },
      Action: 'sts:AssumeRole',
      ...(sameAccount === undefined ? {} : { Condition: { StringEquals: { 'aws:SourceAccount': accountId } } }),
    },
  ],
})

/** A role that a service assumes: the edge function's by default. What it may do is its inline policy, a resource of its own. */
export function role(aws: Aws, use: RoleUse = atEdge): Resource<RoleWant, Role> {
  const iam = () => aws.client(IAMClient, edgeRegion)
  return {
    kind: 'IAM role',
    name: ({ names }) => names.roleName,
    id: ({ arn }) => arn,
    needs: roleNeeds,
    pattern: (want) => ({ ...created(want, use), arn: arnOfRole(want.names, want.accountId) }),

    async describe({ names }) {
      const read = () => iam().send(new GetRoleCommand({ RoleName: names.roleName }))
      return toRole((await absentAs('NoSuchEntityException', read))?.Role)
    },

    decide: (want, live) => decideRole(want, live, use),
    exported: (want, live) => exportedRole(want, live, trustOf(use, want.accountId)),
    takedown: ({ names: { roleName } }, _live, cli) => [
      {
        title: `Delete ${use.called}`,
        commands: [cli('iam', 'delete-role', '--role-name', roleName)],
        expected:
          'Nothing is printed. `DeleteConflict`: it has another policy, which somebody has added; take that away first.',
        takes: 'a call',
        loses: 'The role, with its tags and its id: policies of others that name it name nobody any more.',
        undo: `${use.madeBy} makes one of the same name, with another id.`,
      },
    ],

    async apply(want, live) {
      const { names, boundary, accountId } = want
      const RoleName = names.roleName
      const trust = trustOf(use, accountId)
      if (live === undefined) {
        const made = await iam().send(
          new CreateRoleCommand({
            RoleName,
            Path: names.rolePath,
            AssumeRolePolicyDocument: JSON.stringify(trust),
            Description: use.description,
            Tags: tagList(tagsWanted(want)),
            PermissionsBoundary: boundary,
          }),
        )
        return { ...created(want, use), arn: made.Role?.Arn ?? '' }
      }
      if (boundary !== undefined && boundary !== live.boundary) {
        await iam().send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: boundary }))
      }
      if (tagChanges(live.tags, tagsWanted(want)).length > 0) {
        await iam().send(new TagRoleCommand({ RoleName, Tags: tagList(tagsWanted(want)) }))
      }
      if (!samePolicy(live.trust, trust)) {
        await iam().send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: JSON.stringify(trust) }))
      }
      return brought(live, want, use)
    },
  }
}

/** Pure. The role is ours by its tag; its trust policy is wholly ours. */
export function decideRole(want: RoleWant, live: Role | undefined, use: RoleUse = atEdge): Decision<Role> {
  const { names, adopt, boundary, accountId } = want
  const what = `IAM role ${names.roleName}`
  if (live === undefined) return create(created(want, use))
  const foreign = live.owner !== names.installation
  if (foreign && !adopt) return notOurs(live, what, live.owner)
  const changes = [
    ...tagChanges(live.tags, tagsWanted(want)),
    ...change('PermissionsBoundary', live.boundary, boundary ?? live.boundary),
    ...policyChange('AssumeRolePolicyDocument', live.trust, trustOf(use, accountId)),
  ]
  return updateIf(brought(live, want, use), changes, foreign ? `Take over ${what}?` : undefined)
}

const created = (want: RoleWant, use: RoleUse): Role => ({
  arn: pending('role ARN'),
  trust: trustOf(use, want.accountId),
  boundary: want.boundary,
  tags: tagsWanted(want),
  owner: want.names.installation,
  description: use.description,
  path: want.names.rolePath,
})

const brought = (live: Role, want: RoleWant, use: RoleUse): Role => ({
  ...live,
  trust: trustOf(use, want.accountId),
  boundary: want.boundary ?? live.boundary,
  tags: { ...live.tags, ...tagsWanted(want) },
  owner: want.names.installation,
})

function roleNeeds(want: RoleWant): readonly Need[] {
  const { names, accountId, boundary } = want
  const resources = [arnOfRole(names, accountId)]
  const created = requestedWith(want, bounded(boundary)?.condition.StringEquals)
  return [
    { access: 'read', actions: ['iam:GetRole'], resources: [...resources, pathlessArnOfRole(names, accountId)] },
    { access: 'write', actions: ['iam:CreateRole'], resources, condition: created },
    { access: 'write', actions: ['iam:TagRole'], resources, condition: requestedWith(want) },
    { access: 'write', actions: ['iam:UpdateAssumeRolePolicy'], resources },
    ...(boundary === undefined
      ? []
      : [{ access: 'write', actions: ['iam:PutRolePermissionsBoundary'], resources, ...bounded(boundary) } as const]),
  ]
}

/** What lets a call through only for a role that has, or is given, this permissions boundary. */
export const bounded = (boundary: string | undefined) =>
  boundary === undefined ? undefined : { condition: { StringEquals: { 'iam:PermissionsBoundary': boundary } } }

function toRole(found: IamRole | undefined): Role | undefined {
  if (found?.Arn === undefined) return undefined
  const tags = tagsIn(found.Tags)
  return {
    arn: found.Arn,
    trust: decodeDocument(found.AssumeRolePolicyDocument),
    boundary: found.PermissionsBoundary?.PermissionsBoundaryArn,
    tags,
    owner: ownerOf(tags),
    description: found.Description,
    path: found.Path,
    longestSession: found.MaxSessionDuration,
  }
}

function exportedRole({ names }: RoleWant, role: Role, trust: PolicyDocument): Exported {
  const { arn, trust: document = trust, boundary, tags } = role
  const told = { description: given(role.description), path: role.path, longestSession: role.longestSession }
  return {
    terraform: [
      {
        type: 'aws_iam_role',
        id: names.roleName,
        body: {
          name: names.roleName,
          path: told.path,
          description: told.description,
          max_session_duration: told.longestSession,
          permissions_boundary: boundary,
          assume_role_policy: new Encoded(document as HclValue),
          tags,
        },
        known: { [arn]: 'arn' },
      },
    ],
    cloudFormation: [
      {
        type: 'AWS::IAM::Role',
        identifier: { RoleName: names.roleName },
        properties: {
          RoleName: names.roleName,
          Path: told.path,
          Description: told.description,
          MaxSessionDuration: told.longestSession,
          PermissionsBoundary: boundary,
          AssumeRolePolicyDocument: document,
          Tags: tagList(tags),
        },
        known: { [arn]: 'Arn' },
      },
    ],
  }
}
