/**
 * Entry point of the Lambda function: `index.mjs` in the zip is this file, bundled. It holds no configuration, so its
 * bytes change only when its code does.
 */
import { readFileSync } from 'node:fs'

import { edgeFiles, parseEdgeConfig, type EdgeConfig } from './config.ts'
import { createHandler } from './handler.ts'
import { decryptSecrets } from './kms.ts'

const config = readConfig()
let secrets: Promise<Uint8Array[]> | undefined

/** Thrown at load, an error would be a 502 for the viewer; kept, it becomes a 503 and a line in the log. */
function readConfig(): EdgeConfig | Error {
  try {
    return parseEdgeConfig(readFileSync(new URL(edgeFiles.config, import.meta.url), 'utf8'))
  } catch (error) {
    return new Error('config.json is unusable', { cause: error })
  }
}

/** Decrypts once a container: requests that come meanwhile share the call, a failure is forgotten. */
async function openSecrets(): Promise<Uint8Array[]> {
  if (config instanceof Error) throw config
  secrets ??= decryptSecrets(config)
  try {
    return await secrets
  } catch (error) {
    secrets = undefined
    throw error
  }
}

/** Lambda's handler. An async function: runtimes from nodejs24.x on know no callbacks. */
export const handler = createHandler(openSecrets)
