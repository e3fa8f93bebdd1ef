import type { Sandbox } from '../../src/sandbox/host/sandbox.ts'

/** What an SDK client needs to talk to a sandbox. */
export const clientConfig = (
  sandbox: Sandbox,
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } = sandbox,
  region = 'us-east-1',
): {
  endpoint: string
  region: string
  forcePathStyle: true
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
} => ({
  endpoint: sandbox.endpoint,
  region,
  forcePathStyle: true,
  credentials: {
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey,
    ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
  },
})

/** The name of the error that a call ends with; `none` if it succeeds. */
export const nameOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error: unknown) => (error instanceof Error ? error.name : String(error)),
  )

/** Name and message of the error that a call ends with. */
export const failureOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
  )
