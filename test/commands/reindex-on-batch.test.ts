import { CreateRoleCommand } from '@aws-sdk/client-iam'
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { jobsAtOnce, jobsTrust } from '../support/batch-jobs.ts'
import { bucket, withInstallation } from '../support/installation.ts'

const words = ['reindex-everything', '--attributes-only']
const batch = [...words, '--run-on', 'batch']
const options = { timing: jobsAtOnce }

describe('pc-ctl reindex-everything --run-on batch, before anything is written', function () {
  this.timeout(60_000)

  for (const flags of [
    ['--run-on', 'batch', '--attributes-only'],
    ['--checksums', 'batch'],
  ]) {
    it(`is refused with ${flags.join(' ')} where nobody is there to agree`, () =>
      withInstallation(options, async (place) => {
        const run = place.run(['reindex-everything', ...flags])
        expect(await place.changes(() => run)).to.deep.equal([])
        const { code, stderr } = await run
        expect(code).to.equal(2)
        expect(stderr.replaceAll(/\s+/g, ' ')).to.contain(
          'This asks before it has S3 Batch Operations begin a job, and there is no terminal. Nothing was changed. ' +
            'Run it with --yes if the answer is yes.',
        )
        // A look asks nothing.
        expect((await place.run(['reindex-everything', ...flags, '--dry-run'])).code).to.equal(0)
      }))
  }

  it('is refused where something is not of pc-ctl, before the work is cut', () =>
    withInstallation(options, async (place) => {
      const { accountId } = place.sandbox
      const RoleName = 'packagecloud_reindex_jobs'
      const AssumeRolePolicyDocument = jobsTrust(accountId)
      await place.clients.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))
      const run = place.run([...batch, '--yes'])
      // Its lock, which it gives back.
      expect(new Set(await place.changes(() => run))).to.deep.equal(new Set(['s3:PutObject']))
      const { code, stderr } = await run
      expect([code, stderr]).to.deep.equal([4, stderr])
      expect(stderr.replaceAll(/\s+/g, ' ')).to.contain(`IAM role ${RoleName}`).and.contain('nothing was changed')
      const ofBatch = new ListObjectsV2Command({ Bucket: bucket, Prefix: '.pc-ctl/batch/' })
      expect((await place.clients.s3.send(ofBatch)).KeyCount).to.equal(0)
    }))
})
