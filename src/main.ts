import { printAtOnce } from './at-once.ts'
import { requireCompiled } from './compiled.ts'
import type * as Completion from './completion/complete.ts'
import { privateCacheFolder } from './settings/cache-folder.ts'
import { ownWords } from './ui/own-words.ts'
import { normalWords } from './words.ts'

// Node 22 announces SQLite as experimental; an operator can do nothing with that, so it is not shown.
const emitWarning = process.emitWarning.bind(process)
process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
  const text = typeof warning === 'string' ? warning : warning.message
  if (!text.includes('SQLite')) Reflect.apply(emitWarning, process, [warning, ...rest])
}

// Not imported: that would load all that node:fs refers to.
const { existsSync } = process.getBuiltinModule('node:fs')
const path = process.getBuiltinModule('node:path')

const [first, ...words] = process.argv.slice(2)
// A shell's question holds a line as it is typed, half of a word at its end.
if (first === ownWords.complete) {
  const { complete } = partsOf(first)('./completion/complete.cjs') as typeof Completion
  await complete(words)
} else if (first === ownWords.lookUp) {
  partsOf(first)('./completion/look-up.cjs')
} else {
  await carryOut()
}

async function carryOut(): Promise<void> {
  process.argv.splice(2, Infinity, ...normalWords(process.argv.slice(2)))
  if (await printAtOnce(process.argv.slice(2), new URL('./', import.meta.url))) {
    const { isWritten } = await import('./ui/written.ts')
    await isWritten()
  } else {
    const [, , command = ''] = process.argv
    const { run } = partsOf(isCommand(command) ? command : 'help')('./program.cjs') as { run: () => Promise<void> }
    await run()
  }
}

function isCommand(word: string): boolean {
  return /^[a-z-]+$/.test(word) && existsSync(path.join(import.meta.dirname, `commands/${word}.cjs`))
}

/**
 * Loads parts of dist/. What V8 has compiled of them is kept for the next time, in a folder that nobody else can put code
 * into. Each command has one, for what is kept is what it has used, and so has all that is no command. Where there can be
 * no such folder, nothing is kept. Node's own variables for such a cache are heeded.
 */
function partsOf(what: string): (id: string) => unknown {
  const { NODE_COMPILE_CACHE: wished = '', NODE_DISABLE_COMPILE_CACHE: none = '' } = process.env
  const folder = none !== '' ? undefined : wished !== '' ? wished : privateCacheFolder(process.env, 'compiled', what)
  const name = `${wished === '' ? '' : `pc-ctl-${what}-`}${process.version}-${process.arch}`
  return requireCompiled(import.meta.dirname, folder && path.join(folder, name))
}
