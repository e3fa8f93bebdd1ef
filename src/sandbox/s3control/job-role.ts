import { DroppedConnection } from '../wire/server.ts'
import { batchOperations } from './permissions.ts'
import { jobArn, type Job } from './job.ts'
import type { InnerCalls } from '../contracts/inner-calls.ts'
import { parseXml } from '../wire/xml.ts'
import type { XmlElement } from '../contracts/xml-document.ts'
import type { AwsResponse, Caller, Context } from '../contracts/service.ts'

/** The role of a job can't be assumed. */
export class RoleRefused extends Error {}

/** Another session is made when the one at hand lasts no longer than this. */
const spare = 5 * 60_000

interface Session {
  caller: Caller
  /** Milliseconds since the epoch. */
  until: number
}

interface Request {
  method: string
  path: string
  query?: Record<string, string>
  headers?: Record<string, string>
  body?: string | Buffer
}

/** Calls of S3 and Lambda with the rights of jobs' roles. */
export interface JobRoles {
  /** Rejects with {@link RoleRefused}, or where the connection breaks. */
  ask(job: Job, service: 's3' | 'lambda', request: Request): Promise<AwsResponse>
}

export function createJobRoles(context: Context, inner: InnerCalls): JobRoles {
  /** By job; under way, too, so that tasks that begin together share one. */
  const sessions = new Map<string, Promise<Session>>()

  const sessionOf = async (job: Job): Promise<Caller> => {
    const known = sessions.get(job.id) ?? begin(job)
    const session = await known
    if (session.until - spare > context.now()) return session.caller
    // Whoever finds first that it is old begins another one.
    if (sessions.get(job.id) === known) sessions.delete(job.id)
    return (await (sessions.get(job.id) ?? begin(job))).caller
  }
  const begin = (job: Job): Promise<Session> => {
    const begun = assume(job)
    sessions.set(job.id, begun)
    begun.catch(() => sessions.delete(job.id))
    return begun
  }
  const assume = async (job: Job): Promise<Session> => {
    const { accountId } = context
    const asService: Caller = {
      kind: 'service',
      principal: batchOperations,
      sourceArn: jobArn(context, job.region, job.id),
      sourceAccount: accountId,
    }
    const parameters = { Action: 'AssumeRole', Version: '2011-06-15', RoleArn: job.request.RoleArn }
    const answer = await inner.call({
      ...{ service: 'sts', region: job.region, caller: asService, method: 'POST', path: '/' },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ...parameters, RoleSessionName: `s3-batch-${job.id}`.slice(0, 64) }).toString(),
    })
    const document = parseXml(bodyText(answer))
    if (answer.status !== 200) throw new RoleRefused(textIn(document, 'Message') ?? 'The role could not be assumed.')
    const caller = inner.session(textIn(document, 'AccessKeyId') ?? '')
    if (caller === undefined) throw new RoleRefused('The session is gone.')
    return { caller, until: Date.parse(textIn(document, 'Expiration') ?? '') }
  }
  return {
    async ask(job, service, request) {
      const caller = await sessionOf(job)
      return inner.call({ service, region: job.region, caller, ...request })
    },
  }
}

/** Whether a call ended without an answer, which is nobody's decision. */
export const isBroken = (error: unknown): boolean => error instanceof DroppedConnection

/** Of answers that are not streamed. */
export const bodyText = ({ body }: AwsResponse): string =>
  typeof body === 'string' || Buffer.isBuffer(body) ? body.toString() : ''

function textIn(element: XmlElement, name: string): string | undefined {
  if (element.name === name) return element.text
  for (const child of element.children) {
    const found = textIn(child, name)
    if (found !== undefined) return found
  }
  return undefined
}

/** AWS's name of the error that an answer of XML is. */
export function errorIn(answer: AwsResponse): string {
  try {
    return textIn(parseXml(bodyText(answer)), 'Code') ?? String(answer.status)
  } catch {
    return String(answer.status)
  }
}
