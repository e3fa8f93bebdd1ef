import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { expect } from 'chai'

const module = join(import.meta.dirname, '../../src/ui/interrupt.ts')
const program = `
  import { interruptSignal } from ${JSON.stringify(module)}
  const signal = interruptSignal((line) => console.log(line))
  signal.addEventListener('abort', () => console.log('aborted'))
  setInterval(() => undefined, 1000)
  console.log('ready')
`

/** Sends signals one after the other, each once the program has said what is expected of the one before. */
async function interrupted(steps: [waitFor: string, send: NodeJS.Signals][]) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  )
  const said: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line)
    const [next] = steps
    if (next?.[0] !== line) continue
    steps.shift()
    child.kill(next[1])
  }
  return { said, ...(await ended) }
}

const stopping = 'Stopping after the call in hand; once more to stop at once.'

describe('interruptSignal', () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`aborts on ${signal} and says so; a second signal of any kind ends the process with 130`, async () => {
      const run = await interrupted([
        ['ready', signal],
        [stopping, 'SIGTERM'],
      ])
      expect(run.said).to.deep.equal(['ready', 'aborted', stopping])
      expect(run).to.include({ code: 130, signal: null })
    })
  }
})
