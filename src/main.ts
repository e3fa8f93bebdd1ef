import { enableCompileCache } from 'node:module'

// Node announces WASI and, on 22, SQLite as experimental; an operator can do nothing with that, so it is not shown.
const emitWarning = process.emitWarning.bind(process)
process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
  const text = typeof warning === 'string' ? warning : warning.message
  if (/WASI|SQLite/.test(text)) return
  Reflect.apply(emitWarning, process, [warning, ...rest])
})

enableCompileCache()
// Loaded only now, so that the compile cache covers it.
await import('./run.ts')
