import type { Arrival } from '../wire/server.ts'

/** A request that a web page of somebody else may have sent; `status` is the HTTP answer. */
export class ForeignPageError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** What `curl -d` and `fetch` send a text as. */
const textTypes = new Set(['text/plain', 'application/x-www-form-urlencoded'])

/**
 * Lets pass what the sandbox's own user has sent. A browser on this machine reaches loopback too, and sends what any page
 * tells it: under a name of the page's that it resolves to 127.0.0.1 (DNS rebinding), which shows in Host, or to our own
 * address, which shows in Origin (Fetch standard) and Sec-Fetch-Site (Fetch Metadata).
 *
 * @param endpoint - where the sandbox listens, such as `http://127.0.0.1:4566`
 * @throws ForeignPageError for any other request
 */
export function requireOwnPage({ method, headers }: Arrival, endpoint: string): void {
  const names = ['127.0.0.1', 'localhost', '[::1]'].map((name) => new URL(`http://${name}:${new URL(endpoint).port}`))
  const host = headers['host']?.toLowerCase()
  if (!names.some((name) => name.host === host)) {
    throw new ForeignPageError(403, `This is ${endpoint}; the request's Host names another server.`)
  }
  const { origin, 'sec-fetch-site': site = 'none' } = headers
  if (origin !== undefined && !names.some((name) => name.origin === origin)) {
    throw new ForeignPageError(403, 'Web pages of other origins have no business here.')
  }
  // A page of another port of this machine is of the same site, and somebody else's all the same.
  if (site !== 'none' && site !== 'same-origin') {
    throw new ForeignPageError(403, 'Web pages of other origins have no business here.')
  }
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (method !== 'GET' && type !== undefined && !textTypes.has(type)) {
    throw new ForeignPageError(415, `A body is text, one fault or plan a line: ${[...textTypes].join(' or ')}.`)
  }
}
