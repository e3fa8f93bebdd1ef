import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { CloudFrontClient, CreateDistributionCommand } from '@aws-sdk/client-cloudfront'
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeletePublicAccessBlockCommand,
  HeadObjectCommand,
  PutBucketEncryptionCommand,
  PutObjectAclCommand,
  PutObjectAnnotationCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { connect } from '../../../src/aws/connect.ts'
import { reasons } from '../../../src/reindex/attributes/attributes.ts'
import { Journal } from '../../../src/reindex/journal/journal.ts'
import type { Report } from '../../../src/reindex/report.ts'
import type { OpenedSigner } from '../../../src/repositories/openpgp.ts'
import type { Need } from '../../../src/resources/resource.ts'
import type { Settings } from '../../../src/settings/settings.ts'
import { needsFor } from '../../../src/tasks/permissions/permissions.ts'
import { policyOf } from '../../../src/resources/policy-of-needs.ts'
import type { ReindexOptions } from '../../../src/reindex/run.ts'
import { reindexEverything } from '../../../src/tasks/reindex/reindex-everything.ts'
import { dropAtEdges, findEdges } from '../../../src/tasks/reindex/invalidate-republished.ts'
import { CtlError } from '../../../src/errors.ts'
import { plainRun } from '../../reindex/plain-run.ts'
import { fillRepositories, keyOfDeb, makeKey } from '../../reindex/repositories-under-test.ts'
import { config } from '../../support/cloudfront-fixture.ts'
import { type AwsUnderTest, noSettings, startAws } from '../../support/aws-under-test.ts'
import { share } from '../../support/share.ts'

const bucket = 'packages-example-org'
const region = 'us-east-1'
const given = (value: string) => ({ value, source: { kind: 'default' as const } })
const settings: Settings = { ...noSettings, bucket: given(bucket) }

const large = 'large.deb'
const [held, open] = [keyOfDeb('main/hello_1.0'), 'apt/dists/stable/InRelease']

/** A bucket that has all that makes rewriting hard: KMS, Object Lock, access control lists, tags, an upload left over. */
class Place {
  readonly bench: AwsUnderTest
  readonly folder: string
  readonly s3: S3Client
  constructor(bench: AwsUnderTest, folder: string) {
    this.bench = bench
    this.folder = folder
    this.s3 = bench.aws.client(S3Client, region)
  }

  static async open(signer: OpenedSigner): Promise<Place> {
    const bench = await startAws({ timing: { principal: 0 } })
    const place = new Place(bench, await mkdtemp(join(tmpdir(), 'reindex-permissions-')))
    try {
      await place.#fill(signer)
      return place
    } catch (error) {
      await place.close()
      throw error
    }
  }

  async #fill(signer: OpenedSigner): Promise<void> {
    const { s3, bench, folder } = this
    await s3.send(
      new CreateBucketCommand({ Bucket: bucket, ObjectOwnership: 'ObjectWriter', ObjectLockEnabledForBucket: true }),
    )
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }))
    const { KeyMetadata } = await bench.aws.client(KMSClient, region).send(new CreateKeyCommand({}))
    const ApplyServerSideEncryptionByDefault = {
      SSEAlgorithm: 'aws:kms' as const,
      KMSMasterKeyID: KeyMetadata?.Arn ?? '',
    }
    const ServerSideEncryptionConfiguration = { Rules: [{ ApplyServerSideEncryptionByDefault }] }
    await s3.send(new PutBucketEncryptionCommand({ Bucket: bucket, ServerSideEncryptionConfiguration }))
    await fillRepositories(s3, bucket, signer)
    const byBucketKey = {
      ServerSideEncryption: 'aws:kms' as const,
      SSEKMSKeyId: KeyMetadata?.Arn ?? '',
      BucketKeyEnabled: true,
    }
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'bucket-key.deb', Body: 'x', ...byBucketKey }))
    const annotation = { Bucket: bucket, AnnotationName: 'scan', AnnotationPayload: 'clean' }
    await s3.send(new PutObjectAnnotationCommand({ ...annotation, Key: 'bucket-key.deb' }))
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: large, Body: 'x' }))
    await s3.send(new PutObjectAnnotationCommand({ ...annotation, Key: large }))
    bench.sandbox.services.s3.amend(bucket, large, {}, 6 * 1024 ** 3)
    await s3.send(new PutObjectLegalHoldCommand({ Bucket: bucket, Key: held, LegalHold: { Status: 'ON' } }))
    await s3.send(new PutObjectAclCommand({ Bucket: bucket, Key: open, ACL: 'public-read' }))
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: held }))
    const journal = new Journal(folder, bucket)
    journal.copies.uploadBegun(UploadId ?? '', held)
    journal.close()
  }

  /** From now on grants to everybody can't be written, though those that are there stay. */
  async blockPublicAcls(): Promise<void> {
    const PublicAccessBlockConfiguration = { BlockPublicAcls: true }
    await this.s3.send(new PutPublicAccessBlockCommand({ Bucket: bucket, PublicAccessBlockConfiguration }))
  }

  /** Settings with the credentials of a user who may do just this. */
  async as(needs: readonly Need[]): Promise<Settings> {
    const iam = this.bench.aws.client(IAMClient, region)
    const UserName = 'operator'
    const PolicyDocument = JSON.stringify(policyOf(needs))
    await iam.send(new CreateUserCommand({ UserName }))
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'pc-ctl', PolicyDocument }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
    const keys = { accessKey: given(AccessKey?.AccessKeyId ?? ''), secretKey: given(AccessKey?.SecretAccessKey ?? '') }
    return { ...settings, ...keys }
  }

  async close(): Promise<void> {
    await this.bench.close()
    await rm(this.folder, { recursive: true })
  }
}

