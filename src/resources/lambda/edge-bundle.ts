import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { packageRoot } from '../../ui/package-root.ts'

/**
 * Reads the edge function's bundle, `index.mjs` of the zip, as `scripts/build-edge.ts` made it.
 *
 * @throws Error if there is none: a checkout that was never built
 */
export const readEdgeBundle = (): Promise<Uint8Array> => readBuilt('index.mjs')

/**
 * Reads the CloudFront Function's bundle, the code but for the line that holds the configuration.
 *
 * @throws Error if there is none: a checkout that was never built
 */
export async function readFunctionBundle(): Promise<string> {
  return new TextDecoder().decode(await readBuilt('cloudfront-function.js'))
}

async function readBuilt(name: string): Promise<Uint8Array> {
  const file = join(packageRoot, 'dist/edge', name)
  return readFile(file).catch((error: unknown) => {
    throw new Error(`The function's bundle is missing; npm run build makes it: ${file}`, { cause: error })
  })
}
