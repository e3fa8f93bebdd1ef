import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where pc-ctl keeps what it may lose: backups and journals. XDG Base Directory Specification, `$XDG_STATE_HOME`. */
export const stateFolder = (environment: NodeJS.ProcessEnv = process.env): string =>
  join(environment['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'pc-ctl')
