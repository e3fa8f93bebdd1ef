import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate'

import { type EdgeConfig, edgeFiles, type EdgeRules, parseEdgeConfig } from '../edge/config.ts'
import type { SealedSecrets } from './edge-secrets.ts'

/** What the edge function's zip holds: the code, and beside it the encrypted secrets. */
export interface EdgePackage {
  /** index.mjs */
  readonly code: Uint8Array
  /** config.json's secrets; `undefined` where a deployed package has none that can be read. */
  readonly sealed: SealedSecrets | undefined
  /** config.json's rules; `undefined` as with the secrets. */
  readonly rules: EdgeRules | undefined
}

/**
 * Packs the function. Equal contents give equal bytes: the order, times and modes of the entries are fixed, so Lambda's
 * `CodeSha256` tells whether anything changed.
 */
export function packEdge({
  code,
  sealed,
  rules,
}: {
  code: Uint8Array
  sealed: SealedSecrets
  rules: EdgeRules
}): Uint8Array {
  // Zip stores local time; a date without a zone is local too, so the bytes are the same everywhere.
  const entry = { mtime: '1980-01-01T00:00:00', os: 3, attrs: 0o644 << 16, level: 9 } as const
  const config: EdgeConfig = {
    region: sealed.region,
    keyId: sealed.keyArn,
    encryptionContext: sealed.encryptionContext,
    secrets: [...sealed.ciphertexts],
    ...rules,
  }
  return zipSync({
    [edgeFiles.config]: [strToU8(`${JSON.stringify(config, undefined, 2)}\n`), entry],
    [edgeFiles.bundle]: [code, entry],
  })
}

/** Unpacks a deployed function. What is not as {@link packEdge} makes it counts as missing, and gets replaced. */
export function unpackEdge(zip: Uint8Array): EdgePackage {
  let files: Record<string, Uint8Array>
  try {
    files = unzipSync(zip)
  } catch {
    files = {}
  }
  const config = files[edgeFiles.config]
  const code = files[edgeFiles.bundle] ?? new Uint8Array()
  const nothing = { sealed: undefined, rules: undefined }
  return { code, ...(config === undefined ? nothing : (readConfig(strFromU8(config)) ?? nothing)) }
}

function readConfig(json: string): Pick<EdgePackage, 'sealed' | 'rules'> | undefined {
  try {
    const { region, keyId, encryptionContext, secrets, ...rules } = parseEdgeConfig(json)
    return { sealed: { region, keyArn: keyId, encryptionContext, ciphertexts: secrets }, rules }
  } catch {
    return undefined
  }
}
