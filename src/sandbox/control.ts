import type { CallLog } from './call-log.ts'
import { FaultSyntaxError, type FaultPlan } from './faults.ts'
import type { Arrival } from './server.ts'
import type { AwsResponse } from './service.ts'

const prefix = '/_sandbox'

/** No bucket name begins with an underscore, so the path can't be S3's. */
export const isControlPath = (path: string): boolean => path === prefix || path.startsWith(`${prefix}/`)

/**
 * How other processes look into a sandbox and make it fail:
 * `GET /_sandbox` (status), `GET /_sandbox/calls`, `DELETE /_sandbox/calls`, `GET|POST|DELETE /_sandbox/faults`
 * (a POST's body is one fault a line).
 */
export async function serveControl(
  arrival: Arrival,
  sandbox: { calls: CallLog; faults: FaultPlan; endpoint: string },
): Promise<AwsResponse> {
  const { calls, faults, endpoint } = sandbox
  switch (`${arrival.method} ${arrival.rawPath.slice(prefix.length)}`) {
    case 'GET ':
    case 'GET /':
      return json(200, { endpoint, calls: calls.list().length, faults: faults.list() })
    case 'GET /calls':
      return json(200, calls.list())
    case 'DELETE /calls':
      calls.clear()
      return json(200, [])
    case 'GET /faults':
      return json(200, faults.list())
    case 'DELETE /faults':
      faults.clear()
      return json(200, [])
    case 'POST /faults':
      return addFaults(arrival, faults)
    default:
      return json(404, { message: 'GET /_sandbox, /_sandbox/calls, GET|POST|DELETE /_sandbox/faults' })
  }
}

async function addFaults(arrival: Arrival, faults: FaultPlan): Promise<AwsResponse> {
  const pieces: Buffer[] = []
  for await (const piece of arrival.incoming as AsyncIterable<Buffer>) pieces.push(piece)
  const lines = Buffer.concat(pieces).toString('utf8').split('\n')
  try {
    for (const line of lines) if (line.trim() !== '') faults.add(line.trim())
  } catch (error) {
    if (error instanceof FaultSyntaxError) return json(400, { message: error.message })
    throw error
  }
  return json(200, faults.list())
}

const json = (status: number, body: unknown): AwsResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: `${JSON.stringify(body, undefined, 2)}\n`,
})
