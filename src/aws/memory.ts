/**
 * What AWS has answered to looks, for as long as one command works: who asks again is answered from here, so that a plan
 * and what carries it out share what was read, and several steps that look at one thing ask once. Only looks that wish
 * so are answered from here; all are noted. A write forgets what its service has said, as far as it may have changed.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import { isReading } from './reading.ts'

/** As much of a request of the SDK as tells what is asked. */
interface Request {
  readonly method: string
  readonly hostname: string
  readonly path: string
  readonly query?: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

interface Response {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  body?: unknown
}

interface Handler {
  handle(request: Request, options?: unknown): Promise<{ response: Response }>
}

/** A client of the SDK, as far as it sends requests. */
export interface Sender {
  readonly config: { readonly serviceId?: string; readonly requestHandler: object }
}

interface Noted {
  readonly service: string
  /** Of what in that service, where it has parts that know nothing of each other. */
  readonly part?: string | undefined
  readonly answer: Promise<unknown>
}

/** Something that AWS may be asked. */
interface Question<T> {
  readonly service: string
  readonly part?: string | undefined
  readonly question: string
  readonly now: Scope
  readonly ask: () => Promise<T>
  /** Whether an answer stays; without it each does. Failures never do. */
  readonly isLasting?: (answer: T) => boolean
}

/** What is known of AWS. */
export class Memory {
  readonly #noted = new Map<string, Noted>()

