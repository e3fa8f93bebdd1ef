import { createHash } from 'node:crypto'

import { isObject } from '../../json-object.ts'
import type {
  FunctionRun,
  FunctionRuntime,
  FunctionsRuntime,
  FunctionStore,
} from '../contracts/cloudfront-functions.ts'
import { FunctionSyntaxError } from './language.ts'
import { metered } from './metering.ts'
import { FunctionWorkers, type Program, type RunEnd } from './function-workers.ts'
import { InvalidReturn, readReturned } from './returned.ts'

/** Runs CloudFront Functions, until it is closed. */
export interface Functions extends FunctionsRuntime {
  close(): Promise<void>
}

/**
 * Compute utilization is an estimate here: what a run costs by the count of its steps (`metering.ts`), of these so many a
 * percent, on top of what every run takes. AWS's own measure is time.
 */
const stepsAPercent = 200
const startPercent = 10
const mostSteps = (100 - startPercent) * stepsAPercent

/** @param now - milliseconds since the epoch */
export function createFunctions(now: () => number): Functions {
  const workers = new FunctionWorkers()
  const programs = new Programs()
  return {
    async run({ code, runtime, storeArn }, event, store, viewer) {
      let program: Program
      try {
        program = programs.of(code, runtime)
      } catch (error) {
        if (error instanceof FunctionSyntaxError) return failed('execution', error.message, 0, [])
        throw error
      }
      const run = {
        event: JSON.stringify(event),
        rawQuery: viewer === undefined ? rawQueryOf(event) : viewer.rawQueryString,
        storeId: storeArn?.split('/').at(-1),
        now: now(),
        limit: mostSteps,
        old: runtime === 'cloudfront-js-1.0',
      }
      const end = await workers.run(program, run, (question) => answerOf(store, question))
      return runOf(end, event)
    },
    close: () => workers.close(),
  }
}

/** Functions' texts as they are run, the last ones used. */
class Programs {
  readonly #kept = new Map<string, Program | FunctionSyntaxError>()

  /** Throws FunctionSyntaxError. */
  of(code: string, runtime: FunctionRuntime): Program {
    const id = createHash('sha256').update(`${runtime} ${code}`).digest('hex')
    const known = this.#kept.get(id) ?? read(id, code, runtime)
    this.#kept.delete(id)
    this.#kept.set(id, known)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > mostPrograms && oldest !== undefined) this.#kept.delete(oldest)
    if (known instanceof FunctionSyntaxError) throw known
    return known
  }
}

const mostPrograms = 50

function read(id: string, code: string, runtime: FunctionRuntime): Program | FunctionSyntaxError {
  try {
    return { id, text: metered(code, runtime).program }
  } catch (error) {
    if (error instanceof FunctionSyntaxError) return error
    throw error
  }
}

/** The query string that an event tells, as an event of a test has no other. */
function rawQueryOf(event: unknown): string | undefined {
  const request = isObject(event) ? event['request'] : undefined
  const query = isObject(request) ? request['querystring'] : undefined
  if (!isObject(query)) return undefined
  const pairs = Object.entries(query).flatMap(([name, field]) => {
    const { value, multiValue } = isObject(field) ? field : {}
    const all: readonly unknown[] = Array.isArray(multiValue) ? multiValue : [{ value }]
    return all.map((one) => `${name}=${isObject(one) && typeof one['value'] === 'string' ? one['value'] : ''}`)
  })
  return pairs.length === 0 ? undefined : pairs.join('&')
}

function answerOf(store: FunctionStore | undefined, question: string): string | undefined {
  const space = question.indexOf(' ')
  const [asked, key] = space === -1 ? [question, ''] : [question.slice(0, space), question.slice(space + 1)]
  if (store === undefined) return undefined
  switch (asked) {
    case 'get':
      return store.values.get(key)
    case 'exists':
      return String(store.values.has(key))
    case 'count':
      return String(store.values.size)
    case 'meta':
      return JSON.stringify({
        keyCount: store.values.size,
        creationDateTime: new Date(store.createdAt).toISOString(),
        lastUpdatedDateTime: new Date(store.changedAt).toISOString(),
      })
    default:
      return undefined
  }
}

function failed(
  failure: FunctionRun['failure'] & string,
  errorMessage: string,
  steps: number,
  logs: string[],
): FunctionRun {
  return { failure, errorMessage, computeUtilization: utilization(steps), logs }
}

const utilization = (steps: number): number => Math.min(100, startPercent + Math.round(steps / stepsAPercent))

const overtime = 'The CloudFront function exceeded the maximum allowed compute time.'
const overmemory = 'The CloudFront function exceeded the maximum allowed memory.'

function runOf(end: RunEnd, event: unknown): FunctionRun {
  if (end.kind === 'killed') {
    return end.why === 'time'
      ? failed('throttling', overtime, mostSteps, [])
      : failed('execution', overmemory, mostSteps, [])
  }
  const { how, text, spent, logs } = end
  if (how === 'overran') return failed('throttling', overtime, mostSteps, logs)
  if (how === 'hung')
    return failed('execution', 'The CloudFront function ended before its promise was settled.', 0, logs)
  if (how === 'threw') return failed('execution', text === 'MemoryError' ? overmemory : text, spent, logs)
  const context = isObject(event) ? event['context'] : undefined
  try {
    const output = readReturned(JSON.parse(text), isObject(context) ? context['eventType'] : undefined)
    return { output, computeUtilization: utilization(spent), logs }
  } catch (error) {
    if (error instanceof InvalidReturn) return failed('validation', error.message, spent, logs)
    throw error
  }
}
