/**
 * Asks the registry for the newest version, and notes it in the file that is named. npm asks: it knows the registry, the
 * proxy, the authorities and the credentials that are meant for it. A process of its own, of which nobody hears.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { noteLatest } from './updates.ts'

const patienceMs = 60_000

const [file = ''] = process.argv.slice(2)
const asking = ['view', 'pc-ctl', 'version', '--loglevel=silent', '--logs-max=0', '--no-update-notifier']
try {
  const { stdout } = await promisify(execFile)('npm', [...asking, '--fetch-retries=0'], { timeout: patienceMs })
  noteLatest(file, stdout.trim())
} catch {
  // No npm, no network, or no answer: tomorrow it is tried again.
}
