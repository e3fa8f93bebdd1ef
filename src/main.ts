import { printAtOnce } from './at-once.ts'
import { privateCacheFolder } from './settings/cache-folder.ts'
import { normalWords } from './words.ts'

// Node 22 announces SQLite as experimental; an operator can do nothing with that, so it is not shown.
const emitWarning = process.emitWarning.bind(process)
process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
  const text = typeof warning === 'string' ? warning : warning.message
  if (!text.includes('SQLite')) Reflect.apply(emitWarning, process, [warning, ...rest])
}

// Not imported: that would load all that node:fs refers to.
const { existsSync } = process.getBuiltinModule('node:fs')
const { enableCompileCache } = process.getBuiltinModule('node:module')

const [first, ...words] = process.argv.slice(2)
// A shell's question holds a line as it is typed, half of a word at its end.
if (first === '__complete') {
  keepCompiled('__complete')
  const { complete } = await import('./completion/complete.ts')
  await complete(words)
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
    keepCompiled(isCommand(command) ? command : 'help')
    // Loaded only now, so that the compile cache covers it.
    await import('./run.ts')
  }
}

function isCommand(word: string): boolean {
  return /^[a-z-]+$/.test(word) && existsSync(new URL(`./commands/${word}.js`, import.meta.url))
}

/**
 * Has Node keep what it compiles for the next time, in a folder that nobody else can put code into: left to itself it
 * takes one in /tmp. Each command has one, for what is kept is what its first run has used, and so has all that is no
 * command. Where there can be no such folder, nothing is kept.
 */
function keepCompiled(what: string): void {
  const folder = privateCacheFolder(process.env, 'compiled', what)
  if (folder !== undefined) enableCompileCache(folder)
}
