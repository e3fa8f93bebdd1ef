/** Builds the Lambda function's code: one small ES module that needs nothing but Node itself. */
import { join } from 'node:path'

import { build, type Metafile } from 'esbuild'

const root = join(import.meta.dirname, '..')

/**
 * Bundles src/edge/function.ts. The same sources give the same bytes wherever they are built, because a changed bundle
 * means a new version of the function and a new deployment of the distribution.
 *
 * @param outfile - absolute path of the module to write
 * @returns what is in it
 * @throws Error if something other than Node's own modules would be imported at run time
 */
export async function buildEdge(outfile: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/edge/function.ts'],
    outfile,
    bundle: true,
    preserveSymlinks: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    // The notice that aws4fetch's licence wants kept.
    legalComments: 'inline',
    metafile: true,
    logLevel: 'warning',
  })
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
  const foreign = imports.filter(({ path }) => !path.startsWith('node:'))
  if (foreign.length > 0) throw new Error(`The function would import ${foreign.map(({ path }) => path).join(', ')}.`)
  return metafile
}
