import { ACMClient, RequestCertificateCommand } from '@aws-sdk/client-acm'
import {
  CloudFrontClient,
  CreateDistributionWithTagsCommand,
  type DistributionConfig,
  GetDistributionCommand,
  GetDistributionConfigCommand,
} from '@aws-sdk/client-cloudfront'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'

import {
  createDistributions,
  type CreateWishes,
  lookBeforeCreation,
  readBuckets,
} from '../../../src/tasks/cf/create.ts'
import { type CfCreated, created } from '../../../src/tasks/cf/created.ts'
import { type ModifyWishes, modifyDistribution } from '../../../src/tasks/cf/modify.ts'
import { applyChain, type Conduct } from '../../../src/tasks/chain/chain.ts'
import { CtlError } from '../../../src/errors.ts'
import type { PlanLine } from '../../../src/ui/plan.ts'
import { type AwsUnderTest, noSettings, startAws } from '../../support/aws-under-test.ts'
import { config } from '../../support/cloudfront-fixture.ts'

export const region = 'us-east-1'
export const bucket = 'packages-example-org'
export const conduct: Conduct = { show: 'nothing', signal: new AbortController().signal, lookAgainAfter: 1 }
export const yes = async (): Promise<boolean> => true
export const noEdit = { addAliases: [], removeAliases: [] }

/** A sandbox with a bucket, and the chains of cfcreate and cfmodify to run on it. */
export interface CfBench extends AwsUnderTest {
  readonly cloudfront: CloudFrontClient
  makeBucket(name: string): Promise<void>
  requestCertificate(...names: string[]): Promise<string>
  create(words?: readonly string[], wishes?: Partial<CreateWishes>): Promise<CfCreated[]>
  modify(word: string, wishes: Partial<ModifyWishes>): Promise<PlanLine[]>
  /** Makes a distribution of somebody else's; returns its id. */
  makeForeign(reference: string, more?: Partial<DistributionConfig>, tags?: Record<string, string>): Promise<string>
  configOf(id: string): Promise<DistributionConfig | undefined>
  /** The operations of calls that can change something, since the calls were last cleared. */
  changes(): string[]
}

export async function startCf(): Promise<CfBench> {
  const bench = await startAws()
  const { aws, sandbox } = bench
  const cloudfront = aws.client(CloudFrontClient, region)
  const own: Omit<CfBench, keyof AwsUnderTest> = {
    cloudfront,
    async makeBucket(Bucket) {
      const s3 = aws.client(S3Client, region)
      await s3.send(new CreateBucketCommand({ Bucket }))
      await s3.send(new PutObjectCommand({ Bucket, Key: 'logo.jpg', Body: 'a picture' }))
    },
    async requestCertificate(DomainName = '', ...SubjectAlternativeNames) {
      const more = SubjectAlternativeNames.length === 0 ? {} : { SubjectAlternativeNames }
      const acm = aws.client(ACMClient, region)
      return (await acm.send(new RequestCertificateCommand({ DomainName, ...more }))).CertificateArn ?? ''
    },
    async create(words = [`s3://${bucket}`], wishes = {}) {
      const all: CreateWishes = { origin: 'public', edit: noEdit, tags: {}, wait: false, ...wishes }
      const look = await lookBeforeCreation(aws, readBuckets(words, all.edit), all, conduct)
      const { ctx, report } = await applyChain(createDistributions(aws, look, all), conduct, yes)
      return created(look, all, { done: ctx, report })
    },
    async modify(word, wishes) {
      const all: ModifyWishes = { edit: noEdit, tags: {}, wait: false, ...wishes }
      return (await applyChain(modifyDistribution(aws, noSettings, [word], all), conduct, yes)).report
    },
    async makeForeign(reference, more = {}, tags = {}) {
      const Items = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
      const DistributionConfigWithTags = { DistributionConfig: config(reference, more), Tags: { Items } }
      const made = await cloudfront.send(new CreateDistributionWithTagsCommand({ DistributionConfigWithTags }))
      return made.Distribution?.Id ?? ''
    },
    configOf: async (Id) => (await cloudfront.send(new GetDistributionConfigCommand({ Id }))).DistributionConfig,
    changes: () => sandbox.calls.changing().map(({ operation }) => operation),
  }
  const whole = { ...bench, ...own }
  await whole.makeBucket(bucket)
  sandbox.calls.clear()
  return whole
}

/** Origins that are a bucket, for {@link CfBench.makeForeign}. */
export const originsOf = (DomainName: string): Partial<DistributionConfig> => ({
  Origins: { Quantity: 1, Items: [{ Id: 'bucket', DomainName, S3OriginConfig: { OriginAccessIdentity: '' } }] },
})

export const existsIn = async ({ cloudfront }: CfBench, Id: string): Promise<boolean> =>
  cloudfront.send(new GetDistributionCommand({ Id })).then(
    () => true,
    () => false,
  )

/** The CtlError that work ends in. */
export async function failureOf(work: Promise<unknown>): Promise<CtlError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof CtlError) return error
  throw new Error(`ended without a CtlError: ${String(error)}`)
}
