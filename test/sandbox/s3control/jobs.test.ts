import { createHash } from 'node:crypto'

import { expect } from 'chai'

import { furnish, startJobs, taskFunction, valueIn, type JobFixture } from '../../support/batch-jobs.ts'

describe("the sandbox's S3 Control", () => {
  let fixture: JobFixture
  before(async () => {
    fixture = await startJobs()
    await furnish(fixture)
  })
  after(() => fixture.close())

  it('invokes a function for each row of a manifest and reports what came of it', async () => {
    const functionArn = await fixture.function(
      'shards',
      taskFunction(`
        const answer = await fetch(process.env.AWS_ENDPOINT_URL + '/no-such-thing')
        return ['Succeeded', JSON.stringify([task.s3Key, task.s3Bucket, task.s3VersionId, event.job.userArguments, answer.status])]`),
    )
    const rows = ['packages,%7B%22s%22%3A1%7D', 'packages,a%20b+c']
    const id = await fixture.create(rows, { functionArn, userArguments: { run: 'r1' }, tags: { mine: 'yes' } })
    const text = await fixture.until(id, 'Complete')
    expect(valueIn(text, 'NumberOfTasksSucceeded')).to.equal('2')
    expect(valueIn(text, 'TotalNumberOfTasks')).to.equal('2')
    const lines = await fixture.reported(id, 'succeeded')
    const message = (key: string): string =>
      JSON.stringify([key, 'packages', null, { run: 'r1' }, 404]).replaceAll('"', '""')
    expect(lines).to.have.members(rows.map((row) => `${row},,succeeded,200,,"${message(row.split(',')[1] ?? '')}"`))
    const manifest = JSON.parse(await fixture.read(`reports/job-${id}/manifest.json`)) as {
      Results: { Key: string; MD5Checksum: string }[]
    }
    const [file] = manifest.Results
    expect(createHash('md5').update(await fixture.read(file?.Key ?? '')).digest('hex')).to.equal(file?.MD5Checksum)
  })
})
