import { AwsClient } from 'aws4fetch'

import type { Sandbox } from '../../src/sandbox/host/sandbox.ts'

interface RawAnswer {
  readonly status: number
  readonly etag: string
  readonly text: string
}

/** CloudFront's API as a client uses it that knows no model: documents go out and come in as they are. */
export interface RawCloudFront {
  get(path: string): Promise<RawAnswer>
  post(path: string, body: string): Promise<RawAnswer>
  put(path: string, etag: string, body: string): Promise<RawAnswer>
  /** The configuration of a resource, such as `distribution/E1`. */
  config(resource: string): Promise<string>
  /**
   * Rewrites the configuration of a resource; returns it as it is then served.
   *
   * @throws Error if that is refused
   */
  change(resource: string, by: (config: string) => string): Promise<string>
}

export function rawCloudFront({ endpoint, accessKeyId, secretAccessKey }: Sandbox): RawCloudFront {
  const signer = new AwsClient({ accessKeyId, secretAccessKey, service: 'cloudfront', region: 'us-east-1', retries: 0 })
  const send = async (path: string, more: { method: string; body?: string; headers?: Record<string, string> }) => {
    const answer = await signer.fetch(`${endpoint}/2020-05-31/${path}`, more)
    return { status: answer.status, etag: answer.headers.get('etag') ?? '', text: await answer.text() }
  }
  const get = (path: string) => send(path, { method: 'GET' })
  const put = (path: string, etag: string, body: string) =>
    send(path, { method: 'PUT', body, headers: { 'if-match': etag } })
  const config = async (resource: string): Promise<string> => (await get(`${resource}/config`)).text
  return {
    get,
    put,
    post: (path, body) => send(path, { method: 'POST', body }),
    config,
    async change(resource, by) {
      const { etag, text } = await get(`${resource}/config`)
      // Policies are updated where they stand themselves, all else where its configuration is read.
      const answer = await put(`${resource}${resource.includes('policy/') ? '' : '/config'}`, etag, by(text))
      if (answer.status !== 200) throw new Error(`${resource}: ${answer.text}`)
      return config(resource)
    },
  }
}
