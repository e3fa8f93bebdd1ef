import type { EdgeEvent } from '../../src/edge/handler.ts'

/** CloudFront's viewer-request event for a request target (path and query string as sent). */
export function viewerRequest(target: string, method = 'GET'): EdgeEvent & { Records: [EdgeEvent['Records'][number]] } {
  const [, uri = '', querystring = ''] = /^([^?]*)\??(.*)$/s.exec(target) ?? []
  const headers = { host: [{ key: 'Host', value: 'd111111abcdef8.cloudfront.net' }] }
  const request = { clientIp: '192.0.2.1', method, uri, querystring, headers }
  return { Records: [{ cf: { config: { eventType: 'viewer-request' }, request } }] }
}
