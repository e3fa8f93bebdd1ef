import { LambdaClient, ListVersionsByFunctionCommand } from '@aws-sdk/client-lambda'

import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, namesOf } from '../../aws/names.ts'

/** The numbered versions of an installation's edge function, as ARNs, newest first, as far as a page of Lambda's tells. */
export async function versionArns(aws: Aws, installation: string): Promise<{ arn: string; published: string }[]> {
  const { functionName } = namesOf(installation)
  const { Versions = [] } = await aws
    .client(LambdaClient, edgeRegion)
    .send(new ListVersionsByFunctionCommand({ FunctionName: functionName }))
  return Versions.flatMap(({ FunctionArn: arn, Version: version, LastModified: at = '' }) =>
    arn === undefined || version === '$LATEST' ? [] : { arn, published: at },
  ).reverse()
}
