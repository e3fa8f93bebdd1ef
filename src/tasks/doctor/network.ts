/** All that `doctor` asks the network for, but for the front server. Every request has its time limit. */
import { lookup } from 'node:dns/promises'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { checkServerIdentity, connect, type PeerCertificate, rootCertificates } from 'node:tls'

import { networkOf } from '../../aws/network.ts'
import { reasonIn } from '../../edge/probe.ts'

/** What the CDN answered. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The beginning of the body, at most as much as was asked for. */
  readonly body: Buffer
  /** Of a refusal: the edge's reason, S3's error code, or that it is CloudFront's own page. */
  readonly reason: string | undefined
  /** Status and reason in a few words. */
  readonly said: string
  /** The answerer's clock, in Unix seconds, if it told; that of a cached answer is put forward by its age. */
  readonly date: number | undefined
}

export interface AskOptions {
  /** Value of the Range header, such as `bytes=0-0`. */
  readonly range?: string
  /** Bytes of the body that are waited for; the rest is not downloaded. */
  readonly most?: number
  /** How long all of it may take. */
  readonly patienceMs?: number
}

const usualPatienceMs = 10_000
const enoughForReason = 4096

/** GETs a URL as a package manager does, on a connection of its own. Redirects are not followed. */
export async function ask(
  url: string,
  { range, most = 0, patienceMs = usualPatienceMs }: AskOptions = {},
): Promise<Answer> {
  const { protocol, host: domain, pathname, search } = new URL(url)
  const scheme = protocol === 'https:' ? 'https' : 'http'
  const headers: Record<string, string> = range === undefined ? {} : { range }
  // Not asked again where it fails: what fails now and then is worth being told.
  const signal = AbortSignal.timeout(patienceMs)
  const asking = networkOf().get({ scheme, domain, target: pathname + search, headers, signal })
  const response = await asking.catch((error: unknown) => {
    throw signal.aborted ? new Error(`none within ${patienceMs / 1000} s`) : error
  })
  try {
    const { statusCode: status = 0, statusMessage = '', headers } = response
    const refused = status >= 400
    const body = await beginning(response, refused ? enoughForReason : most)
    const reason = refused ? reasonIn(body.toString()) : undefined
    // The edge puts its reason into the status line as well.
    const said = reason === undefined || statusMessage.includes(reason) ? statusMessage : `${statusMessage}: ${reason}`
    return { status, headers, body, reason, said: `${status} ${said}`.trim(), date: dateOf(headers) }
  } finally {
    response.destroy()
  }
}

async function beginning(response: IncomingMessage, most: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let length = 0
  if (most === 0) return Buffer.alloc(0)
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece)
    length += piece.length
    if (length >= most) break
  }
  return Buffer.concat(pieces).subarray(0, most)
}

function dateOf({ date, age }: IncomingHttpHeaders): number | undefined {
  const told = Date.parse(date ?? '') / 1000 + Number(age ?? 0)
  return Number.isNaN(told) ? undefined : told
}

/** The addresses that this machine has for a name, from DNS or `/etc/hosts`. */
export async function addressesOf(name: string): Promise<string[]> {
  const timeout = AbortSignal.timeout(usualPatienceMs)
  const late = new Promise<never>((_, reject) => {
    timeout.addEventListener('abort', () => reject(new Error(`none within ${usualPatienceMs / 1000} s`)))
  })
  const found = await Promise.race([lookup(name, { all: true }), late])
  return found.map(({ address }) => address)
}

/** What a server proves its name with. */
export interface ServerCertificate {
  /** Why it does not stand for the name, if it doesn't. */
  readonly otherName: string | undefined
  /** Why the chain up to a known authority is not accepted, such as `SELF_SIGNED_CERT_IN_CHAIN`. */
  readonly untrusted: string | undefined
  /** Whether only an authority that this machine trusts of its own stands behind it: then TLS was opened on the way. */
  readonly ownAuthority: boolean
  readonly issuer: string
  /** Unix seconds. */
  readonly validFrom: number
  readonly validTo: number
  /** Such as `TLSv1.3`. */
  readonly protocol: string
}

/**
 * Looks at the certificate that a server shows for a name; a bad one is an answer, not an error.
 *
 * @param host - where the server is, if it is not where the name is; the proxy in use looks it up
 * @param roots - the authorities that everybody trusts
 * @throws what the network throws
 */
export async function certificateOf(
  name: string,
  port: number,
  host = name,
  roots: string | readonly string[] = rootCertificates,
): Promise<ServerCertificate> {
  const seen = await shake(name, port, host, roots)
  if (seen.untrusted === undefined) return seen
  const own = await shake(name, port, host)
  return own.untrusted === undefined ? { ...own, ownAuthority: true } : seen
}

/** One handshake. Without `ca`, all that this machine trusts counts. */
async function shake(
  name: string,
  port: number,
  host: string,
  ca?: string | readonly string[],
): Promise<ServerCertificate> {
  const { promise, resolve, reject } = Promise.withResolvers<ServerCertificate>()
  const authorities = ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }
  const timer = setTimeout(() => reject(new Error(`none within ${usualPatienceMs / 1000} s`)), usualPatienceMs)
  const opening = networkOf().connect(host, port)
  try {
    const below = await Promise.race([opening, promise.then(() => opening)])
    const socket = connect({ socket: below, servername: name, rejectUnauthorized: false, ...authorities }, () => {
      const certificate = socket.getPeerCertificate()
      // An outdated certificate is told by its dates, in days.
      const flaw = socket.authorized ? undefined : String(socket.authorizationError)
      const known = flaw === 'CERT_HAS_EXPIRED' || flaw === 'ERR_TLS_CERT_ALTNAME_INVALID'
      resolve({
        otherName: checkServerIdentity(name, certificate)?.message,
        untrusted: known ? undefined : flaw,
        ownAuthority: false,
        issuer: issuerOf(certificate),
        validFrom: Date.parse(certificate.valid_from) / 1000,
        validTo: Date.parse(certificate.valid_to) / 1000,
        protocol: socket.getProtocol() ?? 'TLS',
      })
    })
    socket.once('error', reject)
    return await promise
  } finally {
    clearTimeout(timer)
    opening.then((socket) => socket.destroy()).catch(() => undefined)
  }
}

/** A name may stand there more than once. */
function issuerOf({ issuer }: PeerCertificate): string {
  const name: unknown = issuer.O ?? issuer.CN ?? ''
  return Array.isArray(name) ? name.join(', ') : String(name)
}
