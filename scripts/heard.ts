import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** How a program that ran beside others has ended. */
interface Heard {
  /** Of both streams, in its order. */
  readonly said: string
  readonly code: number | null
}

/** Runs npm, and hears what it says, so that it can be shown when it is over. */
export async function heard(...words: readonly string[]): Promise<Heard> {
  const child = spawn('sh', ['-c', 'exec npm "$@" 2>&1', 'sh', ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const [said, code] = await Promise.all([text(child.stdout), ended])
  return { said, code }
}
