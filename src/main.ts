import { enableCompileCache } from 'node:module'

// Node 22 announces SQLite as experimental; an operator can do nothing with that, so it is not shown.
const emitWarning = process.emitWarning.bind(process)
process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
  const text = typeof warning === 'string' ? warning : warning.message
  if (!text.includes('SQLite')) Reflect.apply(emitWarning, process, [warning, ...rest])
}

// Whoever reads our output may have had enough of it: `pc-ctl … | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

enableCompileCache()
// Loaded only now, so that the compile cache covers it.
await import('./run.ts')
