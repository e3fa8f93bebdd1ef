import { channelDescriptor, openChannel, type ContainerChannel } from '../containers/function-channel.ts'
import { closeDoors } from '../containers/function-confinement.ts'
import { bridgeConnections, type ConnectionMessage } from './function-connections.ts'
import { bridgeFetch, type FetchMessage, type FetchOutcome } from './function-network.ts'

/** One event, as JSON text. */
export interface ContainerRequest {
  requestId: string
  event: string
  /** Milliseconds since the epoch at which the function times out. */
  deadline: number
}

/** Sent to a container: how it is to start (once), then events, and what became of its function's requests. */
export type ContainerOrder =
  | { kind: 'start'; settings: ContainerSettings }
  | ({ kind: 'event' } & ContainerRequest)
  | FetchOutcome
  | ConnectionMessage

/** Sent by a container: ready (once), then one answer a request. */
export type ContainerMessage =
  | { kind: 'ready' }
  | { kind: 'result'; payload: string }
  | { kind: 'error'; errorType: string; errorMessage: string; trace: string[] }

export function isContainerMessage(message: unknown): message is ContainerMessage {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return false
  const { kind, payload, errorType, errorMessage, trace } = message as Record<string, unknown>
  if (kind === 'result') return typeof payload === 'string'
  const texts = typeof errorType === 'string' && typeof errorMessage === 'string' && Array.isArray(trace)
  return kind === 'ready' || (kind === 'error' && texts)
}

/** What a container is started with. */
export interface ContainerSettings {
  /** The unpacked zip. */
  taskRoot: string
  /** `file.export`. */
  handler: string
  /** Node's major version that the runtime's name promises. */
  nodeMajor: number
  functionName: string
  functionVersion: string
  functionArn: string
  memorySize: number
  logGroup: string
  logStream: string
  /** The function's variables and Lambda's. Set by the container, for in its own environment they could steer Node. */
  environment: Readonly<Record<string, string>>
}

/**
 * The program of a container: plays Lambda's runtime interface client for Node. It goes over to the new process as its
 * own source text, so it must not use anything from outside its body.
 * Rules: Lambda developer guide, "Define Lambda function handler in Node.js" and "Using the Lambda context object".
 *
 * @param channel - of {@link openChannel}
 * @param close - {@link closeDoors}
 * @param bridge - {@link bridgeFetch}
 * @param connections - {@link bridgeConnections}
 */
