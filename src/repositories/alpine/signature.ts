/** Signatures of indexes: a stream before the one that they sign, of a file that is named after the key. */
import { createPublicKey, sign, verify } from 'node:crypto'

import { fixedGzip } from '../compression/fixed-gzip.ts'
import type { FormatOptions } from '../format.ts'
import { archiveOf, type TarFile } from './segments.ts'

export type RsaKey = NonNullable<FormatOptions['apkKeys']>[number]

/** By what the file is called: `.SIGN.RSA.NAME`. */
const digests: Readonly<Record<string, string>> = { RSA: 'sha1', RSA256: 'sha256', RSA512: 'sha512' }

interface Signature {
  readonly kind: string
  /** Of the public key's file. */
  readonly key: string
  readonly bytes: Uint8Array
}

/** The keys for a repository: those of the longest prefix that it lies below. */
export function keysFor(root: string, keys: readonly RsaKey[] = []): readonly RsaKey[] {
  const below = keys.filter(({ prefix = '' }) => root.startsWith(prefix))
  const longest = Math.max(...below.map(({ prefix = '' }) => prefix.length))
  return below.filter(({ prefix = '' }) => prefix.length === longest)
}

export function signatureIn({ name, body }: TarFile): Signature | undefined {
  const [, kind, key] = /^\.SIGN\.([A-Z0-9]+)\.(.+)$/.exec(name) ?? []
  return kind === undefined || key === undefined ? undefined : { kind, key, bytes: body }
}

/** Is it a good one of this key over a stream? */
export function isGood({ kind, key, bytes }: Signature, { name, privateKey }: RsaKey, signed: Uint8Array): boolean {
  const digest = digests[kind]
  return digest !== undefined && key === name && verify(digest, signed, createPublicKey(privateKey), bytes)
}

/**
 * The stream that is to stand before what it signs.
 *
 * @param kind - as it was before; else the one that every apk knows
 */
export function signatureOf(
  { name, privateKey }: RsaKey,
  kind: string | undefined,
  signed: Uint8Array,
): Promise<Uint8Array> {
  const known = kind !== undefined && kind in digests ? kind : 'RSA'
  const body = sign(digests[known], signed, privateKey)
  return fixedGzip(archiveOf([{ name: `.SIGN.${known}.${name}`, body }], false))
}
