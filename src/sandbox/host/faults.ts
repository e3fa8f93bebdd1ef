import { wordingOf } from '../wire/errors.ts'
import { AwsError, type Service } from '../contracts/service.ts'

/** Something that goes wrong at chosen calls. */
export interface Fault {
  /** Credential scope name such as `cloudfront`; `*` or nothing for all. */
  service?: string
  /** Such as `CreateDistribution`; `*` or nothing for all. */
  operation?: string
  /** Which of the matching calls, counted from 1 since the fault was added: one, or first and last. Nothing: all. */
  calls?: number | readonly [first: number, last: number]
  /** Before the call has had its effect (the default), or after it. */
  when?: 'before' | 'after'
  what: Mishap
}

export type Mishap =
  /** AWS answers with an error. Status and message are known for {@link knownErrors}; 200 is an error in the body alone. */
  | { kind: 'error'; code: string; status?: number; message?: string }
  /** The connection breaks without an answer. */
  | { kind: 'drop' }
  /** The connection breaks in the middle of the answer; the call has had its effect. */
  | { kind: 'cut' }
  /** The function that calls ends, as if it had been killed; for other callers it is a `drop`. */
  | { kind: 'kill' }
  /** The service's own word for "too many requests". */
  | { kind: 'throttle' }
  | { kind: 'delay'; milliseconds: number }

/** Status and message of errors that need no more than their name in a fault. */
const knownErrors: Readonly<Record<string, readonly [status: number, message: string]>> = {
  AccessDenied: [403, 'Access Denied'],
  AccessDeniedException: [400, 'User is not authorized to perform this operation'],
  ConcurrentModification: [
    409,
    'The request was rejected because multiple requests to change this object were submitted simultaneously. Wait a few minutes and submit your request again.',
  ],
  DependencyTimeoutException: [
    500,
    'The system timed out while trying to fulfill the request. You can retry the request.',
  ],
  ExpiredToken: [403, 'The security token included in the request is expired'],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  InternalFailure: [500, 'The request processing has failed because of an unknown error, exception or failure.'],
  InternalServerError: [500, 'Internal server error'],
  KMSInternalException: [500, 'An internal error occurred. You can retry the request.'],
  InvalidIfMatchVersion: [400, 'The If-Match version is missing or not valid for the resource.'],
  InvalidViewerCertificate: [
    400,
    "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain.",
  ],
  LimitExceeded: [409, 'Cannot exceed quota.'],
  MalformedPolicy: [400, 'Invalid principal in policy'],
  NotFoundException: [400, 'The resource was not found.'],
  OperationAborted: [
    409,
    'A conflicting conditional operation is currently in progress against this resource. Please try again.',
  ],
  PreconditionFailed: [
    412,
    "The request failed because it didn't meet the preconditions in one or more request-header fields.",
  ],
  PreconditionFailedException: [412, 'The Revision Id provided does not match the latest Revision Id.'],
  RequestTimeout: [
    400,
    'Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.',
  ],
  ResourceConflictException: [
    409,
    'The operation cannot be performed at this time. An update is in progress for resource.',
  ],
  ServiceException: [500, 'An error occurred and the request cannot be processed.'],
  ServiceFailure: [500, 'The request processing has failed because of an unknown error, exception or failure.'],
  ServiceUnavailable: [503, 'CloudFront encountered an internal error. Please try again.'],
  SlowDown: [503, 'Please reduce your request rate.'],
  Throttling: [400, 'Rate exceeded'],
  ThrottlingException: [400, 'Rate exceeded'],
  TooManyRequestsException: [429, 'Rate exceeded'],
}

export const faultGrammar: readonly string[] = [
  'SERVICE:OPERATION[:CALLS][:before|after]:WHAT',
  'CALLS  2 (the second call), 1-3, or * (all, the default)',
  'WHAT   an AWS error such as ServiceUnavailable; code=C,status=N,message=TEXT; drop; cut; kill; throttle; delay=2s',
  '       kill ends the Lambda function that makes the call',
]

/** What may stand last in a fault, or begin there. */
export const mishapWords: readonly string[] = [
  ...['drop', 'cut', 'kill', 'throttle', 'delay=', 'code='],
  ...Object.keys(knownErrors),
]

/** A fault that can't be read, or that no call would meet; the message says which part. */
export class FaultSyntaxError extends Error {
  /** The word that is not known, and those that are. */
  readonly slip: { readonly word: string; readonly known: readonly string[] } | undefined

  constructor(message: string, slip?: FaultSyntaxError['slip']) {
    super(message)
    this.slip = slip
  }
}

