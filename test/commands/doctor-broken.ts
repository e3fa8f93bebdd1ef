import { execFileSync } from 'node:child_process'

import type { CloudFrontClient } from '@aws-sdk/client-cloudfront'
import {
  type DistributionConfig,
  ListDistributionsCommand,
  UntagResourceCommand,
  waitUntilDistributionDeployed,
} from '@aws-sdk/client-cloudfront'
import { DeleteRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam'
import type { KMSClient } from '@aws-sdk/client-kms'
import { DescribeKeyCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms'
import { LambdaClient } from '@aws-sdk/client-lambda'
import type { S3Client } from '@aws-sdk/client-s3'
import { DeleteBucketPolicyCommand, GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { parseDocument, type PolicyStatement } from '../../src/aws/policy.ts'
import { cacheControl } from '../../src/repositories/cache-control.ts'
import { cached, distributed as edited, ofBehavior } from '../e2e/drift.ts'
import { makeFunction } from '../e2e/somebody.ts'
import { runHere } from '../support/run-here.ts'
import { debKey, type DeployedInstallation, indexKey } from '../tasks/doctor/installation.ts'

/** Of the checks. */
export const titles = {
  signed: 'A signed URL is served',
  unsigned: 'An unsigned URL is refused',
  expired: 'An expired URL is refused',
  tampered: 'A tampered URL is refused',
  missing: 'Index files that do not exist answer 404',
  metadata: 'Repository metadata is never cached',
  package: 'A package is cached',
  content: 'What the edge serves is what S3 holds',
  front: 'What the front server signs is served',
} as const

const Bucket = 'packages-example-org'
const name = 'packagecloud_cloudfront_auth'
const alias = `alias/${name}`
const tag = 'packagecloud:enterprise'

/** Something that keeps clients from getting what they should, or lets them get what they should not. */
export interface Broken {
  readonly what: string
  readonly make: (place: Place) => Promise<unknown>
  /** Checks that notice it. */
  readonly noticed: readonly (keyof typeof titles)[]
  /** What the printed commands must have among them. */
  readonly prints: RegExp
  /** What none of them may be, for it would do nothing. */
  readonly never?: RegExp
}

export interface Place extends DeployedInstallation {
  readonly cloudfront: CloudFrontClient
  readonly kms: KMSClient
  readonly s3: S3Client
  /** Keeps what it was given before, and adds to it. */
  set(changes: Readonly<Record<string, string | boolean>>): Promise<void>
  /** Has the distribution run a version that no container has been started for. */
  renew(): Promise<void>
}

export const distributionOf = async ({
  cloudfront,
}: Pick<Place, 'cloudfront'>): Promise<{ Id: string; Resource: string }> => {
  const { DistributionList: list } = await cloudfront.send(new ListDistributionsCommand({}))
  expect(list?.Items).to.have.length(1)
  const [{ Id = '', ARN: Resource = '' } = {}] = list?.Items ?? []
  return { Id, Resource }
}

const distributed =
  (edit: (config: DistributionConfig) => Partial<DistributionConfig>): Broken['make'] =>
  async (place) => {
    await edited(edit)(place)
    const wait = { client: place.cloudfront, maxWaitTime: 10, minDelay: 0.1, maxDelay: 0.2 }
    await waitUntilDistributionDeployed(wait, { Id: (await distributionOf(place)).Id })
  }

export const behaving = (edit: Partial<NonNullable<DistributionConfig['DefaultCacheBehavior']>>): Broken['make'] =>
  distributed(ofBehavior(() => edit))

const keyOf = async ({ kms }: Place): Promise<string> =>
  (await kms.send(new DescribeKeyCommand({ KeyId: alias }))).KeyMetadata?.Arn ?? ''

const inPolicy = async ({ s3 }: Place, edit: (all: readonly PolicyStatement[]) => readonly PolicyStatement[]) => {
  const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket }))
  const { Statement, ...rest } = parseDocument(Policy)
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ ...rest, Statement: edit(Statement) }) }))
}

export const untag: Broken['make'] = async (place) => {
  const { Resource } = await distributionOf(place)
  await place.cloudfront.send(new UntagResourceCommand({ Resource, TagKeys: { Items: [tag] } }))
}

const dropAll = ({ config }: Place) => here(['pc-ctl', 'cfinval', '--wait', `s3://${Bucket}`, '--config', config])

export const connects = /^pc-ctl reconfigure-cloudfront-distribution arn:/m

