import type { Agent as HttpAgent } from 'node:http'

import type { CredentialSource, detailLogger } from './credentials.ts'
import type { Network } from './network.ts'
import type { toldRetries } from './retries.ts'

/** What every client is made with; the SDK fills in the rest from its own environment variables. */
export interface ClientConfig {
  region?: string
  profile?: string
  credentials?: CredentialSource | { accessKeyId: string; secretAccessKey: string }
  requestHandler: { socketTimeout: number; httpAgent?: HttpAgent; httpsAgent?: HttpAgent }
  maxAttempts: number
  retryStrategy: ReturnType<typeof toldRetries>
  forcePathStyle?: boolean
  customUserAgent: string
  logger: typeof detailLogger
}

/** The part of an SDK client that all of them share and that is used here. */
export interface Client {
  config: { region: unknown; serviceId?: string; requestHandler: object }
  middlewareStack: {
    add(middleware: never, options: { step: 'initialize'; name: string }): void
  }
  destroy(): void
}

/** The door to AWS. Clients are made on first use, so a command loads and connects only what it talks to. */
export interface Aws {
  /**
   * The one client of a class and region. Without a region: that of the bucket, or the SDK's own chain. `once` is for
   * calls that must not be repeated without looking what the first attempt did.
   */
  client<C extends Client>(Class: new (config: ClientConfig) => C, region?: string, once?: 'once'): C
  /** How connections get out, for what is no call of the SDK. */
  readonly network: Network
  /**
   * Finds the reason of an error that an answer without a body is: S3 does not say in an answer to HEAD that it doesn't
   * know who asks. Answers the error itself where the credentials are good.
   */
  readonly whyRefused: (error: unknown) => Promise<unknown>
  /** Closes all connections. */
  close(): void
}
