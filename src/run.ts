import { flush, handle, run } from '@oclif/core'

import { exitCodes, messageOf } from './ui/errors.ts'

const args = process.argv.slice(2)
try {
  await run(args, import.meta.url)
  await flush()
} catch (error) {
  // The one failure that comes before any command of ours could tell it.
  const unknown = /^command (.*) not found$/.exec(messageOf(error))?.[1]
  if (unknown === undefined) await handle(error instanceof Error ? error : new Error(messageOf(error)))
  else refuse(`pc-ctl has no command "${unknown}".`, 'pc-ctl --help lists the commands.')
}

function refuse(message: string, hint: string): void {
  process.exitCode = exitCodes.usage
  if (args.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ error: { code: 'usage', message, hint: [hint] } }, undefined, 2)}\n`)
  } else process.stderr.write(`Error: ${message}\n  ${hint}\n`)
}
