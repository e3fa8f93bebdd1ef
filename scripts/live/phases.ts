/** The phases of a run, in their order. Each finds again what an earlier start has made. */
import { makeBuckets } from './buckets.ts'
import { downloadPackages, publishAfterAMiss } from './downloads.ts'
import { invalidate } from './invalidations.ts'
import { fillBucket } from './objects.ts'
import type { Live } from './place.ts'
import { seeWhatIsRefused } from './refusals.ts'
import { reindex } from './reindex.ts'
import { rotate } from './rotation.ts'
import { walkTheRunbook } from './runbook.ts'
import { walkAsS3cmd } from './s3cmd.ts'

export interface Step {
  readonly title: string
  /** Whether there is no going on without it. */
  readonly needed?: true
  readonly run: (live: Live) => Promise<unknown>
}

const groups = ['enable', 'bootstrap', 'distribution', 'rotate', 'look', 'reindex', 'invalidate', 's3cmd', 'cfremove']

/** What IAM's simulator said before anything was made. */
let simulated: boolean | undefined

export const steps: readonly Step[] = [
  {
    title: 'Ask IAM whether the credentials may do all this',
    needed: true,
    async run(live) {
      const place = ['--bucket', live.bucket, '--region', live.region]
      const { stdout } = await live.pcCtl('permissions', ...groups, '--check', ...place)
      simulated = /root user|Only what reads was tried/.test(stdout) ? undefined : true
    },
  },
  { title: 'Make the buckets', needed: true, run: makeBuckets },
  { title: 'Fill the bucket', needed: true, run: fillBucket },
  { title: 'Go the runbook', needed: true, run: walkTheRunbook },
  { title: 'Download packages and indexes', run: downloadPackages },
  { title: 'Publish an object after a 404', run: publishAfterAMiss },
  { title: 'Invalidate', run: invalidate },
  { title: 'See what AWS refuses, and in which words', run: seeWhatIsRefused },
  { title: 'Replace the secret while a client downloads', run: rotate },
  { title: 'Reindex a small repository', run: reindex },
  { title: 'Have doctor prove it', run: ({ pcCtl }) => pcCtl('doctor') },
  { title: "Walk s3cmd's page", run: walkAsS3cmd },
  {
    title: 'Compare what IAM said with what was allowed',
    async run({ findings }) {
      const seen =
        simulated === true
          ? 'nothing missing, and nothing was denied'
          : 'for root users, or where it may not be asked, it says nothing'
      findings.note('A36', seen, simulated)
    },
  },
]