/** What a group's commands do. */
const runs: Readonly<Record<'audit' | 'reindex', Partial<ReindexOptions>>> = {
  audit: { dryRun: true },
  reindex: { dryRun: false },
}

/** Needs are told without asking anybody. */
const nobody = await connect(noSettings)

for (const group of ['audit', 'reindex'] as const) {
  const all = needsFor(group, nobody, settings, { accountId: '111122223333', bucket, access: 'oai' })
  const needed = all.filter(({ optional }) => optional === undefined)
  const actions = [...new Set(needed.flatMap((need) => need.actions))].sort()

  describe(`The policy of ${group}`, function () {
    this.timeout(300_000)
    let signer: OpenedSigner
    before(async () => ({ signer } = await makeKey()))

    /** Runs everything as a user with the policy, perhaps without an action. Answers the report, or what went wrong. */
    async function attempt(missing?: string, look?: (place: Place) => Promise<void>): Promise<Report | CtlError> {
      const place = await Place.open(signer)
      try {
        const { accountId } = place.bench.sandbox
        const needs = needsFor(group, place.bench.aws, settings, { accountId, bucket, access: 'oai' })
          .map((need) => ({ ...need, actions: need.actions.filter((action) => action !== missing) }))
          .filter(({ actions: rest }) => rest.length > 0)
        const as = await place.as(needs)
        // Asked for only where a grant was refused.
        if (missing === 's3:GetBucketPublicAccessBlock') await place.blockPublicAcls()
        const report = await reindexEverything(await connect(as), as, {
          ...plainRun(place.folder),
          signerOf: () => signer,
          strict: true,
          ...runs[group],
        })
        await look?.(place)
        return report
      } catch (error) {
        if (error instanceof CtlError) return error
        throw error
      } finally {
        await place.close()
      }
    }

    it('is enough', async () => {
      const result = await attempt(undefined, async ({ s3 }) => {
        if (group === 'audit') return
        const { CacheControl } = await s3.send(
          new HeadObjectCommand({ Bucket: bucket, Key: keyOfDeb('main/hello_1.1') }),
        )
        expect(CacheControl).to.contain('immutable')
      })
      if (result instanceof CtlError) throw result
      expect(result.problems).to.deep.equal([])
      expect(result.skipped.map(({ reason, examples }) => [reason, ...examples])).to.deep.equal([
        ['held by Object Lock', held],
        ...(group === 'audit' ? [] : [[reasons.annotations, large]]),
      ])
      expect(result.indexes.map(({ root, outcome }) => [root, outcome])).to.deep.equal([
        ['apt/', group === 'audit' ? 'would be written' : 'written'],
        ['el/8/', group === 'audit' ? 'would be written' : 'written'],
        ['el/9/', group === 'audit' ? 'would be written' : 'written'],
        ['py/', group === 'audit' ? 'would be written' : 'written'],
      ])
    })

    for (const action of share(actions)) {
      it(`needs ${action}, and says so when it is missing`, async () => {
        const result = await attempt(action)
        const said =
          result instanceof CtlError
            ? [result.message, ...result.hint].join('\n')
            : result.problems.map(({ what, todo }) => `${what} ${todo ?? ''}`).join('\n')
        if (result instanceof CtlError) expect(result.failure, said).to.equal('denied')
        else expect(result.failed, 'everything worked').to.be.greaterThan(0)
        expect(said).to.contain(`AWS denied ${action} on `)
        expect(said).to.contain(`"Action":"${action}"`)
        expect(said).to.contain('pc-ctl permissions')
      })
    }
  })
}

describe('The policy of reindex, with --invalidate', () => {
  const scope = (accountId: string) => ({ accountId, bucket, access: 'oai' as const })
  const key = 'pool/a_1.deb'

  /** Has edges drop a key as a user with the policy, perhaps without an action. */
  async function attempt(missing?: string): Promise<string> {
    const bench = await startAws({ timing: { principal: 0 } })
    const place = new Place(bench, await mkdtemp(join(tmpdir(), 'reindex-permissions-')))
    try {
      const origin = {
        Id: 'bucket',
        DomainName: `${bucket}.s3.amazonaws.com`,
        S3OriginConfig: { OriginAccessIdentity: '' },
      }
      const DistributionConfig = config('made', { Origins: { Quantity: 1, Items: [origin] } })
      await bench.aws.client(CloudFrontClient, region).send(new CreateDistributionCommand({ DistributionConfig }))
      const needs = needsFor('reindex', bench.aws, settings, scope(bench.sandbox.accountId))
        .filter(({ optional }) => optional !== undefined)
        .map((need) => ({ ...need, actions: need.actions.filter((action) => action !== missing) }))
        .filter(({ actions }) => actions.length > 0)
      const aws = await connect(await place.as(needs))
      const edges = await findEdges(aws, settings, bucket)
      const talk = { signal: new AbortController().signal, tell: () => undefined }
      return await dropAtEdges(aws, edges, { bucket, keys: [key] }, talk)
    } catch (error) {
      if (error instanceof CtlError) return error.message
      throw error
    } finally {
      await place.close()
    }
  }

  it('is enough', async () => {
    expect(await attempt()).to.match(/^1 path, cf:\/\/E\w+\/I\w+$/)
  })

  for (const action of ['ListDistributions', 'GetDistribution', 'CreateInvalidation']) {
    it(`needs cloudfront:${action}`, async () => {
      expect(await attempt(`cloudfront:${action}`)).to.include(`AWS denied cloudfront:${action} on `)
    })
  }
})
