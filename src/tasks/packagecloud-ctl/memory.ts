import { createHash } from 'node:crypto'
import { mkdir, readFile, realpath, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { isObject } from '../../json-object.ts'
import { stateFolder } from '../../settings/state-folder.ts'

/** What packagecloud.rb was like when it was last applied through pc-ctl. Losing it only means "unknown". */
export interface Applied {
  /** SHA-256 of the file in hex. */
  readonly sha256: string
  /** ISO 8601. */
  readonly at: string
}

const digest = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

/** SHA-256 of a file in hex. */
export const fingerprint = async (file: string): Promise<string> => digest(await readFile(file))

/** What was done with packagecloud.rb. */
type Deed = 'reconfigured' | 'restarted'

/** One small file for each packagecloud.rb, however it was named. */
async function memoryOf(config: string, environment: NodeJS.ProcessEnv, deed: Deed): Promise<string> {
  const name = digest(await realpath(config)).slice(0, 16)
  return join(stateFolder(environment), deed, `${name}.json`)
}

/** What is remembered of the last reconfigure, or of the last restart that had it used, if anything is. */
export async function recall(
  config: string,
  environment: NodeJS.ProcessEnv = process.env,
  deed: Deed = 'reconfigured',
): Promise<Applied | undefined> {
  try {
    const found: unknown = JSON.parse(await readFile(await memoryOf(config, environment, deed), 'utf8'))
    return isApplied(found) ? { sha256: found.sha256, at: found.at } : undefined
  } catch {
    return undefined
  }
}

/**
 * Remembers what has been applied, for this user only.
 *
 * @throws Error of the file system
 */
export async function remember(
  config: string,
  applied: Applied,
  environment: NodeJS.ProcessEnv = process.env,
  deed: Deed = 'reconfigured',
): Promise<void> {
  const file = await memoryOf(config, environment, deed)
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 })
  const temporary = `${file}.${process.pid}`
  await writeFile(temporary, `${JSON.stringify({ file: config, ...applied })}\n`, { mode: 0o600 })
  await rename(temporary, file)
}

const isApplied = (found: unknown): found is Applied =>
  isObject(found) && typeof found['sha256'] === 'string' && typeof found['at'] === 'string'
