/** Builds the library that the npm package exports as `pc-ctl/signing`: one module that needs nothing but Node, and its types. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { build } from 'esbuild'
import ts from 'typescript'

const root = join(import.meta.dirname, '..')
const source = 'src/signing.ts'

/**
 * @param folder - absolute path of where `signing.js` and `signing.d.ts` go
 * @throws Error where the types of src/signing.ts can't be told from that file alone
 */
export async function buildSigning(folder: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: [source],
    outfile: join(folder, 'signing.js'),
    bundle: true,
    preserveSymlinks: true,
    minifySyntax: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    logLevel: 'warning',
  })
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(await readFile(join(root, source), 'utf8'), {
    fileName: source,
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES2024, module: ts.ModuleKind.NodeNext, strict: true },
  })
  const [first] = diagnostics
  if (first !== undefined) throw new Error(ts.flattenDiagnosticMessageText(first.messageText, '\n'))
  await writeFile(join(folder, 'signing.d.ts'), outputText)
}
