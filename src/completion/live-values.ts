/** What is there at the moment: known from before, or looked up by a process of its own, for which nobody waits long. */
import { ownWords } from '../ui/own-words.ts'
import { isBundled, packageRoot } from '../ui/package-root.ts'
import { type Asked, openCache } from './cache.ts'
import type { Found } from './questions.ts'

const { setTimeout: sleep } = process.getBuiltinModule('node:timers/promises')

/** Milliseconds between two looks for an answer. */
const lookEvery = 5

/**
 * What is found, until a deadline. Who looks goes on behind it, so that the next key has the answer.
 *
 * @param deadline - as `performance.now` tells the time
 * @returns nothing where it can not be told in time
 */
export async function liveValues(asked: Asked, deadline: number): Promise<readonly Found[]> {
  const cache = openCache()
  if (cache === undefined) return []
  const before = cache.read(asked)
  if (before?.isFresh === true) return before.found
  if (cache.begin(asked)) lookUp(asked)
  while (performance.now() < deadline) {
    const kept = cache.read(asked)
    if (kept?.isFresh === true) return kept.found
    await sleep(lookEvery)
  }
  return before?.found ?? []
}

/** Apart from the terminal, on which whoever tells credentials could ask for something. */
function lookUp(asked: Asked): void {
  const { spawn } = process.getBuiltinModule('node:child_process')
  const path = process.getBuiltinModule('node:path')
  const [program, ...words] = isBundled
    ? (['dist/main.js', ownWords.lookUp] as const)
    : (['src/completion/look-up.ts'] as const)
  const line = [path.join(packageRoot, program), ...words, JSON.stringify(asked)]
  const child = spawn(process.execPath, line, { detached: true, stdio: 'ignore' })
  child.on('error', () => undefined)
  child.unref()
}
