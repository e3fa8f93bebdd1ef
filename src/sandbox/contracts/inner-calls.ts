import type { AwsResponse, Caller } from './service.ts'

/** A request of one service of AWS to another, in the name of whom it works for. */
export interface InnerRequest {
  /** As in credential scopes, such as `lambda`. */
  readonly service: string
  readonly region: string
  readonly caller: Caller
  readonly method: string
  /** Percent-encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** How a service calls the others as a client would. */
export interface InnerCalls {
  /**
   * Such a request is logged, made to fail and judged like one that came over the wire. An error of AWS is an answer;
   * rejects where the connection breaks.
   */
  call(request: InnerRequest): Promise<AwsResponse>
  /** Who has the session that STS gave this access key to. */
  session(accessKeyId: string): Caller | undefined
}
