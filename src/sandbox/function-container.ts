/** Sent to a container: one event, as JSON text. */
export interface ContainerRequest {
  requestId: string
  event: string
  /** Milliseconds since the epoch at which the function times out. */
  deadline: number
}

/** Sent by a container: ready (once), then one answer a request. */
export type ContainerMessage =
  | { kind: 'ready' }
  | { kind: 'result'; payload: string }
  | { kind: 'error'; errorType: string; errorMessage: string; trace: string[] }

/** What a container is started with, as its only argument (JSON). */
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
}

/**
 * The program of a container: plays Lambda's runtime interface client for Node. It goes over to the new process as its
 * own source text, so it must not use anything from outside its body.
 * Rules: Lambda developer guide, "Define Lambda function handler in Node.js" and "Using the Lambda context object".
 */
async function container(): Promise<void> {
  type Failure = Extract<ContainerMessage, { kind: 'error' }>
  type Callback = (error: unknown, result?: unknown) => void
  type Handler = (event: unknown, context: object, callback?: Callback) => unknown
  const { existsSync } = await import('node:fs')
  const path = await import('node:path')
  const { pathToFileURL } = await import('node:url')
  const settings = JSON.parse(process.argv[1] ?? '{}') as ContainerSettings

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
  const answer = (message: ContainerMessage): void => void process.send?.(message)

  const load = async (): Promise<Handler | Failure> => {
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

  const run = (handler: Handler, request: ContainerRequest): Promise<unknown> => {
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

  process.on('disconnect', () => process.exit(0))
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, (error: unknown) => {
      const { errorType, errorMessage, trace } = failureOf(error)
      const type = event === 'unhandledRejection' ? 'Runtime.UnhandledPromiseRejection' : errorType
      process.send?.(failure(type, errorMessage, trace), () => process.exit(129))
    })
  }
  const handler = await load()
  if (typeof handler !== 'function') {
    process.send?.(handler, () => process.exit(1))
    return
  }
  process.on('message', (message) => {
    run(handler, message as ContainerRequest).then(
      (result) => {
        try {
          answer({ kind: 'result', payload: result === undefined ? 'null' : JSON.stringify(result) })
        } catch {
          answer(failure('Runtime.MarshalError', 'Unable to stringify response body'))
        }
      },
      (error: unknown) => answer(failureOf(error)),
    )
  })
  answer({ kind: 'ready' })
}

/** The program for `node --eval`. */
export const containerProgram = `(${container.toString()})()`
