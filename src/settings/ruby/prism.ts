import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { ParseResult } from '@ruby/prism/src/deserialize.js'
import { parsePrism } from '@ruby/prism/src/parsePrism.js'

import { isBundled, packageRoot } from '../../ui/package-root.ts'

/** `ENOSYS` of WASI preview 1: "function not supported". */
const notSupported = 52

let compiled: Promise<WebAssembly.Module> | undefined

/**
 * Prism, Ruby's own parser, compiled to WebAssembly; loaded when first asked for.
 *
 * The package's own loader goes through node:wasi, which warns that it is experimental. Parsing does no input or
 * output, so every system call that the module imports is answered with "not supported" instead.
 *
 * @returns a function from Ruby source to its syntax tree; offsets in the tree count bytes of UTF-8. It is to be
 *   called once, and throws a RangeError for what is nested too deeply.
 */
export async function loadPrism(): Promise<(source: string) => ParseResult> {
  const wasm = await (compiled ??= compile())
  const imports: Record<string, Record<string, () => number>> = {}
  for (const { module, name } of WebAssembly.Module.imports(wasm)) (imports[module] ??= {})[name] = () => notSupported
  const { exports } = await WebAssembly.instantiate(wasm, imports)
  if (typeof exports['_initialize'] === 'function') Reflect.apply(exports['_initialize'], undefined, [])
  return (source) => parse(exports, source)
}

function parse(exports: WebAssembly.Exports, source: string): ParseResult {
  const tooDeep = 'nested too deeply for the parser'
  try {
    // `encoding: false` locks the encoding: a magic comment must not have text decoded twice.
    const result = parsePrism(exports, source, { encoding: false })
    if (!ranOutOfStack(exports)) return result
  } catch (error) {
    throw ranOutOfStack(exports) ? new RangeError(tooDeep, { cause: error }) : error
  }
  throw new RangeError(tooDeep)
}

/**
 * The module's stack of 64 KiB grows down into its data, unchecked, so a parser that recursed too deeply answers with
 * nonsense. Memory starts out as zeros: if anything was written to the last quarter of the stack, nothing is trusted.
 */
function ranOutOfStack(exports: WebAssembly.Exports): boolean {
  const { memory, __stack_low: low, __stack_high: high } = exports
  const known =
    memory instanceof WebAssembly.Memory && low instanceof WebAssembly.Global && high instanceof WebAssembly.Global
  if (!known) throw new TypeError('This build of Prism does not tell where its stack is.')
  return new Uint8Array(memory.buffer, low.value, (high.value - low.value) / 4).some((byte) => byte !== 0)
}

async function compile(): Promise<WebAssembly.Module> {
  const file = isBundled
    ? join(packageRoot, 'dist/prism.wasm')
    : new URL(import.meta.resolve('@ruby/prism/src/prism.wasm'))
  return WebAssembly.compile(await readFile(file))
}
