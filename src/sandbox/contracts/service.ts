import type { Readable } from 'node:stream'

import type { Store } from './store.ts'

/** Who signed a request. `root` is what the sandbox's own printed credentials are: they may do everything. */
export type Caller =
  | { kind: 'anonymous' }
  | { kind: 'root'; accountId: string; arn: string; accessKeyId: string }
  | { kind: 'user'; accountId: string; arn: string; accessKeyId: string; userName: string }
  /** A role session; `roleArn` is the role's own ARN, `arn` the assumed-role ARN; `inside` if a service or function has it. */
  | { kind: 'role'; accountId: string; arn: string; accessKeyId: string; roleArn: string; inside?: boolean }
  /** CloudFront fetching from S3: as an OAI (its canonical user) or as the service for a distribution (OAC). */
  | { kind: 'origin-access-identity'; id: string; s3CanonicalUserId: string }
  | { kind: 'service'; principal: string; sourceArn: string; sourceAccount: string }

/** One request whose signature has been verified. */
export interface AwsRequest {
  readonly requestId: string
  /** Service and region of the credential scope, such as `s3`, `cloudfront`, `iam`, `sts`, `kms`, `lambda`. */
  readonly service: string
  readonly region: string
  readonly method: string
  /** The path as it came over the wire: still percent-encoded, without the query. */
  readonly rawPath: string
  readonly query: URLSearchParams
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly caller: Caller
  /** The body as it arrives, already freed of aws-chunked framing; reading it to its end verifies its hash. */
  readonly body: Readable
  /** The whole body. May be called any number of times. */
  buffer(): Promise<Buffer>
  /** Trailing headers of an aws-chunked body (lower-case names); complete once the body has been read to its end. */
  readonly trailers: Readonly<Record<string, string>>
}

/** What a request needs to be allowed, in the words of IAM. */
export interface Permission {
  /** Such as `kms:Decrypt`. */
  action: string
  /** ARN. Undefined: only the action is looked at. */
  resource?: string
  /** Condition keys of the service, such as `kms:EncryptionContext:app`. */
  context?: Readonly<Record<string, string | readonly string[]>>
  /** The resource's own policy (JSON). */
  resourcePolicy?: string
  /** The resource policy must allow the request or leave it to the account's IAM policies, as KMS keys demand. */
  resourcePolicyDecides?: boolean
}

export interface AwsResponse {
  status: number
  headers?: Record<string, string>
  body?: string | Buffer | Readable
  /** The connection breaks in the middle of a body that is not streamed. */
  cut?: boolean
}

/** An error as AWS answers it; each protocol writes it in its own format. */
export class AwsError extends Error {
  readonly code: string
  readonly status: number
  /** Further fields of the error document, such as `Resource` or `BucketName`. */
  readonly fields: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    code: string,
    message: string,
    more: { fields?: Record<string, string>; headers?: Record<string, string> } = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.fields = more.fields ?? {}
    this.headers = more.headers ?? {}
  }
}

/** One AWS service of the sandbox. */
export interface Service {
  /** The names it answers to in a credential scope. */
  readonly names: readonly string[]
  /** The API operations that it performs; it refuses all others. src/sandbox/README.md says what of each. */
  readonly operations: readonly string[]
  /** The API operation that a request asks for, such as `CreateRole`; used by the call log, faults and IAM. */
  operation(request: AwsRequest): Promise<string> | string
  /** ARN of what a request is about, for the call log; where it is missing, that of the first permission serves. */
  resource?(request: AwsRequest): string
  /**
   * What the caller must be allowed. Without this method the core looks for `service:Operation` on any resource; a
   * service that judges its callers by itself returns an empty list.
   */
  permissions?(request: AwsRequest, operation: string): Promise<readonly Permission[]> | readonly Permission[]
  /** Carries the operation out. Throws {@link AwsError}. */
  handle(request: AwsRequest, operation: string): Promise<AwsResponse>
  /** Writes an error in the service's protocol. */
  error(error: AwsError, request: AwsRequest): AwsResponse
}

/** How long AWS takes to notice what was just made. All in milliseconds. */
export interface Timing {
  /** Until a new or changed role can be assumed by Lambda. */
  roleAssumable: number
  /** Until a new OAI is a valid principal in a bucket policy. */
  principal: number
  /** Until a new function, a function update or a published version leaves Pending/InProgress. */
  functionActive: number
  /** Until a new or changed distribution is Deployed. */
  deploy: number
  /** Until an invalidation is Completed. */
  invalidation: number
  /** Until a new key, alias or resource of CloudFront shows up in lists; asked for by its name it is there at once. */
  listed: number
  /** Until every edge has a function that was published, or keys that were written into a key value store. */
  spread: number
  /** Until a new key value store is READY. */
  storeReady: number
  /** For how long an edge keeps an error of S3 at least, whatever the distribution says. */
  error: number
  /** For how long a batch job is in each state that it leaves by itself. */
  jobState: number
  /** Until a task of a batch job that has failed for the time being is tried again. */
  redrive: number
}

/** Whether what was made then shows up in lists by now. */
export const isListed = (context: Context, createdAt: number): boolean =>
  context.now() >= createdAt + context.timing.listed

/** What the services know of each other without going over the wire. */
export interface Context {
  readonly store: Store
  readonly accountId: string
  readonly timing: Readonly<Timing>
  /** Base URL of the sandbox's AWS endpoint, such as `http://127.0.0.1:4566`. */
  readonly endpoint: string
  /** The same as clients call it, where something stands before it; URLs in answers begin with it. */
  readonly calledEndpoint: string
  /** Folder for what does not belong into SQLite: object bodies, unpacked functions. */
  readonly folder: string
  /** Milliseconds since the epoch. */
  now(): number
  /** Whether edges take a change one after the other, as CloudFront's do, until it is Deployed or has spread. */
  readonly edgeByEdge?: boolean
}
