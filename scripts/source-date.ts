/** When what is built was written: the same sources give the same bytes whenever they are built. */
import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/**
 * `SOURCE_DATE_EPOCH` (https://reproducible-builds.org/specs/source-date-epoch/), else the time of the last commit, else,
 * outside of a checkout, that of package.json.
 *
 * @returns Unix time in seconds
 * @throws RangeError for a SOURCE_DATE_EPOCH that is no such time
 */
export function sourceDate(): number {
  const given = process.env['SOURCE_DATE_EPOCH']
  if (given !== undefined) {
    if (!/^\d{1,10}$/.test(given)) throw new RangeError(`SOURCE_DATE_EPOCH is not a Unix time in seconds: ${given}`)
    return Number(given)
  }
  return commitTime() ?? Math.floor(statSync(join(root, 'package.json')).mtimeMs / 1000)
}

function commitTime(): number | undefined {
  try {
    const git = ['log', '-1', '--format=%ct']
    return Number(execFileSync('git', git, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  } catch {
    return undefined
  }
}
