import { strToU8, zipSync } from 'fflate'

import { type EdgeConfig, edgeFiles, type EdgeRules, parseEdgeConfig } from '../../edge/config.ts'
import { listZip, readEntry, type ZipEntry } from '../../zip-archive.ts'
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

// Zip stores local time; a date without a zone is local too, so the bytes are the same everywhere.
const entry = { mtime: '1980-01-01T00:00:00', os: 3, attrs: 0o644 << 16, level: 9 } as const

/** The function without any secret: it serves nothing. For who makes the function before its key can encrypt. */
export const packWithoutSecrets = (code: Uint8Array): Uint8Array => zipSync({ [edgeFiles.bundle]: [code, entry] })

/** No package that Lambda runs is larger (developer guide, "Lambda quotas"), and none of ours has a file near this. */
const limits = { entries: 20_000, bytes: 262_144_000 }
const largestFile = 8 * 1024 ** 2

/**
 * Unpacks a deployed function. What is not as {@link packEdge} makes it counts as missing, and gets replaced: also an
 * archive that only pretends to be small, of which nothing is unpacked.
 */
export function unpackEdge(zip: Uint8Array): EdgePackage {
  const files = new Map(listed(zip).map((entry) => [entry.path, entry]))
  const config = contents(files.get(edgeFiles.config))
  const code = contents(files.get(edgeFiles.bundle)) ?? new Uint8Array()
  const nothing = { sealed: undefined, rules: undefined }
  return { code, ...(config === undefined ? nothing : (readConfig(config.toString()) ?? nothing)) }
}

function listed(zip: Uint8Array): ZipEntry[] {
  try {
    return listZip(zip, limits)
  } catch {
    return []
  }
}

function contents(entry: ZipEntry | undefined): Buffer | undefined {
  if (entry === undefined || entry.folder || entry.size > largestFile) return undefined
  try {
    return readEntry(entry)
  } catch {
    return undefined
  }
}

function readConfig(json: string): Pick<EdgePackage, 'sealed' | 'rules'> | undefined {
  try {
    const { region, keyId, encryptionContext, secrets, ...rules } = parseEdgeConfig(json)
    return { sealed: { region, keyArn: keyId, encryptionContext, ciphertexts: secrets }, rules }
  } catch {
    return undefined
  }
}
