import type { Shown } from '../settings/overview.ts'
import { CtlError } from '../errors.ts'
import { type Exemptions, exemptionsIn, isAlwaysDirect } from './no-proxy.ts'

/** An HTTP proxy, and where it is set. */
export interface Proxy {
  /** Host and port, as messages name it. */
  readonly name: string
  /** The variable that it comes from. */
  readonly variable: string
  /** Without brackets. */
  readonly hostname: string
  readonly port: number
  /** Whether the proxy itself is spoken to over TLS. */
  readonly secure: boolean
  /** Value of Proxy-Authorization, where the URL has a user. Secret. */
  readonly authorization: string | undefined
}

/** How connections get out. */
export interface Proxies {
  /** Whether any variable names a proxy at all. */
  readonly any: boolean
  /**
   * The proxy of a connection; `undefined` where it goes directly.
   *
   * @param host - with or without brackets
   * @throws CtlError of kind `configuration` for a variable that names no proxy that can be used
   */
  for(scheme: 'http' | 'https', host: string, port: number): Proxy | undefined
}

const variables = {
  https: ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'],
  http: ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'],
  none: ['no_proxy', 'NO_PROXY'],
} as const

/**
 * Reads HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY as curl does: the lower-case name first, then the upper-case one,
 * and one that is empty counts as not set.
 */
export function proxiesOf(environment: NodeJS.ProcessEnv = process.env): Proxies {
  const named = { https: firstOf(variables.https, environment), http: firstOf(variables.http, environment) }
  const exempt: Exemptions = exemptionsIn(firstOf(variables.none, environment)?.text ?? '')
  return {
    any: named.https !== undefined || named.http !== undefined,
    for(scheme, host, port) {
      const found = named[scheme]
      if (found === undefined || isAlwaysDirect(host, port) || exempt(host, port)) return undefined
      return readProxy(found)
    },
  }
}

interface Named {
  readonly variable: string
  readonly text: string
}

function firstOf(names: readonly string[], environment: NodeJS.ProcessEnv): Named | undefined {
  const variable = names.find((name) => (environment[name] ?? '') !== '')
  return variable === undefined ? undefined : { variable, text: (environment[variable] ?? '').trim() }
}

/** As curl takes it: without a scheme it is spoken to over plain HTTP. */
function readProxy({ variable, text }: Named): Proxy {
  const url = urlOf(text)
  if (url === undefined) {
    throw unusable(variable, 'holds no URL of a proxy', [
      `Such as ${variable}=http://proxy.example.org:3128, with a user: http://USER:PASSWORD@proxy.example.org:3128`,
      'In user and password, all but letters and digits is percent-encoded: %40 is @, %2F is /.',
    ])
  }
  const scheme = url.protocol.slice(0, -1)
  if (scheme !== 'http' && scheme !== 'https') {
    throw unusable(variable, `names a proxy of kind ${scheme}, and only HTTP proxies can be used`, [
      `Set HTTPS_PROXY to one, or NO_PROXY to what can be reached without.`,
    ])
  }
  const port = Number(url.port || (scheme === 'https' ? 443 : 80))
  const { username, password } = url
  const secret = `${decoded(username)}:${decoded(password)}`
  return {
    name: `${url.hostname}:${port}`,
    variable,
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    secure: scheme === 'https',
    authorization: username + password === '' ? undefined : `Basic ${Buffer.from(secret).toString('base64')}`,
  }
}

function urlOf(text: string): URL | undefined {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`)
  return url === null || url.hostname === '' ? undefined : url
}

/** What is no percent-encoding stands for itself: passwords have percent signs. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The value may hold a password, so it is not repeated. */
const unusable = (variable: string, why: string, hint: readonly string[]): CtlError =>
  new CtlError('configuration', `${variable} ${why}.`, { hint, code: 'ProxyUnusable' })

/** What `show-config` tells of the variables: passwords are masked. */
export function showProxies(environment: NodeJS.ProcessEnv = process.env): Shown[] {
  const proxies = (['https', 'http'] as const).map((scheme): Shown => {
    const name = variables[scheme][1]
    const found = firstOf(variables[scheme], environment)
    if (found === undefined) return { name, value: null, source: null }
    try {
      readProxy(found)
      return { name, value: masked(found.text), source: found.variable }
    } catch (error) {
      if (!(error instanceof CtlError)) throw error
      return { name, value: null, source: found.variable, problem: error.message }
    }
  })
  const none = firstOf(variables.none, environment)
  return [...proxies, { name: variables.none[1], value: none?.text ?? null, source: none?.variable ?? null }]
}

function masked(text: string): string {
  const url = urlOf(text)
  if (url === undefined) return ''
  if (url.password !== '') url.password = '***'
  return url.href.replace(/\/$/, '')
}
