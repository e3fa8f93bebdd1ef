/** One bucket, put right and indexed by this host alone and with the function that S3 Batch Operations invokes. */
import { join } from 'node:path'

import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  GetObjectCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3'

import { connect } from '../../../src/aws/connect.ts'
import { handler } from '../../../src/reindex/batch/function.ts'
import type { Batch } from '../../../src/reindex/batch/write-wanted.ts'
import type { ReindexOptions } from '../../../src/reindex/options.ts'
import type { Report } from '../../../src/reindex/report.ts'
import { openRun, type ReindexRun } from '../../../src/reindex/run.ts'
import { type AwsUnderTest, noSettings, startAws } from '../../support/aws-under-test.ts'
import { clientConfig } from '../../support/clients.ts'
import { plainRun } from '../plain-run.ts'

/** What a test says of a bucket. */
interface BucketWishes {
  readonly acl?: boolean
  readonly versioned?: boolean
}

export interface BothEngines {
  readonly place: AwsUnderTest
  readonly s3: S3Client
  /** Makes two buckets, and does the same to each: all of it at one moment, so that they differ in nothing. */
  pair(wishes?: BucketWishes): Promise<readonly [alone: string, shared: string]>
  /** Does something to both, a minute later. */
  toBoth(pair: readonly [string, string], act: (bucket: string) => Promise<void>): Promise<void>
  /** What a run over the first bucket tells, and one over the second whose work functions do as far as they can. */
  run(pair: readonly [string, string], more?: Partial<ReindexOptions>): Promise<readonly [Told, Told]>
  close(): Promise<void>
}

/** Of a report what both engines must tell alike. */
export type Told = Record<string, unknown>

/** @param folder - of journals */
export async function startBoth(folder: string): Promise<BothEngines> {
  const begun = Date.now()
  let later = 0
  let [buckets, batches] = [0, 0]
  const place = await startAws({ now: () => begun + later })
  const s3 = new S3Client(clientConfig(place.sandbox))
  Object.assign(process.env, await keysOfAdmin(place), { AWS_REGION: 'us-east-1' })
  const aws = await connect(noSettings)

  const invokeAll = async (bucket: string, { manifest, run }: Batch): Promise<void> => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: manifest.key }))
    const rows = ((await Body?.transformToString()) ?? '').trimEnd().split('\n')
    for (const row of rows) {
      await handler(
        {
          ...{ invocationSchemaVersion: '2.0', invocationId: 'i', job: { id: 'j', userArguments: { run } } },
          tasks: [{ taskId: 't', s3Key: row.split(',')[1] ?? '', s3Bucket: bucket }],
        },
        { getRemainingTimeInMillis: () => 900_000 },
      )
    }
  }
  const byFunctions = (bucket: string) => async (run: ReindexRun) => {
    const id = `r${++batches}`
    const batch = await run.elsewhere.handOver(id, place.talk)
    if (batch !== undefined) await invokeAll(bucket, batch)
    await run.elsewhere.takeBack(id, place.talk)
    await run.elsewhere.noteJob(undefined)
  }
  const runOn = async (
    bucket: string,
    more: Partial<ReindexOptions>,
    elsewhere?: (run: ReindexRun) => Promise<void>,
  ): Promise<Told> => {
    let overwritable: string[] = []
    const writeReport: ReindexOptions['writeReport'] = async (_, { overwritableObjects = [] }) => {
      overwritable = [...overwritableObjects]
    }
    const options = { ...plainRun(join(folder, bucket)), writeReport, ...more }
    const run = await openRun(aws, bucket, options)
    try {
      await run.lock()
      await run.list(place.talk)
      await elsewhere?.(run)
      if (options.attributes) await run.putAttributesRight(place.talk)
      if (options.indexes) await run.makeIndexes(place.talk)
      return told(await run.report(), overwritable)
    } finally {
      await run.close()
    }
  }
  return {
    place,
    s3,
    async pair({ acl = false, versioned = false } = {}) {
      later = 0
      const names = [`both-${++buckets}`, `both-${++buckets}`] as const
      for (const Bucket of names) {
        const ObjectOwnership = acl ? 'ObjectWriter' : 'BucketOwnerEnforced'
        await s3.send(new CreateBucketCommand({ Bucket, ObjectOwnership }))
        if (acl) await s3.send(new DeletePublicAccessBlockCommand({ Bucket }))
        const VersioningConfiguration = { Status: 'Enabled' } as const
        if (versioned) await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }))
      }
      return names
    },
    async toBoth(pair, act) {
      later += 60_000
      for (const bucket of pair) await act(bucket)
    },
    async run([alone, shared], more = {}) {
      later += 60_000
      // What indexes are made at stands in some of them.
      const [clock, now] = [Date.now, Date.now()]
      Date.now = () => now
      try {
        return [await runOn(alone, more), await runOn(shared, more, byFunctions(shared))]
      } finally {
        Date.now = clock
      }
    },
    async close() {
      s3.destroy()
      aws.close()
      await place.close()
    },
  }
}

/** Somebody whom a bucket's policy binds: the account's root it does not. */
async function keysOfAdmin({ sandbox }: AwsUnderTest): Promise<Record<string, string | undefined>> {
  const iam = new IAMClient(clientConfig(sandbox))
  const UserName = 'admin'
  await iam.send(new CreateUserCommand({ UserName }))
  const Statement = [{ Effect: 'Allow', Action: '*', Resource: '*' }]
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'all', PolicyDocument }))
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
  iam.destroy()
  return { AWS_ACCESS_KEY_ID: AccessKey?.AccessKeyId, AWS_SECRET_ACCESS_KEY: AccessKey?.SecretAccessKey }
}

function told(report: Report, overwritable: readonly string[]): Told {
  const { repositories, wrong, problems } = report
  const sorted = (all: Iterable<unknown>): string[] => Array.from(all, (one) => JSON.stringify(one)).sort()
  const all = { repositories: [...repositories].map((one) => ({ ...one })), overwritable }
  // Of a run, and not of what it leaves behind.
  const own = { bucket: '', seconds: 0, requests: undefined }
  return { ...report, ...own, ...all, wrong: sorted(wrong), problems: sorted(problems) }
}
