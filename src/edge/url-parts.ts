/** A URL taken apart without the repairs that `URL` makes: what is explained must be what was given. */
export interface UrlParts {
  scheme: 'http' | 'https'
  /** Host, with port if there is one. */
  domain: string
  /** As given, escapes and all; `/` where there is none. */
  path: string
  /** As given, without the question mark. */
  querystring: string
}

const shape = /^(https?):\/\/([^/?#@\s]+)(\/[^?#]*)?(?:\?([^#]*))?(?:#.*)?$/is

/** Undefined for what is not an absolute http or https URL. */
export function parseUrl(text: string): UrlParts | undefined {
  const [, scheme = '', domain = '', path = '/', querystring = ''] = shape.exec(text) ?? []
  if (domain === '') return undefined
  const https = scheme.toLowerCase() === 'https'
  return { scheme: https ? 'https' : 'http', domain: domain.toLowerCase(), path, querystring }
}
