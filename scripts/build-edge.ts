import type { Metafile } from 'esbuild'

import { buildFunctionModule } from './function-module.ts'

/**
 * Bundles src/edge/function.ts, as {@link buildFunctionModule} does. A changed bundle means a new deployment of the
 * distribution, too.
 */
export const buildEdge = (outfile: string): Promise<Metafile> =>
  buildFunctionModule('src/edge/function.ts', outfile, (path) => path.startsWith('node:'))
