/**
 * The package of the function that does reindex-everything's work: what pc-ctl itself is made of, so that there and here
 * the same code runs. What it needs is taken from where pc-ctl is installed.
 */
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { strToU8, zipSync } from 'fflate'

import { packageRoot } from '../../ui/package-root.ts'

/** Neither commands' entries nor what only a terminal, packagecloud.rb or the edge needs. */
const files = ['package.json', 'dist/{program,reindex,runbooks}.cjs', 'dist/lib/**/*.cjs', 'dist/repositories/**/*.js']

/** All that is not installed. */
const entry = "import{worker}from'./dist/program.cjs';export const{handler}=worker()\n"

/** Equal files give equal bytes: the order, times and modes are fixed, so Lambda's `CodeSha256` tells any change. */
const fixed = { mtime: '1980-01-01T00:00:00', os: 3, attrs: 0o644 << 16, level: 6 } as const

/** What Lambda calls. */
export const workerHandler = 'index.handler'

/**
 * Makes the zip.
 *
 * @throws Error if there is nothing to make it of: a checkout that was never built
 */
export async function packWorker(): Promise<Uint8Array> {
  const paths = new Set<string>()
  for await (const path of glob(files, { cwd: packageRoot })) paths.add(path.replaceAll('\\', '/'))
  if (!paths.has('dist/program.cjs')) {
    throw new Error(`The function's code is missing; npm run build makes it: ${join(packageRoot, 'dist')}`)
  }
  const read = [...paths]
    .sort()
    .map(async (path): Promise<[string, Uint8Array]> => [path, await readFile(join(packageRoot, path))])
  const contents: [string, Uint8Array][] = [['index.mjs', strToU8(entry)], ...(await Promise.all(read))]
  return zipSync(Object.fromEntries(contents.map(([path, bytes]) => [path, [bytes, fixed]])))
}
