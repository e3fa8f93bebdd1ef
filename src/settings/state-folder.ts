import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/**
 * Where pc-ctl keeps what it may lose: backups and journals. XDG Base Directory Specification, `$XDG_STATE_HOME`: empty
 * is as good as not set, and what is not an absolute path is ignored.
 */
export function stateFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const given = environment['XDG_STATE_HOME'] ?? ''
  return join(isAbsolute(given) ? given : join(homedir(), '.local', 'state'), 'pc-ctl')
}
