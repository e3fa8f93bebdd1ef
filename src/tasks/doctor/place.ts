import type { NamedSecret } from '../../edge/diagnosis.ts'
import { urlLife } from '../../edge/config.ts'
import { decodeSecret } from '../../edge/secret-text.ts'
import { signUrl } from '../../edge/signature.ts'
import type { Behind } from './behind.ts'
import type { Answer } from './network.ts'

/** What is examined, and from where. */
export interface Place {
  /** The packages domain. */
  readonly domain: string
  /** The current one first. */
  readonly secrets: readonly [NamedSecret, ...NamedSecret[]]
  /** This machine's clock, in Unix seconds. */
  readonly now: () => number
  /** The settings flags in use, for the commands that are suggested. */
  readonly carried: readonly string[]
  readonly behind: Behind
}

/** A URL signed here and now, as the front server signs it. */
export function signedUrl({ domain, secrets, now }: Place, key: string, life = urlLife): string {
  const [{ text }] = secrets
  return signUrl({ domain, key, secret: decodeSecret(text), expires: Math.floor(now()) + life })
}

/** Whether an answer holds the object or a part of it; an empty object has no part to give. */
export const isServed = ({ status }: Answer): boolean => status === 200 || status === 206 || status === 416

/** `Hit`, `Miss`, `RefreshHit`, `Error` …, as X-Cache has it. */
export const cacheResult = ({ headers }: Answer): string => String(headers['x-cache'] ?? '').split(' ')[0] ?? ''
