import { realmBuffers, type RealmBridge, type RealmBuffers } from './realm-buffer.ts'
import { knownBuiltIns, realmLimits } from './realm-limits.ts'
import { realmModules, type RealmStore } from './realm-modules.ts'

/** Functions of the container that a realm may call. Nothing of them is ever in the hands of a function's code. */
export interface RealmHost {
  readonly decoded: RealmBridge['decoded']
  readonly encoded: RealmBridge['encoded']
  readonly digest: RealmBridge['digest']
  /** A line of `console.log`. */
  readonly log: (line: string) => void
  /** A question to the store; its answer comes by the realm's `answer`. */
  readonly ask: (question: string) => void
  /** What became of the run: JSON of what was returned, or words. Called once. */
  readonly report: (kind: 'returned' | 'threw' | 'overran', text: string, spent: number) => void
}

/** What a run is given. */
export interface RealmRun {
  /** JSON. */
  event: string
  rawQuery: string | undefined
  storeId: string | undefined
  /** Milliseconds since the epoch: `Date` stands still at it. */
  now: number
  /** What the run may cost. */
  limit: number
  /** Of runtime 1.0. */
  old: boolean
}

/** A realm that is furnished. */
export interface RealmControl {
  /** @param program - what a metered function's program is in the realm */
  start(program: unknown): void
  /** The answer to the oldest question that has none yet. */
  answer(value: string | undefined): void
}

/**
 * Furnishes a realm (a global object with JavaScript's built-ins of its own) as CloudFront Functions know it, and runs a
 * function in it. It goes over as its own source text, so it must not use anything from outside its body.
 *
 * What the host's functions throw is never passed on: it belongs to the container's realm.
 */
