import { Config } from '@oclif/core'

/**
 * What commands ask oclif about pc-ctl. To have it loaded takes longer than to carry out many a command: oclif reads
 * package.json and its manifest for that, and looks for plugins and hooks, of which there are none. So nothing else that
 * oclif tells of itself is there, such as the version (`ownVersion`).
 */
export class BareConfig extends Config {
  override readonly bin = 'pc-ctl'
  override readonly name = 'pc-ctl'

  override async runHook(): ReturnType<Config['runHook']> {
    return { successes: [], failures: [] }
  }
}
