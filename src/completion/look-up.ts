/** A process that answers one question, into the cache: started by `live-values.ts`. */
import { answer } from './answers.ts'
import { type Asked, longestLook, openCache } from './cache.ts'
import type { Found } from './questions.ts'

setTimeout(() => process.exit(), longestLook)
void lookUp(JSON.parse(process.argv.at(-1) ?? '') as Asked)

async function lookUp(asked: Asked): Promise<void> {
  const cache = openCache()
  let found: readonly Found[] | undefined
  try {
    found = await answer(asked)
  } finally {
    cache?.write(asked, found)
    process.exit()
  }
}