function realm(
  buffersOf: typeof realmBuffers,
  modulesOf: typeof realmModules,
  host: RealmHost,
  given: RealmRun,
  limitBuiltIns: typeof realmLimits,
  known: string,
): RealmControl {
  'use strict'
  const { event, rawQuery, storeId, now, limit, old } = given
  const { stringify, parse } = JSON
  const { defineProperty } = Object
  const { decoded, encoded, digest, log, ask, report } = host
  const guarded = <T>(call: () => T): T => {
    try {
      return call()
    } catch {
      throw new TypeError('invalid arguments')
    }
  }
  const bridge: RealmBridge = {
    decoded: (text, encoding) => guarded(() => decoded(text, encoding)),
    encoded: (bytes, encoding) => guarded(() => encoded(bytes, encoding)),
    digest: (algorithm, key, bytes) => guarded(() => digest(algorithm, key, bytes)),
  }
  let spent = 0
  const overrun = new Error('The function has run for longer than it may.')
  const count = (cost: number): void => {
    spent += cost
    if (spent > limit) throw overrun
  }
  let made: RealmBuffers | undefined
  const buffers = (): RealmBuffers =>
    (made ??= old ? withoutBuffer(buffersOf(bridge, count)) : buffersOf(bridge, count))
  const withoutBuffer = (all: RealmBuffers): RealmBuffers => ({
    ...all,
    result: (bytes, encoding) => (encoding === undefined ? bytes : all.result(bytes, encoding)),
  })
  const questions: ((value: string | undefined) => void)[] = []
  const store: RealmStore = {
    id: storeId,
    ask: (question) =>
      new Promise((resolve) => {
        questions.push(resolve)
        guarded(() => ask(question))
      }),
  }
  const load = modulesOf(bridge, count, buffers, store)

  const words = (error: unknown): string => {
    try {
      return error instanceof Error ? `${error.name}: ${error.message}` : `Error: ${String(error)}`
    } catch {
      return 'Error: unknown'
    }
  }
  const dump = (value: unknown, depth = 0): string => {
    if (typeof value === 'string') return depth === 0 ? value : `'${value}'`
    if (typeof value !== 'object' || value === null) {
      return typeof value === 'function' ? '[Function]' : String(value)
    }
    if (value instanceof Error) return words(value)
    if (depth > 8) return '[Object]'
    if (Array.isArray(value)) return `[${value.map((one) => dump(one, depth + 1)).join(',')}]`
    return `{${Object.entries(value)
      .map(([name, one]) => `${name}:${dump(one, depth + 1)}`)
      .join(',')}}`
  }
  const console = {
    log(value: unknown): void {
      count(8)
      const line = dump(value)
      guarded(() => log(line))
    },
  }

  const RealDate = Date
  const standing = function (this: unknown, ...parts: unknown[]): unknown {
    const constructed: unknown = new.target
    if (constructed === undefined) return new RealDate(now).toString()
    return parts.length === 0 ? new RealDate(now) : new (RealDate as unknown as new (...a: unknown[]) => Date)(...parts)
  }
  Object.defineProperty(standing, 'name', { value: 'Date' })
  Object.assign(standing, { now: () => now, UTC: RealDate.UTC, parse: RealDate.parse })
  standing.prototype = RealDate.prototype
  const define = (name: string, value: unknown): void => {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false })
  }
  Object.defineProperty(RealDate.prototype, 'constructor', { value: standing })
  define('Date', standing)
  define('console', console)
  define('require', (name: unknown) => {
    if (name === 'cloudfront') throw new Error('Cannot find module "cloudfront"')
    return load(String(name))
  })
  if (!old) {
    Object.defineProperty(globalThis, 'Buffer', { get: () => buffers().Buffer, configurable: true })
    define('btoa', (text: unknown) => {
      if (/[^\0-\xff]/.test(String(text))) throw new TypeError('invalid character (>= U+00FF)')
      return bridge.encoded(String(text), 'base64')
    })
    define('atob', (text: unknown) => {
      if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(String(text)))
        throw new TypeError('the string to be decoded is not valid')
      return bridge.decoded(String(text), 'base64')
    })
    const bytesOf = (value: unknown): string => buffers().bytesOf(value)
    define('TextEncoder', function TextEncoder(this: Record<string, unknown>) {
      this['encoding'] = 'utf-8'
      this['encode'] = (text: unknown = '') =>
        new Uint8Array(buffers().result(bytesOf(String(text)), undefined) as Uint8Array)
    })
    define('TextDecoder', function TextDecoder(this: Record<string, unknown>) {
      Object.assign(this, { encoding: 'utf-8', fatal: false, ignoreBOM: false })
      this['decode'] = (bytes?: unknown) => (bytes === undefined ? '' : bridge.encoded(bytesOf(bytes), 'utf8'))
    })
  }
  // Frames of a stack would have parts of the container in them.
  Object.defineProperty(Error, 'stackTraceLimit', { value: 0, writable: false, configurable: false })
  Object.defineProperty(Error, 'prepareStackTrace', { value: undefined, writable: false, configurable: false })

  limitBuiltIns(known)
  let isOver = false
  const end = (kind: 'returned' | 'threw', text: string): void => {
    if (isOver) return
    isOver = true
    report(spent > limit ? 'overran' : kind, text, spent)
  }
  const run = async (program: unknown): Promise<string> => {
    type Handler = (event: unknown) => unknown
    const handler = (program as (...parts: unknown[]) => Handler | undefined)(count, load)
    if (handler === undefined) throw new ReferenceError('"handler" is not defined')
    const asked = parse(event) as { request?: object | null } | null
    const request = asked?.request
    if (typeof request === 'object' && request !== null) {
      defineProperty(request, 'rawQueryString', { value: () => rawQuery, configurable: true })
    }
    const text = stringify(await handler(asked)) as string | undefined
    return text ?? 'null'
  }
  const settle = async (program: unknown): Promise<void> => {
    try {
      end('returned', await run(program))
    } catch (error) {
      end('threw', words(error))
    }
  }
  return {
    start: (program) => void settle(program),
    answer(value) {
      const resolve = questions.shift()
      if (resolve !== undefined) resolve(value)
    },
  }
}

const parts = [realmBuffers, realmModules].map(String)
const limits = [realmLimits.toString(), JSON.stringify(JSON.stringify(knownBuiltIns))]

/** The program that makes, in a realm, the function of a host and a run that furnishes it. */
export const realmProgram = `((host, run) => (${realm.toString()})(${parts.join(', ')}, host, run, ${limits.join(', ')}))`
