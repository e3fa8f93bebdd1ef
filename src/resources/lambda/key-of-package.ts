import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda'

import { absentAs } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, type Names, ownerOf } from '../../aws/names.ts'
import { download } from './edge-download.ts'
import { tagsOfFunction } from './edge-function.ts'

/**
 * The key that the secrets in a deployed package are encrypted with, if that can be told: a package that is not ours is
 * not looked into.
 *
 * @param FunctionName - name of a function, or ARN of a version
 * @returns `undefined` if there is no such function
 */
export async function keyOfPackage(
  aws: Aws,
  { installation }: Names,
  FunctionName: string,
): Promise<{ readonly keyArn: string | undefined } | undefined> {
  const lambda = aws.client(LambdaClient, edgeRegion)
  const found = await absentAs('ResourceNotFoundException', () => lambda.send(new GetFunctionCommand({ FunctionName })))
  if (found === undefined) return undefined
  const ours = ownerOf(await tagsOfFunction(aws, found)) === installation
  return { keyArn: ours ? (await download(aws.network, found.Code?.Location))?.sealed?.keyArn : undefined }
}
