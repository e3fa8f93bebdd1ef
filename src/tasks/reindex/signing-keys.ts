import { access, readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

import type { OpenedKey, OpenedSigner } from '../../repositories/openpgp.ts'
import { nearFiles, whyNoFile } from '../../ui/near-files.ts'
import { CtlError, messageOf } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import { variables } from '../../options.ts'
import { type Block, warning } from '../../text.ts'

/** Which keys sign which repositories. */
export interface SigningKeys {
  /** What signs the repository with a root; undefined: nothing. */
  of(root: string): OpenedSigner | undefined
  /** What an operator should know of the keys before they sign. */
  warnings(now: number): Block[]
  /** Prefixes below which there was no repository. */
  unused(): string[]
}

/** A file of keys, for the repositories below a prefix. */
export interface KeyFile {
  /** Empty: for all that no longer prefix names. */
  readonly prefix: string
  readonly file: string
}

/**
 * Opens keys; those for one prefix sign together.
 *
 * @param passphraseFiles - each passphrase is tried for each key; without any, the one in the environment is
 * @throws CtlError (configuration) for a key that can't be used, or no passphrase that opens it
 */
export async function openSigningKeys(
  files: readonly KeyFile[],
  passphraseFiles: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<SigningKeys> {
  const signers = new Map<string, OpenedSigner>()
  if (files.length > 0) {
    // Loaded only where it is used: it is large.
    const { createSigner } = await import('../../repositories/openpgp.ts')
    const passphrases = await readPassphrases(passphraseFiles, environment)
    for (const [prefix, together] of Map.groupBy(files, (one) => one.prefix)) {
      const keys = together.map(async ({ file }) => ({ key: await readKeyFile(file), name: file, passphrases }))
      signers.set(prefix, await createSigner(...(await Promise.all(keys))))
    }
  }
  const longestFirst = [...signers.keys()].sort((a, b) => b.length - a.length)
  const used = new Set<string>()
  return {
    of(root) {
      const prefix = longestFirst.find((one) => root.startsWith(one))
      if (prefix === undefined) return undefined
      used.add(prefix)
      return signers.get(prefix)
    },
    warnings: (now) => [...signers.values()].flatMap(({ keys }) => keys.flatMap((key) => expiryOf(key, now))),
    unused: () => longestFirst.filter((prefix) => prefix !== '' && !used.has(prefix)),
  }
}

/**
 * Reads `FILE` or `PREFIX=FILE`. A file that is there is one, whatever its name.
 *
 * @throws CtlError (usage) for `PREFIX=` without a file
 */
export async function readKeyWord(word: string): Promise<KeyFile> {
  const at = word.lastIndexOf('=')
  if (at === -1 || (await isThere(word))) return { prefix: '', file: word }
  const [prefix, file] = [word.slice(0, at), word.slice(at + 1)]
  if (file !== '') return { prefix: folderOf(prefix), file }
  throw new CtlError('usage', `--signing-key ${word} names no file.`, {
    hint: 'Write it as --signing-key FILE, or PREFIX=FILE for the repositories below a prefix.',
  })
}

/**
 * The keys that a mapping file names: `{"prefix": "7/11/", "signingKey": "FILE"}`, or a list of files. Their paths begin at
 * the mapping's own folder.
 *
 * @throws CtlError (usage) for an entry of keys that can't be understood
 */
export function keysOfMapping(mapping: { readonly file: string; readonly text: string } | undefined): KeyFile[] {
  if (mapping === undefined) return []
  return entriesOf(mapping.text).flatMap((entry, index) => {
    if (!isObject(entry) || !('signingKey' in entry)) return []
    const { prefix, signingKey, ...rest } = entry
    const files: unknown[] = Array.isArray(signingKey) ? signingKey : [signingKey]
    const [unknown] = Object.keys(rest)
    const right = typeof prefix === 'string' && files.length > 0 && unknown === undefined
    if (!right || !files.every((file) => typeof file === 'string' && file !== '')) {
      throw new CtlError('usage', `The mapping file ${mapping.file} can't be used: entry ${index + 1} names no keys.`, {
        hint: 'Keys are named as in [{"prefix": "7/11/", "signingKey": "team.asc"}].',
      })
    }
    return files.map((file) => ({
      prefix: folderOf(prefix),
      file: resolve(dirname(mapping.file), String(file)),
    }))
  })
}

/** What is no list is told of where the rules of objects are read. */
function entriesOf(text: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed : []
  } catch {
    return []
  }
}

/** A prefix of whole folders: `7/1` is not to name `7/11/`. */
export const folderOf = (prefix: string): string => prefix.replace(/^\//, '').replace(/([^/])$/, '$1/')

export const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )

/** Clients have to be given the key anew before it ends, and that takes its time. */
const soon = 60 * 86_400_000

function expiryOf({ fingerprint, name, expires }: OpenedKey, now: number): Block[] {
  if (expires === undefined || expires - now > soon) return []
  const days = Math.max(0, Math.floor((expires - now) / 86_400_000))
  const date = new Date(expires).toISOString().slice(0, 10)
  return [
    warning(
      `the signing key ${fingerprint} in ${name} expires on ${date}, in ${days} days: from then on clients refuse what it has signed. Extend it, and give them the public key anew.`,
    ),
  ]
}

/** Those in files, or else the one in the environment. */
export async function readPassphrases(files: readonly string[], environment: NodeJS.ProcessEnv): Promise<string[]> {
  if (files.length > 0) {
    const texts = await Promise.all(files.map(readKeyFile))
    return texts.map((text) => text.toString('utf8').replace(/\r?\n$/, ''))
  }
  const given = environment[variables.passphrase]
  return given === undefined ? [] : [given]
}

/** @throws CtlError (configuration) if it can't be read */
export async function readKeyFile(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new CtlError('configuration', `${file} can't be read: ${whyNoFile(error) ?? messageOf(error)}.`, {
      hint: nearFiles(file),
      cause: error,
    })
  }
}
