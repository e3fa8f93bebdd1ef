import { isBadIdentity } from './aws-error.ts'
import type { Aws } from './clients.ts'
import { edgeRegion } from './names.ts'
import { StsClient } from './sts-client.ts'

/** Where STS can't be reached, it is not waited for. */
const patienceMs = 10_000

/** The error by which STS says that it does not know the caller; undefined if it does, or can't be asked. */
export async function whyUnknown(aws: Pick<Aws, 'client'>): Promise<unknown> {
  const sts = aws.client(StsClient, edgeRegion, 'once')
  try {
    await sts.send({ operation: 'GetCallerIdentity' }, { abortSignal: AbortSignal.timeout(patienceMs) })
    return undefined
  } catch (reason) {
    return isBadIdentity(reason) ? reason : undefined
  }
}
