import { GetFunctionConfigurationCommand, LambdaClient, ListTagsCommand } from '@aws-sdk/client-lambda'

import { arnOfVersion, parseArn, withoutVersion } from '../../aws/arns.ts'
import { absentAs } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, type Names, ownerOf } from '../../aws/names.ts'
import { CtlError } from '../../errors.ts'
import { failIfFailed } from './edge-function-settings.ts'
import type { Need } from '../resource.ts'

/** A function version as CloudFront wants it: in us-east-1, with its number. */
export interface VersionArn {
  readonly arn: string
  readonly accountId: string
  readonly functionName: string
  readonly number: number
}

const next = 'Run `pc-ctl bootstrap-cloudfront` and copy the command that it prints.'

/**
 * Reads the ARN that `bootstrap-cloudfront` printed.
 *
 * @throws CtlError of kind `usage` that says what is wrong with it
 */
export function parseVersionArn(arn: string): VersionArn {
  const wrong = (why: string, hint: string = next): CtlError => new CtlError('usage', `"${arn}": ${why}.`, { hint })
  const bare = arn.replace(/^['"]+|['"]+$/g, '')
  if (bare !== arn) throw wrong('there is a stray quote in this ARN', `Leave the quote out: ${bare}`)
  const { partition, service, region, accountId, resource = '' } = parseArn(arn) ?? {}
  const [kind, functionName, version, ...rest] = resource.split(':')
  if (partition !== 'aws' || service !== 'lambda' || kind !== 'function' || rest.length > 0) {
    throw wrong('this is not the ARN of a Lambda function version')
  }
  if (region !== edgeRegion) {
    throw wrong(`the function is in ${region ?? 'no region'}, but CloudFront runs only functions of ${edgeRegion}`)
  }
  if (accountId === undefined || !/^\d{12}$/.test(accountId)) throw wrong('the account id must have twelve digits')
  if (functionName === undefined || functionName === '') throw wrong('the name of the function is missing')
  if (version === undefined || version === '') throw wrong('the version number at the end is missing')
  if (!/^[1-9]\d*$/.test(version)) {
    throw wrong(`CloudFront needs a version number at the end, not "${version}"`)
  }
  return { arn, accountId, functionName, number: Number(version) }
}

export const versionNeeds = (arn: string): Need => ({
  access: 'read',
  actions: ['lambda:GetFunctionConfiguration', 'lambda:ListTags'],
  resources: [withoutVersion(arn), arnOfVersion(withoutVersion(arn), '*')],
})

/**
 * Looks whether a version can be associated with a distribution.
 *
 * @throws CtlError of kind `usage` for another account's function or a version that is not there, of kind `refused` for
 *   a function that is not this installation's
 */
export async function lookUpVersion(
  aws: Aws,
  names: Names,
  version: VersionArn,
  accountId: string,
): Promise<'Active' | 'Pending'> {
  // Before it is looked at whose account it is: ahead of its turn that is not known yet, and what is asked is the same.
  const looks = lookAtVersion(aws, version)
  looks.catch(() => undefined)
  if (version.accountId !== accountId) {
    throw new CtlError('usage', `${version.arn} belongs to account ${version.accountId}, not to ${accountId}.`, {
      hint: ['The function must be in the same account as the distribution.', next],
    })
  }
  const [found, tags] = await looks
  const FunctionName = version.functionName
  if (found === undefined) {
    throw new CtlError('usage', `There is no version ${version.number} of the function ${FunctionName}.`, {
      hint: [
        ...(FunctionName === names.functionName ? [] : [`That of the installation is called ${names.functionName}.`]),
        next,
      ],
    })
  }
  if (ownerOf(tags?.Tags) !== names.installation) {
    throw new CtlError(
      'refused',
      `${FunctionName} is not the edge function of the installation "${names.installation}".`,
      {
        hint: [`Its own is called ${names.functionName}.`, next],
      },
    )
  }
  failIfFailed(found)
  return found.State === 'Active' ? 'Active' : 'Pending'
}

const lookAtVersion = (aws: Aws, { arn, functionName: FunctionName, number }: VersionArn) => {
  const lambda = aws.client(LambdaClient, edgeRegion)
  const version = new GetFunctionConfigurationCommand({ FunctionName, Qualifier: String(number) })
  const tags = new ListTagsCommand({ Resource: withoutVersion(arn) })
  return Promise.all([
    absentAs('ResourceNotFoundException', () => lambda.send(version)),
    absentAs('ResourceNotFoundException', () => lambda.send(tags)),
  ])
}
