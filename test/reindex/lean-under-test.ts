import { createLeanS3, type LeanS3 } from '../../src/aws/s3-lean.ts'
import type { Sandbox } from '../../src/sandbox/host/sandbox.ts'

/** Our own client of a sandbox's bucket, which lives in us-east-1. */
export function leanFor(sandbox: Sandbox, bucket: string): LeanS3 {
  const { hostname, port } = new URL(sandbox.endpoint)
  return createLeanS3(
    bucket,
    { protocol: 'http:', hostname, port: Number(port), base: `/${bucket}`, region: 'us-east-1' },
    async () => sandbox,
    { slowDown: () => undefined, retry: () => undefined },
  )
}
