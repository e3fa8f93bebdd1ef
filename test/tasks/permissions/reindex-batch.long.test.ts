/** The policy of reindex-batch, as a user who has nothing else, on a bucket that is encrypted with a key of KMS. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import {
  CreateBucketCommand,
  HeadObjectCommand,
  PutBucketEncryptionCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { connect } from '../../../src/aws/connect.ts'
import { CtlError } from '../../../src/errors.ts'
import type { Report } from '../../../src/reindex/report.ts'
import type { Settings } from '../../../src/settings/settings.ts'
import { needsFor } from '../../../src/tasks/permissions/permissions.ts'
import { policyOf } from '../../../src/resources/policy-of-needs.ts'
import { policiesOf } from '../../../src/tasks/permissions/policy.ts'
import { reindexEverything, type ReindexWishes } from '../../../src/tasks/reindex/reindex-everything.ts'
import { plainRun } from '../../reindex/plain-run.ts'
import { type AwsUnderTest, noSettings, startAws } from '../../support/aws-under-test.ts'
import { jobsAtOnce } from '../../support/batch-jobs.ts'
import { nameOfCall } from '../../support/installation.ts'
import { largeDeb } from '../../repositories/apt/packages-made.ts'

const bucket = 'packages-example-org'
const region = 'us-east-1'
const given = (value: string) => ({ value, source: { kind: 'default' as const } })
const settings: Settings = { ...noSettings, bucket: given(bucket), region: given(region) }
const Key = 'pool/hello_1.0.deb'

const agree = async (): Promise<boolean> => true
const onFunctions: Partial<ReindexWishes> = { elsewhere: { concurrency: 2, adopt: false, agree } }
/** A flat repository whose index has no digest of its package yet. */
const large = 'apt/pool/a_1.0_all.deb'
const repository = { [large]: largeDeb('a'), 'apt/Packages': '\n', 'apt/Release': 'Suite: x\n' }

interface Attempt {
  /** An action that the user may not use. */
  readonly missing?: string
  readonly wishes?: Partial<ReindexWishes>
  /** Beside a package. */
  readonly objects?: Readonly<Record<string, string | Buffer>>
  /** What is looked at in the end. */
  readonly look?: (bench: AwsUnderTest) => void
}

/** Has a job put a bucket right as a user with the policy, perhaps without an action. */
async function attempt({ missing, wishes = onFunctions, objects = {}, look }: Attempt = {}): Promise<
  Report | CtlError
> {
  const bench = await startAws({ timing: { ...jobsAtOnce, principal: 0 } })
  const folder = await mkdtemp(join(tmpdir(), 'reindex-batch-permissions-'))
  const { accountId } = bench.sandbox
  try {
    const s3 = bench.aws.client(S3Client, region)
    await s3.send(new CreateBucketCommand({ Bucket: bucket }))
    const { KeyMetadata } = await bench.aws.client(KMSClient, region).send(new CreateKeyCommand({}))
    const ApplyServerSideEncryptionByDefault = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KeyMetadata?.Arn } as const
    const ServerSideEncryptionConfiguration = { Rules: [{ ApplyServerSideEncryptionByDefault }] }
    await s3.send(new PutBucketEncryptionCommand({ Bucket: bucket, ServerSideEncryptionConfiguration }))
    for (const [name, Body] of Object.entries({ [Key]: 'x', ...objects })) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: name, Body }))
    }
    const needs = needsFor('reindex-batch', bench.aws, settings, { accountId, bucket, access: 'oai' })
      .filter(({ optional }) => optional === undefined || (wishes.checksums && /--checksums/.test(optional)))
      .map((need) => ({ ...need, actions: need.actions.filter((action) => action !== missing) }))
      .filter(({ actions }) => actions.length > 0)
    const iam = bench.aws.client(IAMClient, region)
    const user = { UserName: 'operator' }
    await iam.send(new CreateUserCommand(user))
    await iam.send(
      new PutUserPolicyCommand({ ...user, PolicyName: 'pc-ctl', PolicyDocument: JSON.stringify(policyOf(needs)) }),
    )
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand(user))
    const keys = { accessKey: given(AccessKey?.AccessKeyId ?? ''), secretKey: given(AccessKey?.SecretAccessKey ?? '') }
    const report = await reindexEverything(
      await connect({ ...settings, ...keys }),
      { ...settings, ...keys },
      { ...plainRun(folder), ...wishes },
    )
    const { CacheControl } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }))
    expect(CacheControl).to.contain('immutable')
    look?.(bench)
    return report
  } catch (error) {
    if (error instanceof CtlError) return error
    throw error
  } finally {
    await bench.close()
    await rm(folder, { recursive: true })
  }
}

describe('The policy of reindex-batch', function () {
  this.timeout(300_000)

  it('is enough, for the function and the job too', async () => {
    const report = await attempt()
    if (report instanceof CtlError) throw report
    expect(report.elsewhere?.job).to.include({ status: 'Complete', shards: 1, failed: 0 })
    expect([report.failed, report.problems]).to.deep.equal([0, []])
  })

  it('is enough for jobs that compute checksums', async () => {
    const readers: string[] = []
    const report = await attempt({
      wishes: { checksums: { adopt: false, agree } },
      objects: repository,
      look({ sandbox }) {
        const reads = sandbox.calls.list((call) => /:GetObject$/.test(nameOfCall(call)) && call.status === 200)
        readers.push(...reads.flatMap(({ resource, caller }) => (resource?.endsWith(large) === true ? [caller] : [])))
      },
    })
    if (report instanceof CtlError) throw report
    expect([report.failed, report.problems]).to.deep.equal([0, []])
    // The job has read it whole, and nobody else.
    expect(readers.join()).to.match(/^arn:aws:sts::\d+:assumed-role\/packagecloud_checksum_[\w-]+\/[^,]+$/)
  })

  for (const action of [
    ...['s3:ListJobs', 's3:CreateJob', 's3:DescribeJob', 's3:UpdateJobStatus', 'iam:PassRole'],
    ...['lambda:CreateFunction', 'lambda:PutFunctionConcurrency', 'lambda:PublishVersion'],
  ]) {
    it(`needs ${action}, and says so when it is missing`, async () => {
      const result = await attempt({ missing: action })
      if (!(result instanceof CtlError)) throw new Error('everything worked')
      const said = [result.message, ...result.hint].join('\n')
      expect(result.failure, said).to.equal('denied')
      expect(said).to.contain(`AWS denied ${action}`)
      expect(said).to.contain('pc-ctl permissions')
    })
  }

  it('fits into managed policies, and gives rights on nothing but what is ours', async () => {
    const nobody = await connect(noSettings)
    const needs = needsFor('reindex-batch', nobody, settings, { accountId: '111122223333', bucket, access: 'oai' })
    const policies = policiesOf({ 'reindex-batch': needs })
    for (const policy of Object.values(policies)) expect(JSON.stringify(policy).length).to.be.most(6144)
    const everywhere = needs.filter(({ resources }) => resources.includes('*')).flatMap(({ actions }) => actions)
    expect(everywhere).to.deep.equal(['s3:ListJobs', 's3:CreateJob'])
  })
})