/** Reads the form that {@link faultGrammar} describes. Throws {@link FaultSyntaxError}. */
export function parseFault(text: string): Fault {
  const head = /^([a-z0-9*-]+):([A-Za-z0-9*]+)(?::(\*|\d+(?:-\d+)?))?(?::(before|after))?:(.+)$/s.exec(text)
  if (head === null) throw new FaultSyntaxError(`"${text}" is not ${faultGrammar[0] ?? ''}`)
  const [, service = '*', operation = '*', calls, when, what = ''] = head
  return {
    service,
    operation,
    ...(calls === undefined || calls === '*' ? {} : { calls: parseCalls(calls) }),
    when: when === 'after' ? 'after' : 'before',
    what: parseMishap(what),
  }
}

function parseCalls(text: string): number | readonly [number, number] {
  const [first = 0, last = first] = text.split('-').map(Number)
  if (first < 1 || last < first) throw new FaultSyntaxError(`calls are counted from 1: "${text}"`)
  return text.includes('-') ? [first, last] : first
}

function parseMishap(text: string): Mishap {
  if (text === 'drop' || text === 'cut' || text === 'kill' || text === 'throttle') return { kind: text }
  if (text.startsWith('delay=')) return { kind: 'delay', milliseconds: parseDuration(text.slice('delay='.length)) }
  if (!text.includes('=')) {
    if (!(text in knownErrors)) {
      throw new FaultSyntaxError(`"${text}" is not a well-known error; write code=${text},status=...,message=...`, {
        word: text,
        known: mishapWords,
      })
    }
    return { kind: 'error', code: text }
  }
  const parts = /^code=([A-Za-z0-9.]+)(?:,status=(200|[45]\d\d))?(?:,message=(.*))?$/s.exec(text)
  if (parts === null) throw new FaultSyntaxError(`"${text}" is not code=C,status=N,message=TEXT`)
  const [, code = '', status, message] = parts
  return {
    kind: 'error',
    code,
    ...(status === undefined ? {} : { status: Number(status) }),
    ...(message === undefined ? {} : { message }),
  }
}

/** Milliseconds of `50ms`, `2s`, `5m`. Throws {@link FaultSyntaxError}. */
export function parseDuration(text: string): number {
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text)
  if (parts === null) throw new FaultSyntaxError(`"${text}" is not a duration such as 50ms, 2s or 5m`)
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  return Number(parts[1]) * (units[parts[2] ?? ''] ?? 1)
}

/** Services by the names that faults know them by, with what they perform. */
type Performers = readonly Pick<Service, 'names' | 'operations'>[]

/** The faults that are waiting for their calls. */
export class FaultPlan {
  readonly #planned: { fault: Fault; seen: number }[] = []
  readonly #services: Performers

  /** @param services - all that there are to call */
  constructor(services: Performers) {
    this.#services = services
  }

  /**
   * Adds a fault; its calls are counted from now on. A string is read by {@link parseFault}. One that no call could meet is
   * a {@link FaultSyntaxError}: it would seem that whatever was tried had withstood it.
   */
  add(fault: Fault | string): void {
    const read = typeof fault === 'string' ? parseFault(fault) : fault
    refuseUnmet(read, this.#services)
    this.#planned.push({ fault: read, seen: 0 })
  }

  list(): readonly Fault[] {
    return this.#planned.map(({ fault }) => fault)
  }

  clear(): void {
    this.#planned.length = 0
  }

  /** Counts a call; returns what is to go wrong with it. */
  take(service: string, operation: string): readonly Fault[] {
    const due: Fault[] = []
    for (const entry of this.#planned) {
      if (!names(entry.fault.service, service) || !names(entry.fault.operation, operation)) continue
      entry.seen += 1
      if (isDue(entry.fault.calls, entry.seen)) due.push(entry.fault)
    }
    return due
  }
}

function refuseUnmet({ service = '*', operation = '*' }: Fault, services: Performers): void {
  const meant = services.filter(({ names: own }) => service === '*' || own.includes(service))
  if (meant.length === 0) {
    const known = services.flatMap(({ names: own }) => own)
    throw new FaultSyntaxError(`The sandbox has no service "${service}".`, { word: service, known })
  }
  const known = meant.flatMap(({ operations }) => operations)
  if (operation === '*' || known.includes(operation)) return
  const whose = service === '*' ? 'any service' : service
  throw new FaultSyntaxError(`The sandbox has no operation "${operation}" of ${whose}.`, { word: operation, known })
}

const names = (pattern: string | undefined, name: string): boolean =>
  pattern === undefined || pattern === '*' || pattern === name

function isDue(calls: Fault['calls'], seen: number): boolean {
  if (calls === undefined) return true
  const [first, last] = typeof calls === 'number' ? [calls, calls] : calls
  return seen >= first && seen <= last
}

/** The error that a mishap answers with; undefined for those that answer nothing. */
export function errorOf(mishap: Mishap, service: string): AwsError | undefined {
  if (mishap.kind === 'throttle') return wordingOf(service).throttled()
  if (mishap.kind !== 'error') return undefined
  const [status, message] = knownErrors[mishap.code] ?? [400, mishap.code]
  return new AwsError(mishap.status ?? status, mishap.code, mishap.message ?? message)
}
