import { isBuiltin } from 'node:module'

import type { Metafile } from 'esbuild'

import { buildFunctionModule } from './function-module.ts'

/** Bundles src/reindex/batch/function.ts, which S3 Batch Operations invokes, as {@link buildFunctionModule} does. */
export const buildBatch = (outfile: string): Promise<Metafile> =>
  buildFunctionModule('src/reindex/batch/function.ts', outfile, isBuiltin, {
    mainFields: ['module', 'main'],
    // CommonJS asks for Node's own modules through require().
    banner: { js: "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
  })
