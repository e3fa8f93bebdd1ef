/** Builds the code of the function that S3 Batch Operations invokes: one ES module that needs nothing but Node itself. */
import { isBuiltin } from 'node:module'
import { join } from 'node:path'

import { build, type Metafile } from 'esbuild'

const root = join(import.meta.dirname, '..')

/**
 * Bundles src/reindex/batch/function.ts. The same sources give the same bytes wherever they are built, because a changed
 * bundle means a new version of the function.
 *
 * @param outfile - absolute path of the module to write
 * @returns what is in it
 * @throws Error if something other than Node's own modules would be imported at run time
 */
export async function buildBatch(outfile: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/reindex/batch/function.ts'],
    outfile,
    bundle: true,
    preserveSymlinks: true,
    minify: true,
    format: 'esm',
    mainFields: ['module', 'main'],
    platform: 'node',
    target: 'node22',
    // CommonJS asks for Node's own modules through require().
    banner: { js: "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
    legalComments: 'inline',
    metafile: true,
    logLevel: 'warning',
  })
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
  const foreign = imports.filter(({ path }) => !isBuiltin(path))
  if (foreign.length > 0) throw new Error(`The function would import ${foreign.map(({ path }) => path).join(', ')}.`)
  return metafile
}
