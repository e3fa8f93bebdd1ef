/** Builds the code of Lambda functions: each one ES module that needs nothing but Node itself. */
import { join } from 'node:path'

import { build, type BuildOptions, type Metafile } from 'esbuild'

const root = join(import.meta.dirname, '..')

/**
 * Bundles a function. The same sources give the same bytes wherever they are built, because a changed bundle means a new
 * version of the function.
 *
 * @param entry - the source, seen from the root of the project
 * @param outfile - absolute path of the module to write
 * @param isNodes - whether an import that is left is one of Node's own modules
 * @returns what is in it
 * @throws Error if something other than Node's own modules would be imported at run time
 */
export async function buildFunctionModule(
  entry: string,
  outfile: string,
  isNodes: (path: string) => boolean,
  more: Pick<BuildOptions, 'mainFields' | 'banner'> = {},
): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    preserveSymlinks: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    // The notices that licences want kept.
    legalComments: 'inline',
    metafile: true,
    logLevel: 'warning',
    ...more,
  })
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
  const foreign = imports.filter(({ path }) => !isNodes(path))
  if (foreign.length > 0) throw new Error(`The function would import ${foreign.map(({ path }) => path).join(', ')}.`)
  return metafile
}
