import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * Reads the function's bundle, `index.mjs` of the zip, as `scripts/build-edge.ts` made it.
 *
 * @throws Error if there is none: a checkout that was never built
 */
export async function readEdgeBundle(): Promise<Uint8Array> {
  const file = join(await packageRoot(import.meta.dirname), 'dist/edge/index.mjs')
  return readFile(file).catch((error: unknown) => {
    throw new Error(`The function's bundle is missing; npm run build makes it: ${file}`, { cause: error })
  })
}

/** This file runs from src/edge and, bundled into a command, from dist/: the way up to package.json differs. */
async function packageRoot(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => 'null')
  const manifest: unknown = JSON.parse(text)
  if (typeof manifest === 'object' && manifest !== null && 'name' in manifest && manifest.name === 'pc-ctl') {
    return folder
  }
  const parent = dirname(folder)
  if (parent === folder) throw new Error('The package pc-ctl, which holds the function, was not found.')
  return packageRoot(parent)
}
