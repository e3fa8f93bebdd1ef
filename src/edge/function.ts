/**
 * Entry point of the Lambda function: `index.mjs` in the zip is this file, bundled. It holds no configuration, so its
 * bytes change only when its code does.
 */
import { edgeFiles, parseEdgeConfig, type EdgeConfig } from './config.ts'
import { createHandler } from './handler.ts'
import { decrypting } from './kms.ts'
import { Secrets } from './secrets.ts'
import { type HmacKey, hmacKey } from './signature.ts'

// Imported, it would bring streams and promises with it: as long to load as all the rest.
const { readFileSync } = process.getBuiltinModule('node:fs')

const config = readConfig()

/** Thrown at load, an error would be a 502 for the viewer; kept, it becomes a 503 and a line in the log. */
function readConfig(): EdgeConfig | Error {
  try {
    return parseEdgeConfig(readFileSync(new URL(edgeFiles.config, import.meta.url), 'utf8'))
  } catch (error) {
    return new Error('config.json is unusable', { cause: error })
  }
}

function secretsOf(from: EdgeConfig | Error): () => readonly Promise<HmacKey>[] {
  if (from instanceof Error) {
    return () => {
      throw from
    }
  }
  const secrets = new Secrets({
    ciphertexts: from.secrets,
    decrypt: async (ciphertext) => hmacKey(await decrypting(from)(ciphertext)),
  })
  return () => secrets.all()
}

/** Lambda's handler. An async function: runtimes from nodejs24.x on know no callbacks. */
export const handler = createHandler({ secrets: secretsOf(config), rules: config instanceof Error ? {} : config })
