import { buffer } from 'node:stream/consumers'

import { parseTree, printTree, withoutAttributes } from '../xml-tree.ts'

/** The part of an SDK command that is used here. */
export interface Command<Step> {
  readonly middlewareStack: {
    add(middleware: never, options: { step: Step; priority: 'low'; name: string; override: true }): void
  }
}

interface Exchange {
  readonly request: { body?: unknown }
}
interface Answer {
  readonly response: {
    statusCode: number
    body?: unknown
    readonly headers?: Readonly<Record<string, string | undefined>>
  }
}
type Middleware = (next: (args: Exchange) => Promise<Answer>) => (args: Exchange) => Promise<Answer>

/**
 * Has a command keep the body of its answer: the SDK hands on only what it knows of it.
 *
 * @returns what gives that body once the command has been sent
 */
export function keepReceived(command: Command<'deserialize'>): () => string {
  let received = ''
  const keep: Middleware = (next) => async (args) => {
    const answer = await next(args)
    const { response } = answer
    if (response.statusCode >= 300 || response.body === undefined) return answer
    received = (await buffer(response.body as AsyncIterable<Uint8Array>)).toString('utf8')
    response.body = Buffer.from(forTheSdk(received))
    return answer
  }
  const options = { step: 'deserialize', priority: 'low', name: 'keepReceived', override: true } as const
  command.middlewareStack.add(keep as never, options)
  return () => received
}

/**
 * Has a command keep the time at which AWS says that it has answered.
 *
 * @returns what gives that time in Unix seconds once the command has been sent; `undefined` where no answer told
 */
export function keepDate(command: Command<'deserialize'>): () => number | undefined {
  let date = Number.NaN
  const keep: Middleware = (next) => async (args) => {
    const answer = await next(args)
    date = Date.parse(answer.response.headers?.['date'] ?? '') / 1000
    return answer
  }
  command.middlewareStack.add(keep as never, { step: 'deserialize', priority: 'low', name: 'keepDate', override: true })
  return () => (Number.isNaN(date) ? undefined : date)
}

/** Has a command send this body in place of the one that the SDK makes of its input. */
export function sendBody(command: Command<'serialize'>, body: string): void {
  const replace: Middleware = (next) => async (args) => {
    args.request.body = body
    return next(args)
  }
  const options = { step: 'serialize', priority: 'low', name: 'sendBody', override: true } as const
  command.middlewareStack.add(replace as never, options)
}

const tagWithAttributes = /<[^\s!?/>]+\s+[^\s/>]/g

/** The SDK takes an attribute for a member, and fails where it expects text; only the root's namespace is no trouble. */
const forTheSdk = (document: string): string =>
  (document.match(tagWithAttributes) ?? []).length > 1 ? printTree(withoutAttributes(parseTree(document))) : document
