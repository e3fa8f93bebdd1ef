/** A sandbox that ends in the middle of a job. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { bucket, furnish, jobClient, jobsAtOnce, startJobs, taskFunction, valueIn } from '../../support/batch-jobs.ts'
import { startSandbox } from '../../../src/sandbox/host/sandbox.ts'
import { S3Client, GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { clientConfig } from '../../support/clients.ts'
import { setTimeout as sleep } from 'node:timers/promises'

const tasks = 12

describe('a sandbox that is started again', () => {
  let state: string
  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), 'pc-ctl-jobs-'))
  })
  afterEach(() => rm(state, { recursive: true, force: true }))

  /**
   * Begins a job and ends its sandbox when the job is somewhere.
   *
   * @param jobState - milliseconds a job is in each state
   * @returns the job, nothing where a busy machine did not see it there: it was elsewhere before it was asked
   */
  async function begunUntil(where: string, confirmation: boolean, jobState: number): Promise<string | undefined> {
    const fixture = await startJobs({ state, timing: { ...jobsAtOnce, jobState } })
    try {
      await furnish(fixture)
      const functionArn = await fixture.function(
        'slow',
        taskFunction(
          `await new Promise((resolve) => setTimeout(resolve, ${Math.min(2 * jobState, 1_000)})); return ['Succeeded', task.s3Key]`,
        ),
      )
      const rows = Array.from({ length: tasks }, (_, index) => `${bucket},shard-${index}`)
      const id = await fixture.create(rows, { functionArn, confirmation })
      const status = where === 'half done' ? 'Active' : where
      for (;;) {
        const text = await fixture.describe(id)
        const done = Number(valueIn(text, 'NumberOfTasksSucceeded'))
        if (valueIn(text, 'Status') === status && (where !== 'half done' || (done > 0 && done < tasks))) return id
        if (done === tasks) return undefined
        await sleep(2)
      }
    } finally {
      await fixture.close()
    }
  }

  /** Ends the sandbox when the job is somewhere, and answers the description when the next one has come to its end. */
  async function interrupted(where: string, confirmation = false): Promise<{ text: string; lines: string[] }> {
    let id: string | undefined
    for (let jobState = 20; id === undefined; jobState *= 4) {
      expect(jobState, `it was never seen ${where}`).to.be.below(2_000)
      await rm(state, { recursive: true, force: true })
      id = await begunUntil(where, confirmation, jobState)
    }

    const sandbox = await startSandbox({ state, timing: jobsAtOnce })
    const ask = jobClient(sandbox)
    const s3 = new S3Client(clientConfig(sandbox))
    if (confirmation) await ask('POST', `/${id}/status?requestedJobStatus=Ready`)
    let text = ''
    do {
      await sleep(10)
      text = (await ask('GET', `/${id}`)).text
    } while (!['Complete', 'Failed'].includes(valueIn(text, 'Status')))
    const { Contents = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: `reports/job-${id}/results/` }),
    )
    const texts = await Promise.all(
      Contents.map(async ({ Key }) =>
        (await s3.send(new GetObjectCommand({ Bucket: bucket, Key }))).Body?.transformToString(),
      ),
    )
    s3.destroy()
    expect(sandbox.calls.list(({ operation }) => operation === 'AssumeRole').length).to.be.at.most(1)
    await sandbox.close()
    return { text, lines: texts.join('').split('\n').slice(0, -1) }
  }

  for (const where of ['New', 'Preparing', 'Ready', 'half done', 'Completing', 'Suspended']) {
    it(`goes on with a job that was ${where}`, async () => {
      const { text, lines } = await interrupted(where, where === 'Suspended')
      expect(valueIn(text, 'Status')).to.equal('Complete')
      expect(valueIn(text, 'NumberOfTasksSucceeded')).to.equal(String(tasks))
      expect(new Set(lines).size).to.equal(tasks)
      expect(lines.length).to.equal(tasks)
    })
  }
})
