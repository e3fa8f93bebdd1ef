/** Builds the CloudFront Function's code, but for the line that holds its configuration. */
import { join } from 'node:path'

import { build, type Metafile, transform, type TransformOptions } from 'esbuild'

const root = join(import.meta.dirname, '..')

/** The language of runtime cloudfront-js-2.0. What is newer is written in it, or refused where it can't be. */
const language = {
  target: 'es5',
  supported: {
    'const-and-let': true,
    arrow: true,
    'template-literal': true,
    'rest-argument': true,
    'async-await': true,
    'exponent-operator': true,
  },
} as const satisfies TransformOptions

/** What the runtime calls. */
const entry = 'handler'

/**
 * Bundles src/edge/cloudfront-function.ts as a script, which has no exports: its handler goes by its name. The same sources
 * give the same bytes wherever they are built.
 *
 * @returns the script, and what is in it
 * @throws Error for sources that are not in the language of the runtime
 */
export async function buildFunction(): Promise<{ bundle: string } & Pick<Metafile, 'inputs'>> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/edge/cloudfront-function.ts'],
    bundle: true,
    preserveSymlinks: true,
    format: 'esm',
    ...language,
    write: false,
    metafile: true,
    logLevel: 'warning',
  })
  const [module] = outputFiles
  const exported = `export {\n  ${entry}\n};\n`
  if (module?.text.endsWith(exported) !== true) throw new Error(`The function would not just have a ${entry}.`)
  const script = module.text.slice(0, -exported.length)
  // Names at the top of a script are everybody's, so they are kept: whoever looks at it in the console can read it. Nothing
  // is put otherwise either: it would have `await` in arguments, which the runtime does not know.
  const { code } = await transform(script, {
    ...language,
    minifyWhitespace: true,
    minifyIdentifiers: true,
    legalComments: 'none',
  })
  return { bundle: code, inputs: metafile.inputs }
}