export const broken: readonly Broken[] = [
  {
    what: 'a distribution that is disabled',
    make: distributed(() => ({ Enabled: false })),
    noticed: ['signed', 'unsigned'],
    prints: connects,
  },
  {
    what: 'a distribution that is disabled and has lost its tag, and that packagecloud.rb does not name',
    async make(place) {
      await place.set({ cloudfront_distribution_id: '' })
      await untag(place)
      await distributed(() => ({ Enabled: false }))(place)
    },
    noticed: ['signed', 'unsigned'],
    prints: /^pc-ctl reconfigure-cloudfront-distribution arn:.* --adopt\b/m,
  },
  {
    what: 'a behaviour without the check',
    make: behaving({ LambdaFunctionAssociations: { Quantity: 0 } }),
    noticed: ['unsigned', 'expired', 'tampered'],
    prints: connects,
  },
  {
    what: 'a foreign function in place of the check',
    async make(place) {
      const iam = place.aws.client(IAMClient, 'us-east-1')
      const LambdaFunctionARN = await makeFunction(
        { iam, lambda: place.aws.client(LambdaClient, 'us-east-1') },
        'theirs',
      )
      const Items = [{ EventType: 'viewer-request' as const, LambdaFunctionARN, IncludeBody: false }]
      await behaving({ LambdaFunctionAssociations: { Quantity: 1, Items } })(place)
    },
    noticed: ['unsigned', 'expired', 'tampered'],
    prints: /--adopt\b/,
  },
  {
    what: 'a path at the origin',
    async make(place) {
      await distributed(({ Origins }) => ({
        Origins: { Quantity: 1, Items: (Origins?.Items ?? []).map((one) => ({ ...one, OriginPath: '/prefix' })) },
      }))(place)
      await dropAll(place)
    },
    noticed: ['signed'],
    prints: /--adopt\b/,
  },
  {
    what: 'a bucket without a policy',
    make: ({ s3 }) => s3.send(new DeleteBucketPolicyCommand({ Bucket })),
    noticed: ['missing'],
    prints: connects,
  },
  {
    what: 'a bucket policy without s3:ListBucket',
    make: (place) => inPolicy(place, (all) => all.filter(({ Action }) => Action !== 's3:ListBucket')),
    noticed: ['missing'],
    prints: connects,
  },
  {
    what: 'a key that waits for its deletion',
    async make(place) {
      await place.renew()
      await place.kms.send(new ScheduleKeyDeletionCommand({ KeyId: await keyOf(place) }))
    },
    noticed: ['signed', 'tampered'],
    prints: /^aws kms cancel-key-deletion .*\naws kms enable-key /m,
  },
  {
    what: 'a role without its policy',
    async make(place) {
      await place.renew()
      const command = new DeleteRolePolicyCommand({ RoleName: name, PolicyName: name })
      await place.aws.client(IAMClient, 'us-east-1').send(command)
    },
    noticed: ['signed', 'tampered'],
    prints: /^pc-ctl bootstrap-cloudfront /m,
  },
  {
    what: 'a cache policy that keeps indexes, whatever their Cache-Control',
    make: cached({ MinTTL: 60, DefaultTTL: 60 }),
    noticed: ['metadata'],
    prints: /^pc-ctl reconfigure-cloudfront-distribution arn:[^]*^pc-ctl cfinval --wait cf:\/\/\w+ '\/\*' /m,
    never: /reindex-everything/,
  },
  {
    what: 'a cache policy that keeps nothing',
    async make(place) {
      await cached({ MinTTL: 0, DefaultTTL: 0, MaxTTL: 0 })(place)
      await dropAll(place)
    },
    noticed: ['package'],
    prints: connects,
  },
  {
    what: 'an index that may be kept',
    make: (place) => place.put(indexKey, 'an index that may be kept for a day: '.repeat(2), 'max-age=86400'),
    noticed: ['metadata'],
    prints: /^pc-ctl reindex-everything --attributes-only [^]*^pc-ctl cfinval /m,
  },
  {
    what: 'an index that was kept and is published again since, with the right attributes',
    async make(place) {
      await place.put(indexKey, 'an old index, as far as this test can tell: '.repeat(2), 'max-age=86400')
      await place.examine({ keys: [indexKey] })
      await place.put(indexKey, 'a new index, as far as this test can tell: '.repeat(2), cacheControl.metadata)
    },
    noticed: ['metadata', 'content'],
    prints: /^pc-ctl cfinval --wait cf:\/\/\w+ '?\/7/m,
  },
  {
    what: 'a package that may not be kept',
    async make(place) {
      await place.put(debKey, 'a package that may not be kept: '.repeat(3), 'no-cache, no-store')
      await dropAll(place)
    },
    noticed: ['package'],
    prints: /^pc-ctl reindex-everything --attributes-only /m,
  },
  {
    what: 'a package that was kept and is published again since, under the same key',
    async make(place) {
      await place.put(debKey, 'as it was published first', cacheControl.package)
      // By which it is at the edge from then on.
      await runHere(['doctor', '--config', place.config])
      await place.put(debKey, 'the same version, built once more: '.repeat(3), cacheControl.package)
    },
    noticed: ['content'],
    prints: /^pc-ctl cfinval --wait cf:\/\/\w+ '\/7\/11\/debian\/package_files\/hello%2Bworld_1.0~rc1.deb' /m,
  },
  {
    what: 'a front server that was not restarted',
    async make(place) {
      await place.set({ cloudfront_distribution_id: (await distributionOf(place)).Id })
      await place.renew()
    },
    noticed: ['front'],
    prints: /^pc-ctl reconfigure [^]*^pc-ctl restart /m,
  },
]

/** Runs a command that was printed, which must end well. */
export async function here([program = '', ...words]: readonly string[]) {
  expect(program).to.equal('pc-ctl')
  const run = await runHere(words)
  expect(run.code, `${words.join(' ')}\n${run.stderr}`).to.equal(0)
  return run
}

/** The words of a command as a shell reads them. */
export const wordsOf = (command: string): string[] =>
  execFileSync('sh', ['-c', `printf '%s\\0' ${command.trim()}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1)
