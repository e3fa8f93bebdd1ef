import { frontReading } from '../../../src/rehearsal/front.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  CloudFrontClient,
  type DistributionConfig,
  GetDistributionConfigCommand,
  UpdateDistributionCommand,
  waitUntilDistributionDeployed,
} from '@aws-sdk/client-cloudfront'
import {
  CreateBucketCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'

import { type Aws, connect } from '../../../src/aws/connect.ts'
import { parseDocument, type PolicyStatement } from '../../../src/aws/policy.ts'
import type { Engine } from '../../../src/edge/engine.ts'
import { cacheControl } from '../../../src/repositories/cache-control.ts'
import type { Sandbox } from '../../../src/sandbox/host/sandbox.ts'
import { loadSettings, type Settings } from '../../../src/settings/settings.ts'
import { associable, bootstrapCloudfront } from '../../../src/tasks/bootstrap-cloudfront.ts'
import { runChain } from '../../../src/tasks/chain/chain.ts'
import type { Check } from '../../../src/tasks/doctor/check.ts'
import { complaint, type Wishes } from '../../../src/tasks/doctor/complaint.ts'
import { diagnose, type Diagnosis } from '../../../src/tasks/doctor/diagnose.ts'
import { noWishes, reconfigureCloudfrontDistribution } from '../../../src/tasks/reconfigure-cloudfront-distribution.ts'
import { startAws } from '../../support/aws-under-test.ts'

const bucket = 'packages-example-org'
const region = 'eu-central-1'
export const secret = 'dGhpcyBpcyBub3QgYSBzZWNyZXQsIG9ubHkgYSB0ZXN0ISE'
export const otherSecret = 'YW5vdGhlciBzZWNyZXQgdGhhdCBubyBlZGdlIGhhcyBzZWU'

export const debKey = '7/11/debian/package_files/hello+world_1.0~rc1.deb'
export const indexKey = '7/11/debian/dists/stable/InRelease'

/** What a bucket of packages holds; the odd ones are larger, so that none of them stands for the others. */
const objects: Readonly<Record<string, { body: string; control: string }>> = {
  [debKey]: { body: 'a package, as far as this test can tell: '.repeat(2), control: cacheControl.package },
  [indexKey]: { body: 'an index, as far as this test can tell: '.repeat(2), control: cacheControl.metadata },
  '7/11/anyfile/read me ünïcode.txt': { body: 'neither nor '.repeat(20), control: cacheControl.package },
}

/** An installation that clients can use, with a front server, and what it takes to break it. */
export interface DeployedInstallation {
  readonly sandbox: Sandbox
  readonly aws: Aws
  readonly config: string
  readonly domain: string
  readonly front: { readonly url: string; readonly token: string }
  /** Writes packagecloud.rb: what is given in place of, or beside, what an enabled installation has. */
  configure(changes?: Readonly<Record<string, string | boolean>>): Promise<Settings>
  /** Examines with the settings of packagecloud.rb. */
  examine(wishes?: Partial<Wishes>, now?: () => number): Promise<Diagnosis>
  put(key: string, body: string, control?: string): Promise<void>
  /** Has the bucket's policy without the statements that `drop` picks, while `during` runs. */
  withoutStatements(drop: (statement: PolicyStatement) => boolean, during: () => Promise<void>): Promise<void>
  /** Has one more statement in the bucket's policy while `during` runs. */
  withStatement(statement: PolicyStatement, during: () => Promise<void>): Promise<void>
  /** Has the distribution changed while `during` runs. */
  withDistribution(change: (config: DistributionConfig) => void, during: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

export const findCheck = ({ checks }: Diagnosis, id: string): Check => {
  const found = checks.find((check) => check.id === id)
  if (found === undefined) throw new Error(`no check ${id}`)
  return found
}

/** The status of each check. */
export const statusesOf = ({ checks }: Diagnosis): Record<string, string> =>
  Object.fromEntries(checks.map(({ id, status }) => [id, status]))

/** @param engine - what bootstrap-cloudfront is told to make */
export async function deploy(engine?: Engine): Promise<DeployedInstallation> {
  const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-doctor-'))
  const config = join(folder, 'packagecloud.rb')
  const place = await startAws({ startFront: frontReading(config), frontPort: 0 })
  process.env['XDG_STATE_HOME'] = folder
  const { sandbox } = place
  const s3 = place.aws.client(S3Client, region)
  const base = {
    aws_access_key: sandbox.accessKeyId,
    aws_secret_key: sandbox.secretAccessKey,
    aws_region: region,
    s3_bucket: bucket,
    cloudfront_secret: secret,
  }
  const write = async (values: Readonly<Record<string, string | boolean>>): Promise<Settings> => {
    const lines = Object.entries(values).map(
      ([name, value]) =>
        `packagecloud_rails['${name}'] = ${typeof value === 'string' ? `'${value}'` : String(value)}\n`,
    )
    await writeFile(config, lines.join(''))
    return loadSettings({ config, installation: 'packagecloud' })
  }
  const put: DeployedInstallation['put'] = async (Key, Body, CacheControl) => {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ...(CacheControl && { CacheControl }) }))
  }

  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }))
  for (const [key, { body, control }] of Object.entries(objects)) await put(key, body, control)
  const { id, domain } = await runRunbook(await write(base), engine)
  const deployed = { cloudfront_enabled: true, cloudfront_distribution_id: id, cloudfront_packages_domain: domain }
  const configure: DeployedInstallation['configure'] = (changes = {}) => write({ ...base, ...deployed, ...changes })
  await configure()
  await sandbox.front?.restart()
  return {
    sandbox,
    aws: place.aws,
    config,
    domain,
    front: { url: sandbox.frontUrl ?? '', token: sandbox.front?.token ?? '' },
    configure,
    async examine(asked = {}, now) {
      const settings = await loadSettings({ config, installation: 'packagecloud' })
      const aws = await connect(settings)
      try {
        return await diagnose(aws, settings, complaint(settings, { keys: [], ...asked }, [], now))
      } finally {
        aws.close()
      }
    },
    put,
    withoutStatements: (drop, during) => withPolicy(s3, (all) => all.filter((each) => !drop(each)), during),
    withStatement: (statement, during) => withPolicy(s3, (all) => [...all, statement], during),
    withDistribution: (change, during) =>
      withDistribution(place.aws.client(CloudFrontClient, 'us-east-1'), id, change, during),
    async close() {
      await place.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function runRunbook(settings: Settings, engine: Engine | undefined): Promise<{ id: string; domain: string }> {
  const aws = await connect(settings)
  const conduct = { show: 'nothing', signal: new AbortController().signal } as const
  try {
    const chain = bootstrapCloudfront(aws, settings, { adopt: false, engine })
    const arn = associable((await runChain(chain, 'apply', conduct)).ctx)
    const next = reconfigureCloudfrontDistribution(aws, settings, { ...noWishes, arn, wait: true })
    return (await runChain(next, 'apply', conduct)).ctx.distribution
  } finally {
    aws.close()
  }
}

async function withPolicy(
  s3: S3Client,
  change: (statements: readonly PolicyStatement[]) => readonly PolicyStatement[],
  during: () => Promise<void>,
): Promise<void> {
  const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))
  const { Statement, ...rest } = parseDocument(Policy)
  const set = (policy: string): Promise<unknown> =>
    s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: policy }))
  await set(JSON.stringify({ ...rest, Statement: change(Statement) }))
  try {
    await during()
  } finally {
    await set(Policy)
  }
}

async function withDistribution(
  cloudfront: CloudFrontClient,
  id: string,
  change: (config: DistributionConfig) => void,
  during: () => Promise<void>,
): Promise<void> {
  const update = async (edit: (config: DistributionConfig) => DistributionConfig): Promise<DistributionConfig> => {
    const { DistributionConfig: config, ETag } = await cloudfront.send(new GetDistributionConfigCommand({ Id: id }))
    if (config === undefined) throw new Error('no configuration')
    const before = structuredClone(config)
    await cloudfront.send(new UpdateDistributionCommand({ Id: id, IfMatch: ETag, DistributionConfig: edit(config) }))
    await waitUntilDistributionDeployed(
      { client: cloudfront, maxWaitTime: 10, minDelay: 0.1, maxDelay: 0.2 },
      { Id: id },
    )
    return before
  }
  const before = await update((config) => {
    change(config)
    return config
  })
  try {
    await during()
  } finally {
    await update(() => before)
  }
}
