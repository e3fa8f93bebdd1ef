/** What the edge would answer to a URL, and why: the function's own checks, and then some that only a person needs. */
import { firstRules } from './config.ts'
import { diagnoseSignature, diagnoseToken, type NamedSecret } from './diagnosis.ts'
import { foreignSignature, type ForeignSignature } from './foreign-signature.ts'
import { findPath } from './guard.ts'
import { encodePath } from './path.ts'
import { decodeSecret } from './secret-text.ts'
import { verify } from './signature.ts'
import { type Algorithm, checkExpiry, findToken, type Refusal, type Token } from './token.ts'
import type { UrlParts } from './url-parts.ts'

/** What a well-formed token says. */
interface TokenDetails {
  algorithm: Algorithm
  /** Unix time in seconds. */
  expires: number
  /** The same in ISO 8601. */
  expiresAt: string
  /** Negative once expired. */
  secondsLeft: number
  /** Which secret made the signature. */
  signedWith: 'current' | 'previous' | 'neither' | 'unchecked'
}

/** What is known about a URL. */
export interface Explanation {
  /** `unknown`: everything that can be checked without the secret is right. */
  verdict: 'accepted' | 'refused' | 'unknown'
  /** What the edge answers, or why it cannot be told. */
  reason?: string
  domain: string
  /** The S3 key that the URL means, where its path can be decoded. */
  key?: string
  /** The path as the edge forwards it. */
  canonicalPath?: string
  token?: TokenDetails
  foreign?: ForeignSignature
  /** Sentences for the operator. */
  notes: string[]
}

/** What the explanation may be measured against. */
export interface EdgeKnowledge {
  /** The current secret first; may be empty. */
  secrets: readonly NamedSecret[]
  /** The distribution's domain, if it is configured. */
  domain?: string | undefined
  /** Unix time in seconds. */
  now: number
}

/** The part of an explanation that is decided; the rest is read off the URL. */
type Judgement = Pick<Explanation, 'verdict' | 'reason' | 'token'> & { notes: (string | undefined)[] }

/**
 * Explains a URL.
 *
 * @throws TypeError if one of the secrets is malformed, see {@link decodeSecret}
 */
export function explain(parts: UrlParts, known: EdgeKnowledge): Explanation {
  const path = findPath(parts.path)
  const foreign = foreignSignature(parts.querystring)
  const { notes, ...judgement } = judge(parts, path, foreign, known)
  return {
    ...judgement,
    domain: parts.domain,
    ...(typeof path === 'string' && { key: path.slice(1), canonicalPath: encodePath(path) }),
    ...(foreign && { foreign }),
    notes: [...notes.filter((note) => note !== undefined), ...circumstances(parts, path, known)],
  }
}

/** In the order of the function's checks. */
function judge(
  parts: UrlParts,
  path: string | Refusal,
  foreign: ForeignSignature | undefined,
  known: EdgeKnowledge,
): Judgement {
  if (typeof path !== 'string') return refuse(path.reason, pathNotes[path.refused])
  const token = findToken(parts.querystring)
  if (!('refused' in token)) return judgeToken(token, path, parts, known)
  return refuse(
    token.reason,
    token.refused === 'missing token' ? diagnoseAbsence(foreign) : diagnoseToken(parts.querystring),
  )
}

const pathNotes: Partial<Record<Refusal['refused'], string>> = {
  'malformed path': 'It holds a broken escape, bytes that are not UTF-8, control characters or a dot segment.',
  reserved: 'There pc-ctl keeps what is its own, such as the lock of reindex-everything: no edge hands that out.',
}

const refuse = (reason: string, ...notes: (string | undefined)[]): Judgement => ({ verdict: 'refused', reason, notes })

function judgeToken(found: Token, path: string, parts: UrlParts, known: EdgeKnowledge): Judgement {
  const { algorithm, expires } = found
  const signedWith = signerOf(found, path, known.secrets)
  const secondsLeft = expires - Math.floor(known.now)
  const token = { algorithm, expires, expiresAt: new Date(expires * 1000).toISOString(), secondsLeft, signedWith }
  const mistake =
    signedWith === 'neither' ? (diagnoseSignature(found, path, parts, known.secrets) ?? unknownSigner) : undefined
  const expired = checkExpiry(found, known.now)
  if (expired !== undefined) {
    return { ...refuse(expired.reason, mistake && `The signature is bad as well. ${mistake}`), token }
  }
  if (mistake !== undefined) return { ...refuse('bad signature', mistake), token }
  const notes = [
    secondsLeft > firstRules.longestLife ? longLife : undefined,
    signedWith === 'previous' ? oldSigner : undefined,
  ]
  return signedWith === 'unchecked'
    ? { verdict: 'unknown', reason: uncheckable, token, notes }
    : { verdict: 'accepted', token, notes }
}

function signerOf(token: Token, path: string, secrets: readonly NamedSecret[]): TokenDetails['signedWith'] {
  if (secrets.length === 0) return 'unchecked'
  const verdict = verify(
    token,
    path,
    secrets.map(({ text }) => decodeSecret(text)),
  )
  return 'refused' in verdict ? 'neither' : (secrets[verdict.secretIndex]?.name ?? 'neither')
}

const uncheckable = 'there is no secret to check the signature with; its form and its expiry are right'
const unknownSigner =
  'It was made with another secret, or for another path or expiry; none of the usual mistakes of signers explains it.'
const oldSigner =
  'It was signed with the previous secret: the front server has not been restarted since the new one was set.'
const longLife =
  'It lives longer than a week. Edges that were not told another --longest-life refuse it: expires too far ahead.'

function diagnoseAbsence(foreign: ForeignSignature | undefined): string {
  if (foreign === undefined) return 'It was never signed, or something on the way dropped its query string.'
  return foreign.checkedBy === 'S3'
    ? `It is a ${foreign.kind}: S3 checks it. The front server issues these while CloudFront is disabled.`
    : `It is ${foreign.kind}: a distribution with trusted key groups checks it, not pc-ctl's function.`
}

/** What is worth knowing whatever the verdict is. */
function circumstances(parts: UrlParts, path: string | Refusal, known: EdgeKnowledge): string[] {
  const notes: string[] = []
  if (known.domain !== undefined && known.domain.toLowerCase() !== parts.domain) {
    notes.push(`Its domain is not the configured ${known.domain}: another distribution may have another secret.`)
  }
  if (typeof path === 'string' && encodePath(path) !== parts.path) {
    notes.push('Its path is not spelled canonically, which is fine: the edge forwards the canonical form.')
  }
  return notes
}
