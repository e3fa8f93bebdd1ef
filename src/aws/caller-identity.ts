import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'

import { isBadIdentity } from './aws-error.ts'
import type { Aws } from './clients.ts'
import { edgeRegion } from './names.ts'

/** Where STS can't be reached, it is not waited for. */
const patienceMs = 10_000

/** The error by which STS says that it does not know the caller; undefined if it does, or can't be asked. */
export async function whyUnknown(aws: Pick<Aws, 'client'>): Promise<unknown> {
  const sts = aws.client(STSClient, edgeRegion, 'once')
  try {
    await sts.send(new GetCallerIdentityCommand({}), { abortSignal: AbortSignal.timeout(patienceMs) })
    return undefined
  } catch (reason) {
    return isBadIdentity(reason) ? reason : undefined
  }
}
