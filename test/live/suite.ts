import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/host/sandbox.ts'
import { nameOfCall } from '../support/installation.ts'
import { quick } from '../support/aws-under-test.ts'
import { compiled } from '../support/run-cli.ts'

const root = join(import.meta.dirname, '../..')

/** How the suite ended. */
export interface Ended {
  /** 137 where it was killed. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A sandbox, and the suite to run on it. */
export interface Suite {
  readonly sandbox: Sandbox
  readonly folder: string
  /** Starts `scripts/live/live.ts`, whose streams are no terminals; `stopping` kills it with all that it has started. */
  run(args: readonly string[], stopping?: AbortSignal): Promise<Ended>
  report(): Promise<string>
  /** The calls since the last look that could change something, such as `s3:CreateBucket`. */
  changes(): string[]
  close(): Promise<void>
}

export async function startSuite(options: SandboxOptions = {}): Promise<Suite> {
  const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-live-'))
  const sandbox = await startSandbox({ port: 0, ...options, timing: { ...quick, ...options.timing } })
  const { PATH = '', HOME = '' } = process.env
  const env = { PATH, HOME, LC_ALL: 'C.UTF-8', ...compiled, ...sandbox.environment, AWS_REGION: 'eu-central-1' }
  let seen = 0
  return {
    sandbox,
    folder,
    async run(args, stopping) {
      const script = join(root, 'scripts/live/live.ts')
      const child = spawn(process.execPath, [script, '--folder', folder, ...args], {
        env,
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
        // A group of its own, so that what it has started is killed with it.
        detached: true,
      })
      const kill = (): void => {
        if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
      }
      stopping?.addEventListener('abort', kill)
      const ended = new Promise<number>((done, failed) => {
        child.once('error', failed)
        child.once('close', (code) => done(code ?? 137))
      })
      const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
      return { stdout, stderr, code }
    },
    report: () => readFile(join(folder, 'pc-ctl-live', 'live-report.md'), 'utf8'),
    changes() {
      const calls = sandbox.calls.list(({ number, changing }) => changing && number > seen)
      seen = sandbox.calls.list().at(-1)?.number ?? seen
      return calls.map(nameOfCall)
    },
    async close() {
      await sandbox.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The ids that a report gives a verdict, such as `differs`. */
export const idsIn = (report: string, verdict: string): string[] =>
  report
    .split('\n')
    .filter((line) => /^\| A\d/.test(line) && line.endsWith(`| ${verdict} |`))
    .map((line) => /A\d+/.exec(line)?.[0] ?? '')
