/**
 * Entry point of the Lambda function: `index.mjs` in the zip is this file, bundled. It holds no configuration, so its
 * bytes change only when its code does.
 */
import { readFileSync } from 'node:fs'

import { edgeFiles, parseEdgeConfig, type EdgeConfig } from './config.ts'
import { createHandler } from './handler.ts'
import { decrypting } from './kms.ts'

const config = readConfig()
const opened = new Map<string, Promise<Uint8Array>>()

/** Thrown at load, an error would be a 502 for the viewer; kept, it becomes a 503 and a line in the log. */
function readConfig(): EdgeConfig | Error {
  try {
    return parseEdgeConfig(readFileSync(new URL(edgeFiles.config, import.meta.url), 'utf8'))
  } catch (error) {
    return new Error('config.json is unusable', { cause: error })
  }
}

function openSecrets(): Promise<Uint8Array>[] {
  if (config instanceof Error) throw config
  const decrypt = decrypting(config)
  return config.secrets.map((ciphertext) => opened.get(ciphertext) ?? open(ciphertext, decrypt))
}

/** Decrypts once a container: requests that come meanwhile share the call, a failure is forgotten. */
function open(ciphertext: string, decrypt: (ciphertext: string) => Promise<Uint8Array>): Promise<Uint8Array> {
  const secret = decrypt(ciphertext)
  opened.set(ciphertext, secret)
  secret.catch(() => opened.delete(ciphertext))
  return secret
}

/** Lambda's handler. An async function: runtimes from nodejs24.x on know no callbacks. */
export const handler = createHandler({ secrets: openSecrets, rules: config instanceof Error ? {} : config })
