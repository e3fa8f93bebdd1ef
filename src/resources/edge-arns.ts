import { CloudFrontClient, DescribeFunctionCommand } from '@aws-sdk/client-cloudfront'
import { LambdaClient, ListVersionsByFunctionCommand } from '@aws-sdk/client-lambda'

import { absentAs } from '../aws/absent.ts'
import type { Aws } from '../aws/connect.ts'
import { edgeRegion, namesOf } from '../aws/names.ts'

interface EdgeArn {
  readonly arn: string
  /** When it was, as AWS writes that. */
  readonly published: string
}

/**
 * What an installation has that a distribution can run: its published CloudFront Function, then the numbered versions of
 * its `Lambda@Edge` function, newest first, as far as a page of Lambda's tells.
 *
 * @throws where neither service tells
 */
export async function edgeArns(aws: Aws, installation: string): Promise<EdgeArn[]> {
  const { functionName } = namesOf(installation)
  // An installation has one of them as a rule, and credentials may be for that alone.
  const looks = await Promise.allSettled([published(aws, functionName), versions(aws, functionName)])
  const failed = looks.filter((look) => look.status === 'rejected')
  if (failed.length === looks.length) throw failed[0]?.reason
  return looks.flatMap((look) => (look.status === 'fulfilled' ? look.value : []))
}

async function published(aws: Aws, Name: string): Promise<EdgeArn[]> {
  const command = new DescribeFunctionCommand({ Name, Stage: 'LIVE' })
  const found = await absentAs('NoSuchFunctionExists', () => aws.client(CloudFrontClient, edgeRegion).send(command))
  const { FunctionARN: arn, LastModifiedTime: at } = found?.FunctionSummary?.FunctionMetadata ?? {}
  return arn === undefined ? [] : [{ arn, published: at?.toISOString() ?? '' }]
}

async function versions(aws: Aws, FunctionName: string): Promise<EdgeArn[]> {
  const command = new ListVersionsByFunctionCommand({ FunctionName })
  const found = await absentAs('ResourceNotFoundException', () => aws.client(LambdaClient, edgeRegion).send(command))
  return (found?.Versions ?? [])
    .flatMap(({ FunctionArn: arn, Version: version, LastModified: at = '' }) =>
      arn === undefined || version === '$LATEST' ? [] : { arn, published: at },
    )
    .reverse()
}
