import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Took } from './run.ts'

export interface Bucket {
  readonly objects: number
  /** Objects of a repository. */
  readonly each: number
  /** Milliseconds that a page of a listing takes. */
  readonly latency: number
}

/** Into how many parts the keys of the bucket are split from the start. */
const partitions = 1

/** Does steps of a run over a bucket, each process alone with its work; tells what each of them took. */
export async function* measured(bucket: Bucket, steps: readonly string[]): AsyncGenerator<Took> {
  const { objects, each, latency } = bucket
  const stateDir = await mkdtemp(join(tmpdir(), 'pc-ctl-bench-'))
  const s3 = fork(join(import.meta.dirname, 's3.ts'), [objects, each, latency, partitions].map(String))
  try {
    const [{ endpoint }] = (await once(s3, 'message')) as [{ endpoint: string }]
    const run = fork(join(import.meta.dirname, 'run.ts'), [endpoint, stateDir, ...steps])
    const exited = once(run, 'exit')
    for (const step of steps) {
      const [took] = (await Promise.race([once(run, 'message'), exited])) as [Took | number | null]
      if (typeof took !== 'object' || took === null) throw new Error(`The run ended at the step ${step}.`)
      yield took
      if (step === 'list') s3.send('hand in')
      run.send('go on')
    }
    await exited
  } finally {
    s3.disconnect()
    await rm(stateDir, { recursive: true, force: true })
  }
}
