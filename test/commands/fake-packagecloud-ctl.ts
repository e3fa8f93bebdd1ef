import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type CliRun, runCli } from '../support/run-cli.ts'

/** What a packagecloud.rb with CloudFront enabled holds. */
export const enabledConfig = {
  s3_bucket: 'packages-example-org',
  cloudfront_enabled: true,
  cloudfront_secret: 'MDI2ZDhhYmMxYThiMjVmMTBlODM4OWNmZWZiZmI2NWI',
  cloudfront_distribution_id: 'F1CA7GXW3ED1U0',
  cloudfront_packages_domain: 'd111111abcdef8.cloudfront.net',
}

/** A packagecloud host: its packagecloud.rb, and a packagecloud-ctl that takes down how it was called. */
export interface PackagecloudHost {
  readonly folder: string
  readonly config: string
  readonly ctl: string
  /** Writes packagecloud.rb from keys, or as it stands. */
  configure(content: Readonly<Record<string, string | boolean>> | string): Promise<void>
  /** Gives packagecloud-ctl another body, in sh. */
  script(body: string): Promise<void>
  /** The arguments of each call since the last look. */
  calls(): Promise<string[]>
  /** Runs pc-ctl with this host's file and packagecloud-ctl. */
  run(args: readonly string[], options?: { env?: Record<string, string>; input?: string }): Promise<CliRun>
  close(): Promise<void>
}

export async function packagecloudHost(): Promise<PackagecloudHost> {
  const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-host-'))
  const [config, ctl, log] = ['packagecloud.rb', 'packagecloud-ctl', 'calls'].map((name) => join(folder, name))
  if (config === undefined || ctl === undefined || log === undefined) throw new Error('no folder')
  const script = async (body: string): Promise<void> => {
    await writeFile(ctl, `#!/bin/sh\necho "$@" >> '${log}'\n${body}\n`)
    await chmod(ctl, 0o755)
  }
  await script('')
  return {
    folder,
    config,
    ctl,
    script,
    configure: (content) => writeFile(config, typeof content === 'string' ? content : linesOf(content)),
    async calls() {
      const lines = await readFile(log, 'utf8').catch(() => '')
      await rm(log, { force: true })
      return lines.split('\n').slice(0, -1)
    },
    run(args, { env = {}, input = '' } = {}) {
      const variables = { PC_CTL_CONFIG: config, XDG_STATE_HOME: join(folder, 'state'), ...env }
      const [command = '', ...rest] = args
      return runCli([command, '--ctl', ctl, ...rest], { env: variables, input })
    },
    close: () => rm(folder, { recursive: true }),
  }
}

const linesOf = (keys: Readonly<Record<string, string | boolean>>): string =>
  Object.entries(keys)
    .map(
      ([key, value]) => `packagecloud_rails['${key}'] = ${typeof value === 'string' ? `'${value}'` : String(value)}\n`,
    )
    .join('')
