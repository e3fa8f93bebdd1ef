import { type Aws, connect } from '../../src/aws/connect.ts'
import { type Names, namesOf } from '../../src/aws/names.ts'
import type { Talk } from '../../src/aws/patience.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/host/sandbox.ts'
import type { Settings } from '../../src/settings/settings.ts'

/** Long enough that code which does not wait fails, short enough for a test. */
export const quick = {
  roleAssumable: 150,
  principal: 150,
  functionActive: 100,
  deploy: 200,
  invalidation: 100,
  storeReady: 100,
  spread: 100,
}

/** A sandbox, and clients of ours that talk to it. */
export interface AwsUnderTest {
  readonly sandbox: Sandbox
  readonly aws: Aws
  readonly names: Names
  readonly talk: Talk
  /** What the code under test told the operator while it worked. */
  readonly told: string[]
  close(): Promise<void>
}

export const noSettings: Settings = {
  configFile: '/etc/packagecloud/packagecloud.rb',
  configFound: false,
  installation: { value: 'packagecloud', source: { kind: 'default' } },
  problems: {},
  notes: [],
}

export async function startAws(options: SandboxOptions = {}): Promise<AwsUnderTest> {
  const sandbox = await startSandbox({ timing: quick, ...options })
  const before = { ...process.env }
  Object.assign(process.env, sandbox.environment)
  const aws = await connect(noSettings)
  const told: string[] = []
  return {
    sandbox,
    aws,
    names: namesOf('packagecloud'),
    talk: { tell: (text) => told.push(text), signal: new AbortController().signal },
    told,
    async close() {
      aws.close()
      await sandbox.close()
      process.env = before
    },
  }
}
