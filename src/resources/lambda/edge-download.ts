import type { IncomingMessage } from 'node:http'

import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda'

import { absentAs } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { isTraced, traceCall } from '../../aws/call-trace.ts'
import { edgeRegion, type Names } from '../../aws/names.ts'
import { remembered } from '../../aws/memory.ts'
import type { Network } from '../../aws/network.ts'
import { leavesOpen } from '../../aws/no-answer.ts'
import { type Pace, patiently } from '../../aws/patience.ts'
import { bodyOf } from '../../aws/s3-answer.ts'
import { CtlError } from '../../errors.ts'
import { talkNow } from '../../ui/step-talk.ts'
import { type EdgePackage, unpackEdge } from './edge-package.ts'

/** So long an answer may be awaited, in milliseconds. The package is small. */
const patienceMs = 60_000

/**
 * Downloads a deployed function.
 *
 * @param location - `Code.Location` of GetFunction: a URL that is signed for ten minutes, and so is told to nobody
 * @throws CtlError of kind `failed` for any answer but the package; what the network throws
 */
export async function download(
  network: Pick<Network, 'get'>,
  location: string | undefined,
): Promise<EdgePackage | undefined> {
  if (location === undefined) return undefined
  const fetch = () => patiently(() => fetchPackage(network, location), whyAgain, downloading, talkNow())
  return remembered('Lambda', location, fetch)
}

/** A download changes nothing, so it may be repeated. */
const downloading: Pace = { first: 250, most: 2_000, total: 20_000 }

const whyAgain = (error: unknown): string | undefined =>
  leavesOpen(error instanceof CtlError ? error.cause : error)
    ? 'the deployed function could not be downloaded; trying again'
    : undefined

/** The zip of the deployed function as it is, if there is one; fails as {@link download} does. */
export async function deployedZip(aws: Aws, { functionName: FunctionName }: Names): Promise<Uint8Array | undefined> {
  const lambda = aws.client(LambdaClient, edgeRegion)
  const find = () => lambda.send(new GetFunctionCommand({ FunctionName }))
  const location = (await absentAs('ResourceNotFoundException', find))?.Code?.Location
  if (location === undefined) return undefined
  return patiently(() => fetchZip(aws.network, location), whyAgain, downloading, talkNow())
}

const fetchPackage = async (network: Pick<Network, 'get'>, location: string): Promise<EdgePackage> =>
  unpackEdge(await fetchZip(network, location))

async function fetchZip(network: Pick<Network, 'get'>, location: string): Promise<Uint8Array> {
  const url = URL.parse(location)
  if (url === null) throw nowhere()
  const { protocol, host: domain, pathname, search } = url
  const scheme = protocol === 'https:' ? 'https' : 'http'
  const begun = performance.now()
  const signal = AbortSignal.timeout(patienceMs)
  const answer = await network.get({ scheme, domain, target: pathname + search, signal })
  tell(answer, begun)
  const { statusCode: status = 0 } = answer
  const body = await bodyOf(answer)
  if (status === 200) return body
  const id = requestIdOf(answer)
  throw new CtlError('failed', `The deployed function can't be downloaded from ${domain}: HTTP ${status}.`, {
    hint: [
      'Run the same command again.',
      ...(id === undefined ? [] : [`AWS knows this call by its request id ${id}.`]),
    ],
    code: 'DownloadFailed',
    cause: { $metadata: { httpStatusCode: status } },
  })
}

const nowhere = (): CtlError =>
  new CtlError('failed', 'Lambda does not tell where the deployed function can be downloaded.', {
    hint: 'Run the same command again.',
    code: 'DownloadFailed',
  })

function tell(answer: IncomingMessage, begun: number): void {
  if (!isTraced()) return
  traceCall({
    action: 's3:GetObject (code of the function)',
    region: edgeRegion,
    status: answer.statusCode,
    attempts: 1,
    milliseconds: performance.now() - begun,
    requestId: requestIdOf(answer),
  })
}

function requestIdOf({ headers }: IncomingMessage): string | undefined {
  const id = headers['x-amz-request-id']
  return typeof id === 'string' ? id : undefined
}
