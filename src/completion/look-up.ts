/** A process that answers one question, into the cache: started by `live-values.ts`. */
import { enableCompileCache } from 'node:module'

import { privateCacheFolder } from '../settings/cache-folder.ts'
import { type Asked, longestLook, openCache } from './cache.ts'
import type { Found } from './questions.ts'

const compiled = privateCacheFolder(process.env, 'compiled', 'look-up')
if (compiled !== undefined) enableCompileCache(compiled)
setTimeout(() => process.exit(), longestLook)

const asked = JSON.parse(process.argv[2] ?? '') as Asked
const cache = openCache()
let found: readonly Found[] | undefined
try {
  const { answer } = await import('./answers.ts')
  found = await answer(asked)
} finally {
  cache?.write(asked, found)
  process.exit()
}
