import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A process of stub-s3.ts that runs. */
export interface Stub {
  readonly endpoint: string
  /** How often it was called since the last time, by kind. */
  readonly requests: () => Promise<Readonly<Record<string, number>>>
  readonly close: () => void
}

/** @param kind - what the objects are: debs in one folder, or yum repositories of four objects each */
export async function startStub(objects: number, kind: 'debs' | 'repositories' = 'debs'): Promise<Stub> {
  const child = fork(new URL('stub-s3.ts', import.meta.url), [String(objects), kind])
  const next = async <T>(): Promise<T> => ((await once(child, 'message')) as [T])[0]
  const { endpoint } = await next<{ endpoint: string }>()
  return {
    endpoint,
    async requests() {
      const told = next<{ requests: Record<string, number> }>()
      child.send('requests')
      return (await told).requests
    },
    close: () => child.disconnect(),
  }
}

/** What a run of the built CLI took. */
export interface CliRun {
  readonly seconds: number
  /** Of its CPU, all threads. */
  readonly cpuSeconds: number
  /** Highest resident set, in bytes. */
  readonly peak: number
}

const cli = join(import.meta.dirname, '../../bin/run.js')

const nobody = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }

/** Runs the built CLI against an endpoint. Linux only, since it reads /proc. */
export async function runCli(endpoint: string, args: readonly string[], credentials = nobody): Promise<CliRun> {
  const begun = performance.now()
  const environment = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  const child = spawn(process.execPath, [cli, ...args], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)))
  let [peak, cpuSeconds] = [0, 0]
  const look = (): void => {
    try {
      peak =
        1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${String(child.pid)}/status`, 'utf8'))?.[1] ?? 0) ||
        peak
      const fields = readFileSync(`/proc/${String(child.pid)}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')
      cpuSeconds = (Number(fields[11]) + Number(fields[12])) / 100
    } catch {
      // It has just ended.
    }
  }
  const timer = setInterval(look, 20)
  const [code] = (await once(child, 'close')) as [number | null]
  clearInterval(timer)
  if (code !== 0) throw new Error(`pc-ctl ${args.join(' ')} ended with ${String(code)}: ${said}`)
  return { seconds: (performance.now() - begun) / 1000, cpuSeconds, peak }
}