function container(
  channel: ContainerChannel,
  close: typeof closeDoors,
  bridge: typeof bridgeFetch,
  connections: typeof bridgeConnections,
): void {
  type Failure = Extract<ContainerMessage, { kind: 'error' }>
  type Callback = (error: unknown, result?: unknown) => void
  type Handler = (event: unknown, context: object, callback?: Callback) => unknown
  const { existsSync } = process.getBuiltinModule('node:fs')
  const path = process.getBuiltinModule('node:path')
  const { pathToFileURL } = process.getBuiltinModule('node:url')

  const failure = (errorType: string, errorMessage: string, trace: string[] = []): Failure => ({
    kind: 'error',
    errorType,
    errorMessage,
    trace,
  })
  const failureOf = (error: unknown): Failure => {
    if (!(error instanceof Error))
      return failure(typeof error, error === undefined ? 'undefined' : JSON.stringify(error))
    return failure(error.name, error.message, error.stack?.split('\n') ?? [])
  }
  const answer = (message: ContainerMessage | FetchMessage | ConnectionMessage): void => channel.send(message)
  const giveUp = (message: Failure, code: number): void => channel.send(message, () => process.exit(code))

  const load = async (settings: ContainerSettings): Promise<Handler | Failure> => {
    const dot = settings.handler.lastIndexOf('.')
    const [name, member] = [settings.handler.slice(0, dot), settings.handler.slice(dot + 1)]
    if (dot < 1 || member === '') return failure('Runtime.MalformedHandlerName', 'Bad handler')
    const file = ['.js', '.mjs', '.cjs']
      .map((end) => path.join(settings.taskRoot, name + end))
      .find((candidate) => existsSync(candidate))
    if (file === undefined) {
      return failure('Runtime.ImportModuleError', `Error: Cannot find module '${name}'\nRequire stack:\n- index.mjs`)
    }
    let module: Record<string, unknown>
    try {
      // eslint-disable-next-line rooms/imports -- This is what a function's container is for: it loads a function's code.
      module = (await import(pathToFileURL(file).href)) as Record<string, unknown>
    } catch (error) {
      if (error instanceof SyntaxError) return failure('Runtime.UserCodeSyntaxError', String(error))
      return failure('Runtime.ImportModuleError', String(error), error instanceof Error ? error.stack?.split('\n') : [])
    }
    const inDefault = module['default'] as Record<string, unknown> | undefined
    const handler = module[member] ?? inDefault?.[member]
    if (handler === undefined) {
      return failure('Runtime.HandlerNotFound', `${settings.handler} is undefined or not exported`)
    }
    if (typeof handler !== 'function') {
      return failure('Runtime.HandlerNotFound', `${settings.handler} is not a function`)
    }
    if (settings.nodeMajor >= 24 && handler.length > 2) {
      const text = 'AWS Lambda has removed support for callback-based function handlers starting with Node.js 24.'
      return failure('Runtime.CallbackHandlerDeprecated', text)
    }
    return handler as Handler
  }

  const run = (handler: Handler, settings: ContainerSettings, request: ContainerRequest): Promise<unknown> => {
    const context = {
      callbackWaitsForEmptyEventLoop: true,
      functionName: settings.functionName,
      functionVersion: settings.functionVersion,
      invokedFunctionArn: settings.functionArn,
      memoryLimitInMB: String(settings.memorySize),
      awsRequestId: request.requestId,
      logGroupName: settings.logGroup,
      logStreamName: settings.logStream,
      getRemainingTimeInMillis: () => Math.max(0, request.deadline - Date.now()),
    }
    return new Promise((resolve, reject) => {
      const callback = (error: unknown, result?: unknown): void => {
        if (error === undefined || error === null) resolve(result)
        else reject(error instanceof Error ? error : new Error(JSON.stringify(error)))
      }
      const returned = handler(JSON.parse(request.event), context, settings.nodeMajor >= 24 ? undefined : callback)
      const isPromise = typeof returned === 'object' && returned !== null && 'then' in returned
      // A handler without a callback that returns no promise has nothing more to say; Lambda answers null.
      if (isPromise) resolve(returned)
      else if (handler.length < 3) resolve(null)
    })
  }

  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, (error: unknown) => {
      const { errorType, errorMessage, trace } = failureOf(error)
      const type = event === 'unhandledRejection' ? 'Runtime.UnhandledPromiseRejection' : errorType
      giveUp(failure(type, errorMessage, trace), 129)
    })
  }
  const serve = (handler: Handler, settings: ContainerSettings, request: ContainerRequest): void => {
    run(handler, settings, request).then(
      (result) => {
        try {
          answer({ kind: 'result', payload: result === undefined ? 'null' : JSON.stringify(result) })
        } catch {
          answer(failure('Runtime.MarshalError', 'Unable to stringify response body'))
        }
      },
      (error: unknown) => answer(failureOf(error)),
    )
  }
  const start = async (settings: ContainerSettings): Promise<void> => {
    Object.assign(process.env, settings.environment)
    const handler = await load(settings)
    if (typeof handler !== 'function') {
      giveUp(handler, 1)
      return
    }
    onEvent = (request) => serve(handler, settings, request)
    answer({ kind: 'ready' })
  }

  let onEvent: (request: ContainerRequest) => void = () => undefined
  close()
  const onOutcome = bridge(answer)
  const onConnection = connections(answer)
  channel.listen((message) => {
    const order = message as ContainerOrder
    if (order.kind === 'start') void start(order.settings)
    else if (order.kind === 'event') onEvent(order)
    else if (order.kind === 'fetched' || order.kind === 'fetch-failed') onOutcome(order)
    else onConnection(order)
  })
}

/** The program for `node --eval`. */
const parts = [`(${openChannel.toString()})(${channelDescriptor})`, closeDoors.toString()]
const bridges = [bridgeFetch.toString(), bridgeConnections.toString()]
export const containerProgram = `(${container.toString()})(${[...parts, ...bridges].join(', ')})`