  /** The answer to a question: the one that is known, if that is wished for, else a new one, which is noted. */
  async ask<T>({ service, part, question, now, ask, isLasting = () => true }: Question<T>): Promise<T> {
    const id = `${service} ${question}`
    const known = now.isKnownGood ? this.#noted.get(id) : undefined
    if (known !== undefined) {
      now.heard.isOld = true
      beginning.getStore()?.()
      // What was noted under this question was an answer to it.
      return known.answer as Promise<T>
    }
    const answer = ask()
    const noted: Noted = { service, part, answer }
    this.#noted.set(id, noted)
    const drop = (): void => {
      if (this.#noted.get(id) === noted) this.#noted.delete(id)
    }
    answer.then((given) => {
      if (!isLasting(given)) drop()
    }, drop)
    return answer
  }

  /** Forgets what a service has said, or a part of it, or all. */
  forget(service?: string, part?: string): void {
    for (const [id, noted] of this.#noted) {
      const isMeant =
        service === undefined || (noted.service === service && (part === undefined || noted.part === part))
      if (isMeant) this.#noted.delete(id)
    }
  }
}

interface Scope {
  readonly memory: Memory
  /** Whether what is known is good enough. */
  readonly isKnownGood: boolean
  /** Whether anything of what was answered was known before. */
  readonly heard: { isOld: boolean }
}

const scope = new AsyncLocalStorage<Scope>()

/** Does something, and notes what AWS answers meanwhile. */
export const withMemory = <T>(memory: Memory, work: () => T): T =>
  scope.run({ memory, isKnownGood: false, heard: { isOld: false } }, work)

/** Looks at something, for which what is known already will do. */
export function fromMemory<T>(look: () => T): T {
  const now = scope.getStore()
  return now === undefined ? look() : scope.run({ ...now, isKnownGood: true }, look)
}

/** As {@link fromMemory}; answers also whether anything of it is not as of now. */
export async function oldOrNew<T>(look: () => Promise<T>): Promise<{ found: T; isOld: boolean }> {
  const now = scope.getStore()
  if (now === undefined) return { found: await look(), isOld: false }
  const heard = { isOld: false }
  return { found: await scope.run({ ...now, isKnownGood: true, heard }, look), ...heard }
}

/** Looks at something as it is now. */
export function afresh<T>(look: () => T): T {
  const now = scope.getStore()
  return now === undefined ? look() : scope.run({ ...now, isKnownGood: false }, look)
}

/** Asks what is no call of the SDK, or answers it from memory. */
export function remembered<T>(service: string, question: string, ask: () => Promise<T>): Promise<T> {
  const now = scope.getStore()
  return now === undefined ? ask() : now.memory.ask({ service, question, now, ask })
}

const beginning = new AsyncLocalStorage<() => void>()

/** Begins a look; answers as soon as a request of it is handed over to be sent, or was before, or it has ended without any. */
export const underWay = (look: () => Promise<void>): Promise<void> =>
  new Promise((resolve) => void beginning.run(resolve, look).then(resolve, resolve))

const watched = new AsyncLocalStorage<{ isSent: boolean }>()

/** Makes a call; `note` tells then whether anything was sent for it, however it ended. */
export const noticing = <T>(note: { isSent: boolean }, call: () => Promise<T>): Promise<T> => watched.run(note, call)

/** Has a client answer looks from memory, where that is wished for. */
export function rememberLooks({ config: { serviceId = '', requestHandler } }: Sender): void {
  const handler = requestHandler as Handler
  const send = handler.handle.bind(handler)
  const sent: Handler['handle'] = (request, options) => {
    const note = watched.getStore()
    if (note !== undefined) note.isSent = true
    const answer = send(request, options)
    beginning.getStore()?.()
    return answer
  }
  handler.handle = async (request, options) => {
    const now = scope.getStore()
    const effect = effectOf(request)
    if (now === undefined || effect === 'none') return sent(request, options)
    const { memory } = now
    const part = partOf(request)
    if (effect === 'write') {
      memory.forget(serviceId, part)
      try {
        return await sent(request, options)
      } finally {
        memory.forget(serviceId, part)
      }
    }
    const ask = async (): Promise<Response & { body?: Buffer | undefined }> => {
      const { response } = await sent(request, options)
      const body = response.body === undefined ? undefined : await buffer(response.body as AsyncIterable<Uint8Array>)
      return { ...response, body }
    }
    const question = questionOf(request)
    const kept = await memory.ask({
      service: serviceId,
      part,
      question,
      now,
      ask,
      isLasting: (answer) => isLasting(answer, request),
    })
    return { response: { ...kept, body: kept.body && Readable.from([kept.body]) } }
  }
}

/**
 * Which answers stay: no failures, which another attempt may not meet, and no refusals, which a new signature may not. KMS
 * says with a 400 that there is no key, and with another one that it is asked too often.
 */
const isLasting = (
  { statusCode, body }: { readonly statusCode: number; readonly body?: Buffer | undefined },
  { headers }: Request,
): boolean =>
  statusCode < 300 ||
  statusCode === 404 ||
  (headers['x-amz-target'] === 'TrentService.DescribeKey' &&
    /"__type"\s*:\s*"(?:[^"]*#)?NotFoundException"/.test(body?.toString() ?? ''))

const looks = /^(?:Get|List|Describe|Head|Decrypt$)/

/** What a request does: only looks, writes, or neither; what is too big to keep counts as the latter. */
function effectOf({ method, query, headers, body }: Request): 'look' | 'write' | 'none' {
  if (query?.['x-id'] === 'GetObject') return 'none'
  if (method === 'GET' || method === 'HEAD') return 'look'
  const target = headers['x-amz-target']?.split('.').at(-1)
  const operation = target ?? (typeof body === 'string' ? (/(?:^|&)Action=(\w+)/.exec(body)?.[1] ?? '') : '')
  if (looks.test(operation)) return 'look'
  return isReading(operation) ? 'none' : 'write'
}

/** CloudFront's collections whose members change nothing of any other: they only are referred to. */
const referredTo = /^\/[\d-]+\/(cache-policy|origin-access-identity|origin-access-control)\b/

const partOf = ({ path }: Request): string | undefined => referredTo.exec(path)?.[1]

const questionOf = ({ method, hostname, path, query = {}, headers, body }: Request): string =>
  JSON.stringify([method, hostname, path, Object.entries(query).sort(), headers['x-amz-target'], textOf(body)])

const textOf = (body: unknown): string =>
  typeof body === 'string'
    ? body
    : body instanceof Uint8Array
      ? // Not of the array itself, which the SDK does not want to be read as a text.
        Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64')
      : ''
