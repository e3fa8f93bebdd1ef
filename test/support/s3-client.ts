import { S3Client } from '@aws-sdk/client-s3'

import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/host/sandbox.ts'

/** A sandbox that is quick to notice changes, and a client of its S3. */
export interface S3Fixture {
  sandbox: Sandbox
  client: S3Client
  /** A client of another region, or with other credentials. */
  clientOf(region: string, credentials?: { accessKeyId: string; secretAccessKey: string }): S3Client
  close(): Promise<void>
}

export async function startS3(options: SandboxOptions = {}): Promise<S3Fixture> {
  const sandbox = await startSandbox({ timing: { principal: 0 }, ...options })
  const clients: S3Client[] = []
  const { accessKeyId, secretAccessKey } = sandbox
  const clientOf: S3Fixture['clientOf'] = (region, credentials = { accessKeyId, secretAccessKey }) => {
    const client = new S3Client({
      region,
      credentials,
      endpoint: sandbox.endpoint,
      forcePathStyle: true,
      maxAttempts: 1,
    })
    clients.push(client)
    return client
  }
  return {
    sandbox,
    client: clientOf('us-east-1'),
    clientOf,
    async close() {
      for (const client of clients) client.destroy()
      await sandbox.close()
    },
  }
}

/** Name and status of the error that a call ends with. */
export async function failureOf(call: Promise<unknown>): Promise<{ name: string; status: number; message: string }> {
  try {
    await call
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } }
    return { name, message, status: $metadata?.httpStatusCode ?? 0 }
  }
  throw new Error('the call succeeded')
}
