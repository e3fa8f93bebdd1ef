/** A process that answers one question, into the cache: started by `live-values.ts`, and seen by nobody. */
import { answer } from './answers.ts'
import { type Asked, longestLook, openCache } from './cache.ts'
import type { Found } from './questions.ts'

setTimeout(() => process.exit(), longestLook)
void lookUp(process.argv.at(-1) ?? '').finally(() => process.exit())

async function lookUp(question: string): Promise<void> {
  const asked = JSON.parse(question) as Asked
  const cache = openCache()
  let found: readonly Found[] | undefined
  try {
    found = await answer(asked)
  } finally {
    cache?.write(asked, found)
  }
}
