import { setImmediate as turn, setTimeout as milliseconds } from 'node:timers/promises'

import { talking } from '../ui/step-talk.ts'
import { lookUpAccount } from './account.ts'
import type { Aws } from './clients.ts'
import { type Memory, underWay, withMemory } from './memory.ts'

/** Milliseconds for a call to be made: whoever needs more waits for something else than this machine. */
const longest = 100
/** Turns of the event loop in which a connection to somebody near comes about, and what is sent leaves. */
const turnsToLeave = 2

/**
 * Begins a look, and answers when its first call has left: what comes next loads code, which takes its time. Whoever is
 * far away is not waited for, nor is a handshake.
 */
export async function leaving(look: () => Promise<void>): Promise<void> {
  await Promise.race([underWay(look), milliseconds(longest)])
  for (let turns = 0; turns < turnsToLeave; turns++) await turn()
}

/**
 * Asks whose the credentials are, as a chain does first, before the chain is loaded; answers when that is on its way. A
 * chain that is run with this memory finds the answer there. It never fails: the chain asks again, and tells.
 */
export const askWho = (aws: Aws, memory: Memory, signal: AbortSignal): Promise<void> =>
  leaving(async () => {
    const talk = { tell: () => undefined, signal }
    await talking(talk, () => withMemory(memory, () => lookUpAccount(aws))).catch(() => undefined)
  })
