import { GetRolePolicyCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'

import { arnOfRole, arnsOfLogGroups, pathlessArnOfRole } from '../../aws/arns.ts'
import { absentAs, nameOf } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, type Names } from '../../aws/names.ts'
import { patiently, spreading } from '../../aws/patience.ts'
import { decodeDocument, type PolicyDocument } from '../../aws/policy.ts'
import { encryptionContext } from '../../edge/config.ts'
import { Encoded, type HclValue } from '../../ui/hcl.ts'
import { type Exported, NameOf } from '../exported.ts'
import { create, policyChange, type Resource, type Tie, updateIf } from '../resource.ts'
import { bounded } from './role.ts'

export interface InlinePolicyWant {
  readonly names: Names
  readonly accountId: string
  readonly roleArn: string
  /** As in `RoleWant`. */
  readonly boundary?: string | undefined
}

export interface RolePolicyWant extends InlinePolicyWant {
  readonly keyArn: string
}

/** What the edge function may do: decrypt its own secrets with its own key, and write its log. */
const policyDocument = ({ names, accountId, keyArn }: RolePolicyWant): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'DecryptSecret',
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: keyArn,
      Condition: {
        StringEquals: Object.fromEntries(
          Object.entries(encryptionContext(names.installation)).map(([key, value]) => [
            `kms:EncryptionContext:${key}`,
            value,
          ]),
        ),
      },
    },
    {
      Sid: 'WriteLog',
      Effect: 'Allow',
      Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: arnsOfLogGroups(names, accountId),
    },
  ],
})

/** What an inline policy allows, and what that is to those who take it away. */
interface PolicyUse<Want> {
  readonly document: (want: Want) => PolicyDocument
  readonly ties: (want: Want) => readonly Tie[]
  readonly loses: string
  readonly madeBy: string
  /** What its role is called where it is taken away. */
  readonly role: string
}

/** The inline policy of the edge function's role. It names the key by its ARN, so it comes after both role and key. */
export const rolePolicy = (aws: Aws): Resource<RolePolicyWant, PolicyDocument> =>
  inlinePolicy(aws, {
    document: policyDocument,
    ties: ({ keyArn }) => [{ to: keyArn, as: 'to decrypt with' }],
    loses: 'The function, were it still there, could not decrypt its secret any more.',
    madeBy: 'bootstrap-cloudfront',
    role: 'the role',
  })

/** The inline policy of a role, which belongs to whoever owns the role: the chain has made sure of that before. */
export function inlinePolicy<Want extends InlinePolicyWant>(
  aws: Aws,
  use: PolicyUse<Want>,
): Resource<Want, PolicyDocument> {
  const iam = () => aws.client(IAMClient, edgeRegion)
  return {
    kind: 'IAM role policy',
    name: ({ names }) => names.rolePolicyName,
    id: () => '',
    needs: ({ names, accountId, boundary }) => {
      const resources = [arnOfRole(names, accountId)]
      return [
        {
          access: 'read',
          actions: ['iam:GetRolePolicy'],
          resources: [...resources, pathlessArnOfRole(names, accountId)],
        },
        { access: 'write', actions: ['iam:PutRolePolicy'], resources, ...bounded(boundary) },
      ]
    },
    pattern: use.document,
    ties: (want) => [{ to: want.roleArn, as: 'allows' }, ...use.ties(want)],

    async describe({ names }) {
      const read = () =>
        iam().send(new GetRolePolicyCommand({ RoleName: names.roleName, PolicyName: names.rolePolicyName }))
      return decodeDocument((await absentAs('NoSuchEntityException', read))?.PolicyDocument)
    },

    exported: exportedRolePolicy,
    takedown: ({ names: { roleName, rolePolicyName } }, _live, cli) => [
      {
        title: `Delete ${use.role}'s policy`,
        commands: [cli('iam', 'delete-role-policy', '--role-name', roleName, '--policy-name', rolePolicyName)],
        expected: 'Nothing is printed.',
        takes: 'a call',
        loses: use.loses,
        undo: `${use.madeBy} writes it again.`,
      },
    ],

    decide(want, live) {
      const document = use.document(want)
      return live === undefined ? create(document) : updateIf(document, policyChange('PolicyDocument', live, document))
    },

    async apply(want, _live, talk) {
      const { names } = want
      const document = use.document(want)
      const command = new PutRolePolicyCommand({
        RoleName: names.roleName,
        PolicyName: names.rolePolicyName,
        PolicyDocument: JSON.stringify(document),
      })
      await patiently(() => iam().send(command), whyNotYet, spreading, talk)
      return document
    },
  }
}

function exportedRolePolicy({ names, roleArn }: InlinePolicyWant, document: PolicyDocument): Exported {
  const { roleName, rolePolicyName: name } = names
  const role = new NameOf(roleName, roleArn, 'name')
  return {
    terraform: [
      {
        type: 'aws_iam_role_policy',
        id: `${roleName}:${name}`,
        body: { name, role, policy: new Encoded(document as HclValue) },
        known: {},
      },
    ],
    cloudFormation: [
      {
        type: 'AWS::IAM::RolePolicy',
        identifier: { PolicyName: name, RoleName: roleName },
        properties: { PolicyName: name, RoleName: role, PolicyDocument: document },
        known: {},
      },
    ],
  }
}

/** The role has been seen or made right before. */
const whyNotYet = (error: unknown): string | undefined =>
  nameOf(error) === 'NoSuchEntityException' ? 'waiting until IAM knows the new role everywhere' : undefined
