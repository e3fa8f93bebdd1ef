import { CloudFrontClient, DescribeFunctionCommand, ListTagsForResourceCommand } from '@aws-sdk/client-cloudfront'

import { absentAs } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, type Names, ownerOf } from '../../aws/names.ts'
import { CtlError } from '../../errors.ts'
import { type EdgeEngine, type EdgeReference, notOurs } from '../edge-engine.ts'
import { acceptedByFunction, acceptedByFunctionNeeds } from './function-accepts.ts'

/** A CloudFront Function, which runs as it is published, with the store that holds its secrets. */
export const functionEngine: EdgeEngine = {
  parse({ partition, region, accountId, resource }, wrong) {
    const [kind, functionName = '', ...rest] = resource.split('/')
    if (partition !== 'aws' || kind !== 'function') {
      throw wrong(
        kind === 'key-value-store'
          ? "this is the ARN of a key value store, where the function's is needed"
          : 'this is not the ARN of a CloudFront Function',
      )
    }
    if (region !== '') throw wrong(`the ARN of a CloudFront Function has no region, not "${region}"`)
    if (!/^\d{12}$/.test(accountId)) throw wrong('the account id must have twelve digits')
    if (functionName === '') throw wrong('the name of the function is missing')
    if (rest.length > 0 || !/^[A-Za-z0-9_-]{1,64}$/.test(functionName)) {
      const [name = ''] = /^[A-Za-z0-9_-]*/.exec(functionName) ?? []
      const behind = [functionName.slice(name.length), ...rest.map((part) => `/${part}`)].join('')
      throw wrong(
        `a CloudFront Function has neither version nor stage in its ARN, so "${behind}" does not belong there`,
      )
    }
    return { accountId, functionName }
  },

  lookUp: lookUpFunction,
  lookUpNeeds: (arn) => [
    { access: 'read', actions: ['cloudfront:DescribeFunction', 'cloudfront:ListTagsForResource'], resources: [arn] },
  ],

  acceptedBy: (aws, _names, arn) => acceptedByFunction(aws, arn),
  acceptedNeeds: acceptedByFunctionNeeds,

  ownerOf: async (aws, arn) => ownerOf(await tagsOf(aws, arn)),
  ownerNeeds: (arn) => [{ access: 'read', actions: ['cloudfront:ListTagsForResource'], resources: [arn] }],

  // It has no replicas, and runs as nobody.
  runNeeds: () => [],
  leaveNeeds: () => [],
}

async function lookUpFunction(
  aws: Aws,
  names: Names,
  { arn, accountId: ofArn, functionName }: EdgeReference,
  accountId: string,
  next: string,
): Promise<string> {
  const looks = Promise.all([publishedStore(aws, functionName), tagsOf(aws, arn)])
  looks.catch(() => undefined)
  if (ofArn !== accountId) {
    throw new CtlError('usage', `${arn} belongs to account ${ofArn}, not to ${accountId}.`, {
      hint: ['The function must be in the same account as the distribution.', next],
    })
  }
  const [published, tags] = await looks
  if (published === undefined) {
    const other =
      functionName === names.functionName ? [] : [`That of the installation is called ${names.functionName}.`]
    const what =
      tags === undefined
        ? `There is no CloudFront Function ${functionName}.`
        : `The CloudFront Function ${functionName} is not published, so no distribution can run it.`
    throw new CtlError('usage', what, { hint: [...other, next] })
  }
  const owner = ownerOf(tags)
  if (owner !== names.installation) throw notOurs(names, `${functionName} is not the CloudFront Function`, owner, next)
  if (published.store === undefined) {
    throw new CtlError(
      'refused',
      `The CloudFront Function ${functionName} is published without its key value store, so it would refuse every download.`,
      { hint: next },
    )
  }
  return 'LIVE'
}

/** The store of what is published, which need not be that of what is in development. */
async function publishedStore(aws: Aws, Name: string): Promise<{ readonly store: string | undefined } | undefined> {
  const command = new DescribeFunctionCommand({ Name, Stage: 'LIVE' })
  const found = await absentAs('NoSuchFunctionExists', () => aws.client(CloudFrontClient, edgeRegion).send(command))
  const config = found?.FunctionSummary?.FunctionConfig
  if (config === undefined) return undefined
  return { store: config.KeyValueStoreAssociations?.Items?.[0]?.KeyValueStoreARN }
}

/** @returns `undefined` if there is no such function, in whatever stage */
async function tagsOf(aws: Aws, arn: string) {
  const command = new ListTagsForResourceCommand({ Resource: arn })
  const found = await absentAs(['NoSuchResource', 'NoSuchFunctionExists'], () =>
    aws.client(CloudFrontClient, edgeRegion).send(command),
  )
  return found === undefined ? undefined : (found.Tags?.Items ?? [])
}
