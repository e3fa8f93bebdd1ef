/**
 * CloudFront Functions and the key value stores that they read: what CloudFront keeps of them, what an edge has of them
 * by now, and what runs them. Developer guide, "Customize at the edge with CloudFront Functions".
 */

export type FunctionRuntime = 'cloudfront-js-1.0' | 'cloudfront-js-2.0'

/** A function in one of its stages, as it runs. */
export interface RunnableFunction {
  /** Names no stage: an association is with what is LIVE. */
  readonly arn: string
  readonly runtime: FunctionRuntime
  readonly code: string
  /** The one store that it may read, if it is associated with one. */
  readonly storeArn: string | undefined
}

/** What a key value store has, as it was looked at. */
export interface FunctionStore {
  readonly arn: string
  readonly values: ReadonlyMap<string, string>
  /** Milliseconds since the epoch, as `meta()` tells them. */
  readonly createdAt: number
  readonly changedAt: number
}

/**
 * What the edge asks of CloudFront, for each request anew. A publication or a change of keys is with all edges
 * `timing.spread` after it was made; with `edgeByEdge` each question is one edge's, which may have it at once or then.
 */
export interface EdgeFunctions {
  /** Stage LIVE as an edge has it. Undefined: there is no such function, or it was never published. */
  liveFunction(arn: string): RunnableFunction | undefined
  /** Undefined: there is no such store. */
  storeAtEdge(arn: string): FunctionStore | undefined
}

/** What runs functions, for the edge and for TestFunction. */
export interface FunctionsRuntime {
  /**
   * Runs a function once. What the function does wrong is in the answer; it rejects only if the sandbox is at fault.
   * CloudFront saves and publishes whatever code it is given: what its language has not, shows here, in TestFunction,
   * and as 503 at the edge.
   *
   * @param event - as in the developer guide, "CloudFront Functions event structure"; anybody may have made it
   * @param viewer - what the event does not tell of the request; without it `rawQueryString()` is made of the event
   */
  run(
    runnable: RunnableFunction,
    event: unknown,
    store: FunctionStore | undefined,
    viewer?: { readonly rawQueryString: string | undefined },
  ): Promise<FunctionRun>
}

/** How a run went. Has either `output` or `errorMessage`. */
export interface FunctionRun {
  /** What the function returned, checked and completed, as TestFunction writes it. */
  readonly output?: { readonly request: unknown } | { readonly response: unknown }
  /** In CloudFront's words, such as `SyntaxError: await in arguments not supported in 20`. */
  readonly errorMessage?: string
  /** What kind of mistake it is: the edge answers each in its own way. */
  readonly failure?: 'execution' | 'validation' | 'throttling'
  /** 0 to 100. */
  readonly computeUtilization: number
  /** Lines of `console.log`. */
  readonly logs: readonly string[]
}
