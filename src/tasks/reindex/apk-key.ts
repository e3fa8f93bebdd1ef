import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { basename } from 'node:path'

import { CtlError } from '../../errors.ts'
import type { FormatOptions } from '../../repositories/format.ts'
import { folderOf, isThere, readKeyFile, readPassphrases } from './signing-keys.ts'

type ApkKey = NonNullable<FormatOptions['apkKeys']>[number] & { readonly prefix: string }

/**
 * Opens the key of `[PREFIX=]FILE[:NAME]`, which signs indexes of Alpine, perhaps only those below a prefix. A file that is
 * there is one, whatever its name. Clients know the key by the name of its public half: that of the file with `.pub` behind
 * it, where none is given.
 *
 * @param passphraseFiles - each passphrase is tried
 * @throws CtlError (configuration) for what is no such key, or no passphrase that opens it; (usage) for a name that no
 *   signature can have
 */
export async function openApkKey(
  word: string,
  passphraseFiles: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ApkKey> {
  const { prefix, file, name } = await readWord(word)
  if (!/^[\w.@+-]{1,80}$/.test(name)) {
    throw new CtlError('usage', `${JSON.stringify(name)} can't be the name of a key of apk.`, {
      hint: 'Name it as its public half in /etc/apk/keys of clients: --apk-key FILE:ops@example.com-5f3c.rsa.pub',
    })
  }
  const pem = await readKeyFile(file)
  const privateKey = openPem(file, pem, await readPassphrases(passphraseFiles, environment))
  if (privateKey.asymmetricKeyType === 'rsa') return { prefix, name, privateKey }
  throw new CtlError('configuration', `The key in ${file} is not one of RSA, which is all that apk knows.`, {
    hint: `Give the one that abuild-keygen has made: ${name.replace(/\.pub$/, '')}`,
  })
}

async function readWord(word: string): Promise<{ prefix: string; file: string; name: string }> {
  const at = word.indexOf('=')
  const whole = await readFileWord(word)
  if (at === -1 || (await isThere(whole.file))) return { prefix: '', ...whole }
  return { prefix: folderOf(word.slice(0, at)), ...(await readFileWord(word.slice(at + 1))) }
}

async function readFileWord(word: string): Promise<{ file: string; name: string }> {
  const at = word.lastIndexOf(':')
  const isFile = at === -1 || (await isThere(word))
  const file = isFile ? word : word.slice(0, at)
  return { file, name: isFile ? `${basename(file)}.pub` : word.slice(at + 1) }
}

function openPem(file: string, pem: Buffer, passphrases: readonly string[]): KeyObject {
  let isEncrypted = false
  for (const passphrase of [undefined, ...passphrases]) {
    try {
      return createPrivateKey({ key: pem, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) })
    } catch (error) {
      // What OpenSSL says of a key may have something of it in it.
      const code = error instanceof Error ? String(Reflect.get(error, 'code')) : ''
      isEncrypted ||= code === 'ERR_MISSING_PASSPHRASE' || /ENCRYPTED/.test(pem.toString('latin1'))
    }
  }
  if (isEncrypted) {
    throw new CtlError('configuration', `The key in ${file} is encrypted, and no passphrase that was given opens it.`, {
      hint: 'Give it with --passphrase-file FILE.',
    })
  }
  throw new CtlError('configuration', `${file} has ${isPublic(pem) ? 'a public key' : 'no private key in PEM'}.`, {
    hint: 'The private key that is wanted begins with -----BEGIN PRIVATE KEY----- or -----BEGIN RSA PRIVATE KEY-----.',
  })
}

function isPublic(pem: Buffer): boolean {
  try {
    createPublicKey(pem)
    return true
  } catch {
    return false
  }
}
