import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import type { ParseResult } from '@ruby/prism/src/deserialize.js'
import { parsePrism } from '@ruby/prism/src/parsePrism.js'

import { isBundled, packageRoot } from '../../ui/package-root.ts'

/** `ENOSYS` of WASI preview 1: "function not supported". */
const notSupported = 52

let loaded: Promise<WebAssembly.Exports> | undefined

/**
 * Prism, Ruby's own parser, compiled to WebAssembly; loaded when first asked for.
 *
 * The package's own loader goes through node:wasi, which warns that it is experimental. Parsing does no input or
 * output, so every system call that the module imports is answered with "not supported" instead.
 *
 * @returns a function from Ruby source to its syntax tree; offsets in the tree count bytes of UTF-8
 */
export async function loadPrism(): Promise<(source: string) => ParseResult> {
  const exports = await (loaded ??= instantiate())
  // `encoding: false` locks the encoding: a magic comment must not have text decoded twice.
  return (source) => parsePrism(exports, source, { encoding: false })
}

async function instantiate(): Promise<WebAssembly.Exports> {
  const file = isBundled
    ? join(packageRoot, 'dist/prism.wasm')
    : createRequire(import.meta.url).resolve('@ruby/prism/src/prism.wasm')
  const wasm = await WebAssembly.compile(await readFile(file))
  const imports: Record<string, Record<string, () => number>> = {}
  for (const { module, name } of WebAssembly.Module.imports(wasm)) {
    imports[module] = { ...imports[module], [name]: () => notSupported }
  }
  const { exports } = await WebAssembly.instantiate(wasm, imports)
  if (typeof exports['_initialize'] === 'function') Reflect.apply(exports['_initialize'], undefined, [])
  return exports
}
