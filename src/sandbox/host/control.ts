import type { CallLog } from './call-log.ts'
import { ForeignPageError, requireOwnPage } from './control-guard.ts'
import { FaultSyntaxError, type FaultPlan } from './faults.ts'
import { controlPath } from '../contracts/control-path.ts'
import type { Front } from './front.ts'
import { planNames, type FlatRatePlans, type PlanName } from '../contracts/plan-peers.ts'
import type { Arrival } from '../wire/server.ts'
import { AwsError, type AwsResponse } from '../contracts/service.ts'

interface Controlled {
  calls: CallLog
  faults: FaultPlan
  plans: FlatRatePlans
  endpoint: string
  front: Front | undefined
}

/**
 * How other processes look into a sandbox and make it fail:
 * `GET /_sandbox` (status), `GET /_sandbox/calls`, `DELETE /_sandbox/calls`, `GET|POST|DELETE /_sandbox/faults`
 * (a POST's body is one fault a line), `GET|POST /_sandbox/plans` (a line puts a distribution on a flat-rate plan),
 * `POST /_sandbox/front/restart`. Nothing is signed here, so what a web page may have sent is refused.
 */
export async function serveControl(arrival: Arrival, sandbox: Controlled): Promise<AwsResponse> {
  try {
    requireOwnPage(arrival, sandbox.endpoint)
  } catch (error) {
    if (error instanceof ForeignPageError) return json(error.status, { message: error.message })
    throw error
  }
  return answer(arrival, sandbox)
}

async function answer(arrival: Arrival, sandbox: Controlled): Promise<AwsResponse> {
  const { calls, faults, plans, endpoint, front } = sandbox
  switch (`${arrival.method} ${arrival.rawPath.slice(controlPath.length)}`) {
    case 'GET ':
    case 'GET /':
      return json(200, { endpoint, front: front?.url ?? null, calls: calls.list().length, faults: faults.list() })
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
    case 'GET /plans':
      return json(200, plans.plans())
    case 'POST /plans':
      return changePlans(arrival, plans)
    case 'POST /front/restart':
      return restartFront(front)
    default:
      return json(404, {
        message:
          'GET /_sandbox, /_sandbox/calls, GET|POST|DELETE /_sandbox/faults, GET|POST /_sandbox/plans, ' +
          'POST /_sandbox/front/restart',
      })
  }
}

async function addFaults(arrival: Arrival, faults: FaultPlan): Promise<AwsResponse> {
  const lines = await linesOf(arrival)
  if (lines === undefined) return tooLarge('Faults')
  try {
    for (const line of lines) faults.add(line)
  } catch (error) {
    if (error instanceof FaultSyntaxError) return json(400, { message: error.message })
    throw error
  }
  return json(200, faults.list())
}

/** Lines of a distribution's id and a plan's name, or `none`. */
async function changePlans(arrival: Arrival, plans: FlatRatePlans): Promise<AwsResponse> {
  const lines = await linesOf(arrival)
  if (lines === undefined) return tooLarge('Plans')
  const names: readonly string[] = [...planNames, 'none']
  for (const line of lines) {
    const [id = '', plan = '', ...more] = line.split(/\s+/)
    if (!names.includes(plan) || more.length > 0) {
      return json(400, { message: `"${line}" is not DISTRIBUTION_ID ${names.join('|')}` })
    }
    try {
      plans.putOnPlan(id, plan === 'none' ? undefined : (plan as PlanName))
    } catch (error) {
      if (error instanceof AwsError) return json(error.status, { message: `${error.code}: ${error.message}` })
      throw error
    }
  }
  return json(200, plans.plans())
}

/** The lines of a body that have something in them; undefined if it is too large. */
async function linesOf(arrival: Arrival): Promise<string[] | undefined> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of arrival.incoming as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > largestBody) return undefined
    pieces.push(piece)
  }
  const lines = Buffer.concat(pieces).toString('utf8').split('\n')
  return lines.map((line) => line.trim()).filter((line) => line !== '')
}

const tooLarge = (what: string): AwsResponse => json(413, { message: `${what} of more than ${largestBody} bytes.` })

async function restartFront(front: Front | undefined): Promise<AwsResponse> {
  if (front === undefined) return json(404, { message: 'This sandbox has no front server.' })
  try {
    await front.restart()
    return json(200, { front: front.url })
  } catch (error) {
    return json(500, { message: error instanceof Error ? error.message : String(error) })
  }
}

const largestBody = 64 * 1024

const json = (status: number, body: unknown): AwsResponse => ({
  status,
  // No page may take it for a script or keep it.
  headers: {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
  },
  body: `${JSON.stringify(body, undefined, 2)}\n`,
})
