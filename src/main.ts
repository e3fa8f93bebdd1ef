import { enableCompileCache } from 'node:module'

import { printAtOnce } from './at-once.ts'
import { normalWords } from './words.ts'

// Node 22 announces SQLite as experimental; an operator can do nothing with that, so it is not shown.
const emitWarning = process.emitWarning.bind(process)
process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
  const text = typeof warning === 'string' ? warning : warning.message
  if (!text.includes('SQLite')) Reflect.apply(emitWarning, process, [warning, ...rest])
}

const [first, ...words] = process.argv.slice(2)
// A shell's question holds a line as it is typed, half of a word at its end.
if (first === '__complete') {
  enableCompileCache()
  const { complete } = await import('./completion/complete.ts')
  await complete(words)
} else {
  await carryOut()
}

async function carryOut(): Promise<void> {
  process.argv.splice(2, Infinity, ...normalWords(process.argv.slice(2)))
  if (printAtOnce(process.argv.slice(2), new URL('./', import.meta.url))) {
    const { isWritten } = await import('./ui/written.ts')
    await isWritten()
  } else {
    enableCompileCache()
    // Loaded only now, so that the compile cache covers it.
    await import('./run.ts')
  }
}
