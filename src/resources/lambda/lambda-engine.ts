import {
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListTagsCommand,
} from '@aws-sdk/client-lambda'

import { arnOfVersion, arnsOfServiceRoles, edgeServices, withoutVersion } from '../../aws/arns.ts'
import { absentAs } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, type Names, ownerOf } from '../../aws/names.ts'
import { CtlError } from '../../errors.ts'
import { type Accepted, type EdgeEngine, type EdgeReference, notOurs } from '../edge-engine.ts'
import type { Need } from '../resource.ts'
import { download } from './edge-download.ts'
import { failIfFailed } from './edge-function-settings.ts'
import { decryptSecrets, fingerprint, type SealedSecrets } from './edge-secrets.ts'

/** A version of a `Lambda@Edge` function as CloudFront wants it: in us-east-1, with its number. */
export const lambdaEngine: EdgeEngine = {
  parse({ partition, region, accountId, resource }, wrong) {
    const [kind, functionName, version, ...rest] = resource.split(':')
    if (partition !== 'aws' || kind !== 'function' || rest.length > 0) {
      throw wrong('this is not the ARN of a Lambda function version')
    }
    if (region !== edgeRegion) {
      throw wrong(
        `the function is in ${region === '' ? 'no region' : region}, but CloudFront runs only functions of ${edgeRegion}`,
      )
    }
    if (!/^\d{12}$/.test(accountId)) throw wrong('the account id must have twelve digits')
    if (functionName === undefined || functionName === '') throw wrong('the name of the function is missing')
    if (version === undefined || version === '') throw wrong('the version number at the end is missing')
    if (!/^[1-9]\d*$/.test(version)) {
      throw wrong(`CloudFront needs a version number at the end, not "${version}"`)
    }
    return { accountId, functionName, number: Number(version) }
  },

  lookUp: lookUpVersion,
  lookUpNeeds: (arn) => [
    {
      access: 'read',
      actions: ['lambda:GetFunctionConfiguration', 'lambda:ListTags'],
      resources: [withoutVersion(arn), arnOfVersion(withoutVersion(arn), '*')],
    },
  ],

  acceptedBy,
  acceptedNeeds: (arn) => [{ access: 'read', actions: ['lambda:GetFunction'], resources: [arn] }],

  // Tags are the function's, not a version's.
  ownerOf: async (aws, arn) => ownerOf(await tagsOf(aws, withoutVersion(arn))),
  ownerNeeds: (arn) => [{ access: 'read', actions: ['lambda:ListTags'], resources: [withoutVersion(arn)] }],

  runNeeds,
  leaveNeeds: (arn) => [
    {
      access: 'write',
      actions: ['lambda:DisableReplication*'],
      resources: [arnOfVersion(withoutVersion(arn), '*')],
    },
  ],
}

async function lookUpVersion(
  aws: Aws,
  names: Names,
  version: EdgeReference,
  accountId: string,
  next: string,
): Promise<'Active' | 'Pending'> {
  const { functionName: FunctionName, number = 0 } = version
  // Before it is looked at whose account it is: ahead of its turn that is not known yet, and what is asked is the same.
  const looks = lookAtVersion(aws, version)
  looks.catch(() => undefined)
  if (version.accountId !== accountId) {
    throw new CtlError('usage', `${version.arn} belongs to account ${version.accountId}, not to ${accountId}.`, {
      hint: ['The function must be in the same account as the distribution.', next],
    })
  }
  const [found, tags] = await looks
  if (found === undefined) {
    throw new CtlError('usage', `There is no version ${number} of the function ${FunctionName}.`, {
      hint: [
        ...(FunctionName === names.functionName ? [] : [`That of the installation is called ${names.functionName}.`]),
        next,
      ],
    })
  }
  const owner = ownerOf(tags)
  if (owner !== names.installation) throw notOurs(names, `${FunctionName} is not the edge function`, owner, next)
  failIfFailed(found)
  return found.State === 'Active' ? 'Active' : 'Pending'
}

const lookAtVersion = (aws: Aws, { arn, functionName: FunctionName, number }: EdgeReference) => {
  const lambda = aws.client(LambdaClient, edgeRegion)
  const version = new GetFunctionConfigurationCommand({ FunctionName, Qualifier: String(number) })
  return Promise.all([
    absentAs('ResourceNotFoundException', () => lambda.send(version)),
    tagsOf(aws, withoutVersion(arn)),
  ])
}

const tagsOf = async (aws: Aws, functionArn: string): Promise<Record<string, string> | undefined> => {
  const command = new ListTagsCommand({ Resource: functionArn })
  return (await absentAs('ResourceNotFoundException', () => aws.client(LambdaClient, edgeRegion).send(command)))?.Tags
}

/** Looks into the package of a version. */
async function acceptedBy(aws: Aws, names: Names, arn: string): Promise<Accepted> {
  const lambda = aws.client(LambdaClient, edgeRegion)
  const found = await absentAs('ResourceNotFoundException', () =>
    lambda.send(new GetFunctionCommand({ FunctionName: arn })),
  )
  const { sealed, rules } = (await download(aws.network, found?.Code?.Location)) ?? {}
  // One by one: what can't be decrypted any more keeps the edge from accepting that secret alone.
  const each = (sealed?.ciphertexts ?? []).map((one) => ({ ...sealed, ciphertexts: [one] }) as SealedSecrets)
  const deployed = await Promise.all(each.map((one) => decryptSecrets(aws, names, one)))
  return { fingerprints: deployed.flatMap((texts) => texts ?? []).map(fingerprint), rules }
}

/** CloudFront makes replicas of the function, and roles that it needs for them. */
function runNeeds(arn: string, accountId: string): readonly Need[] {
  return [
    {
      access: 'write',
      actions: ['lambda:GetFunction', 'lambda:EnableReplication*', 'lambda:DisableReplication*'],
      resources: [arnOfVersion(withoutVersion(arn), '*')],
    },
    {
      access: 'write',
      actions: ['iam:CreateServiceLinkedRole'],
      resources: arnsOfServiceRoles(accountId),
      condition: { StringEquals: { 'iam:AWSServiceName': edgeServices } },
    },
  ]
}
