import { parseArn } from './arns.ts'
import type { Aws } from './clients.ts'
import { edgeRegion } from './names.ts'
import { StsClient } from './sts-client.ts'
import { CtlError } from '../errors.ts'

/** The AWS account that the credentials in use belong to. */
export interface Account {
  /** Twelve digits. */
  readonly id: string
  /** Who the credentials are, as an ARN. */
  readonly caller: string
  /** `aws`, or the name of a separate partition such as `aws-us-gov`. */
  readonly partition: string
}

/** An account of which only the id is known. */
export const anyAccount = (id: string): Account => ({ id, caller: '', partition: 'aws' })

/**
 * Asks STS whose the credentials are; needs no permission, so it fails only for bad credentials or a bad connection.
 *
 * @throws CtlError of kind `configuration` for a partition that has no CloudFront with `Lambda@Edge`
 */
export async function lookUpAccount(aws: Aws): Promise<Account> {
  const { account: id, arn: caller } = await aws.client(StsClient, edgeRegion).send({ operation: 'GetCallerIdentity' })
  const partition = parseArn(caller ?? '')?.partition
  if (id === undefined || caller === undefined || partition === undefined) {
    throw new CtlError('failed', 'STS did not say which account the credentials belong to.')
  }
  if (partition !== 'aws') {
    throw new CtlError('configuration', `The credentials are for the partition "${partition}", without Lambda@Edge.`, {
      hint: 'CloudFront with Lambda@Edge exists in the standard partition "aws" only.',
    })
  }
  return { id, caller, partition }
}
