import { AwsClient } from 'aws4fetch'

import type { Sandbox } from '../../src/sandbox/host/sandbox.ts'

/** What a plain HTTP request ends with: status, S3's code and message, and the whole document. */
export interface Answered {
  status: number
  code: string
  message: string
  text: string
}

/** Sends requests as no SDK would: signed, but otherwise as they are given. `path` with its query. */
export function signedS3(
  sandbox: Sandbox,
): (method: string, path: string, headers?: Record<string, string>, body?: string) => Promise<Answered> {
  const { accessKeyId, secretAccessKey, endpoint } = sandbox
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'us-east-1', retries: 0 })
  return async (method, path, headers = {}, body) => {
    const response = await client.fetch(endpoint + path, { method, headers, ...(body === undefined ? {} : { body }) })
    const text = await response.text()
    const [, code = ''] = /<Code>(.*?)<\/Code>/.exec(text) ?? []
    const [, message = ''] = /<Message>(.*?)<\/Message>/s.exec(text) ?? []
    return { status: response.status, code, message, text }
  }
}
