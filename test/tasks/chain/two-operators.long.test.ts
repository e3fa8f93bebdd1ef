import { setTimeout as sleep } from 'node:timers/promises'

import {
  CloudFrontClient,
  ListCachePoliciesCommand,
  ListCloudFrontOriginAccessIdentitiesCommand,
  ListDistributionsCommand,
} from '@aws-sdk/client-cloudfront'
import { CreateKeyCommand, GetKeyPolicyCommand, KMSClient } from '@aws-sdk/client-kms'
import { LambdaClient, ListVersionsByFunctionCommand } from '@aws-sdk/client-lambda'
import { CreateBucketCommand, GetBucketPolicyCommand, PutBucketEncryptionCommand, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import type { PolicyDocument } from '../../../src/aws/policy.ts'
import type { Aws } from '../../../src/aws/connect.ts'
import { type Names, namesOf } from '../../../src/aws/names.ts'
import { type Engine, engineNames, engines } from '../../../src/edge/engine.ts'
import { compareSecrets } from '../../../src/resources/edge-engines.ts'
import { keyOfPackage } from '../../../src/resources/lambda/key-of-package.ts'
import { leftOverKeys } from '../../../src/resources/kms/key-left-over.ts'
import { keysWithoutAlias } from '../../../src/resources/kms/key-search.ts'
import type { Settings } from '../../../src/settings/settings.ts'
import { associable, type Bootstrap, bootstrapCloudfront, followUp } from '../../../src/tasks/bootstrap-cloudfront.ts'
import { applyChain, type Chain } from '../../../src/tasks/chain/chain.ts'
import {
  noWishes,
  type Reconfigure,
  reconfigureCloudfrontDistribution,
  type ReconfigureWishes,
} from '../../../src/tasks/reconfigure-cloudfront-distribution.ts'
import type { CallHook } from '../../../src/sandbox/host/dispatcher.ts'
import type { Timing } from '../../../src/sandbox/contracts/service.ts'
import { noSettings, startAws } from '../../support/aws-under-test.ts'

const region = 'us-east-1'
const atOnce: Timing = {
  roleAssumable: 0,
  principal: 0,
  functionActive: 0,
  deploy: 0,
  invalidation: 0,
  listed: 0,
  spread: 0,
  storeReady: 0,
  error: 0,
  jobState: 0,
  redrive: 0,
}

const given = (value: string) => ({ value, source: { kind: 'default' as const } })
const firstSecret = 'dGhpcyBpcyBub3QgYSBzZWNyZXQsIG9ubHkgYSB0ZXN0ISE'
const secondSecret = 'YW5vdGhlciBvbmUsIGFuZCBvbmx5IGEgdGVzdCBhcyB3ZWw'

/** One seed: an installation of its own, in an account that it shares with a few others. */
interface Scene {
  readonly seed: number
  readonly aws: Aws
  readonly names: Names
  readonly settings: Settings
}

/** From 0 to 1, the same for the same seed (Mulberry32). */
function randomFrom(seed: number): number {
  let mixed = Math.imul((seed * 0x9e37_79b1) ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
}

/** Delays each call before its effect and after it; in every third account some answers are lost on their way. */
const disturbing =
  (account: number): CallHook =>
  async ({ number, changing }, phase) => {
    const random = randomFrom(account * 100_003 + number * 2 + (phase === 'after' ? 1 : 0))
    await sleep(random * 10)
    return account % 3 === 2 && changing && phase === 'after' && random > 0.9 ? 'drop' : undefined
  }

/** Plays so many seeds, ten at the same time in an account of their own. */
async function everySeed(seeds: number, timing: Partial<Timing>, play: (scene: Scene) => Promise<void>) {
  for (let account = 0; account < seeds / 10; account++) {
    const world = await startAws({ timing: { ...atOnce, ...timing } })
    const { aws, sandbox } = world
    try {
      const s3 = aws.client(S3Client, region)
      const scenes = Array.from({ length: 10 }, (_, index): Scene => {
        const seed = account * 10 + index
        const settings = { bucket: given(`packages-${seed}`), cloudfrontSecret: given(firstSecret) }
        const installation = given(`seed${seed}`)
        return { seed, aws, names: namesOf(installation.value), settings: { ...noSettings, ...settings, installation } }
      })
      for (const { settings } of scenes) await s3.send(new CreateBucketCommand({ Bucket: settings.bucket?.value }))
      sandbox.onCall(disturbing(account))
      await Promise.all(scenes.map(play))
    } finally {
      await world.close()
    }
  }
}

const never = new AbortController().signal

/** What a run ended in. */
interface Ended<C> {
  readonly ctx: C
  readonly warnings: readonly string[]
}

async function run<C extends object>(chain: Chain<C>): Promise<Ended<C>> {
  const warnings: string[] = []
  const { ctx } = await applyChain(
    chain,
    {
      show: 'nothing',
      signal: never,
      lookAgainAfter: 10,
      warn: (text) => void warnings.push(text),
    },
    async () => true,
  )
  return { ctx, warnings }
}

const bootstrap = ({ aws, settings }: Scene, engine: Engine = 'lambda') =>
  run<Bootstrap>(bootstrapCloudfront(aws, settings, { adopt: false, engine }))

const connect = ({ aws, settings }: Scene, arn: string, more: Partial<ReconfigureWishes> = {}) =>
  run<Reconfigure>(reconfigureCloudfrontDistribution(aws, settings, { ...noWishes, ...more, arn, wait: true }))

/** Has the bucket encrypted with a key of the operator's own; returns its ARN. */
async function encrypt({ aws, settings }: Scene): Promise<string> {
  const { KeyMetadata } = await aws.client(KMSClient, region).send(new CreateKeyCommand({}))
  const KMSMasterKeyID = KeyMetadata?.Arn ?? ''
  const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID } }]
  const command = { Bucket: settings.bucket?.value, ServerSideEncryptionConfiguration: { Rules } }
  await aws.client(S3Client, region).send(new PutBucketEncryptionCommand(command))
  return KMSMasterKeyID
}

/** How many numbered versions there are. */
async function versionsOf({ aws, names: { functionName: FunctionName } }: Scene): Promise<number> {
  const { Versions = [] } = await aws
    .client(LambdaClient, region)
    .send(new ListVersionsByFunctionCommand({ FunctionName }))
  return Versions.length - 1
}

async function sidsIn({ aws, settings }: Scene): Promise<string[]> {
  const s3 = aws.client(S3Client, region)
  const { Policy = '{}' } = await s3.send(new GetBucketPolicyCommand({ Bucket: settings.bucket?.value }))
  return (JSON.parse(Policy) as { Statement: { Sid: string }[] }).Statement.map(({ Sid }) => Sid)
}

describe('two operators at once', function () {
  this.timeout(300_000)

  it('bootstrap one of each, use one key, and are told of every key that is left over', async () => {
    let leftOver = 0
    await everySeed(100, {}, async (scene) => {
      const { aws, names, seed } = scene
      const [one, other] = await Promise.all([bootstrap(scene), bootstrap(scene)])
      expect(followUp(one.ctx, []), `seed ${seed}`).to.equal(followUp(other.ctx, []))
      expect(await versionsOf(scene)).to.equal(1)
      const used = one.ctx.key.arn
      expect(other.ctx.key.arn).to.equal(used)
      expect((await keyOfPackage(aws, names, names.functionName))?.keyArn).to.equal(used)
      const idle = (await keysWithoutAlias(aws, names)).map(({ arn }) => arn)
      const told = [...one.warnings, ...other.warnings].join('\n')
      for (const arn of idle) expect(told).to.include(`${arn} `)
      expect(told).not.to.include(used)
      const found = await leftOverKeys(aws, names, { keyArn: used, deployed: [names.functionName] }, never)
      expect('keys' in found && found.keys.map(({ arn }) => arn)).to.deep.equal(idle)
      leftOver += idle.length
    })
    // Else this shows nothing.
    expect(leftOver).to.be.greaterThan(10)
  })

  it('bootstrap one store and one CloudFront Function, tested and published', () =>
    everySeed(30, { storeReady: 20 }, async (scene) => {
      const [one, other] = await Promise.all([bootstrap(scene, 'function'), bootstrap(scene, 'function')])
      expect(followUp(one.ctx, []), `seed ${scene.seed}`).to.equal(followUp(other.ctx, []))
      expect(one.ctx.store.arn).to.equal(other.ctx.store.arn)
      expect(one.ctx.tested ?? other.ctx.tested)
        .to.have.property('requests')
        .that.is.greaterThan(5)
      const arn = associable(one.ctx)
      expect(await compareSecrets(scene.aws, scene.names, arn, [firstSecret]), `seed ${scene.seed}`).to.equal('same')
    }))

  for (const engine of engines) {
    it(`put one new secret into place, whichever of them was faster: ${engineNames[engine]}`, () =>
      everySeed(20, { functionActive: 20 }, async (scene) => {
        await bootstrap(scene, engine)
        const secrets = { cloudfrontSecret: given(secondSecret), cloudfrontPreviousSecret: given(firstSecret) }
        const changed = { ...scene, settings: { ...scene.settings, ...secrets } }
        const [one, other] = await Promise.all([bootstrap(changed, engine), bootstrap(changed, engine)])
        expect(followUp(one.ctx, []), `seed ${scene.seed}`).to.equal(followUp(other.ctx, []))
        if (engine === 'lambda') expect(await versionsOf(scene)).to.equal(2)
        const same = await compareSecrets(scene.aws, scene.names, associable(one.ctx), [secondSecret, firstSecret])
        expect(same).to.equal('same')
      }))
  }

  it('connect one distribution, with one identity and one cache policy', () =>
    everySeed(20, { deploy: 30, listed: 15 }, async (scene) => {
      const { names, seed } = scene
      const { version } = (await bootstrap(scene)).ctx
      const [one, other] = await Promise.all([connect(scene, version.arn), connect(scene, version.arn)])
      expect(one.ctx.distribution.id, `seed ${seed}`).to.equal(other.ctx.distribution.id)
      const cloudfront = scene.aws.client(CloudFrontClient, region)
      const { DistributionList } = await cloudfront.send(new ListDistributionsCommand({}))
      expect(DistributionList?.Items?.filter(({ Comment }) => Comment === names.mark)).to.have.lengthOf(1)
      const identities = await cloudfront.send(new ListCloudFrontOriginAccessIdentitiesCommand({}))
      const ours = identities.CloudFrontOriginAccessIdentityList?.Items?.filter(
        ({ Comment }) => Comment === names.originAccess,
      )
      expect(ours).to.have.lengthOf(1)
      const policies = await cloudfront.send(new ListCachePoliciesCommand({ Type: 'custom' }))
      const named = policies.CachePolicyList?.Items?.filter(
        ({ CachePolicy: policy }) => policy?.CachePolicyConfig?.Name === names.policy,
      )
      expect(named).to.have.lengthOf(1)
      expect(await sidsIn(scene)).to.have.lengthOf(2)
    }))

  it('keep the statements of two installations in the policy of one KMS key', () =>
    everySeed(10, { deploy: 50 }, async (scene) => {
      const KeyId = await encrypt(scene)
      const installation = given(`${scene.settings.installation.value}-too`)
      const too = { ...scene, names: namesOf(installation.value), settings: { ...scene.settings, installation } }
      const [one, other] = [await bootstrap(scene), await bootstrap(too)]
      const ends = await Promise.all([
        connect(scene, one.ctx.version.arn, { keyPolicy: true }),
        connect(too, other.ctx.version.arn, { keyPolicy: true }),
      ])
      const kms = scene.aws.client(KMSClient, region)
      const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }))
      const [root, ...ours] = (JSON.parse(Policy) as PolicyDocument).Statement
      expect(root, `seed ${scene.seed}`).to.include({ Action: 'kms:*' })
      const arns = ours.map(({ Condition }) => JSON.stringify(Condition))
      expect(arns).to.have.members(
        ends.map(({ ctx }) => JSON.stringify({ StringEquals: { 'AWS:SourceArn': ctx.distribution.arn } })),
      )
    }))

  it('keep the statements of two installations in the policy of one bucket', () =>
    everySeed(10, { deploy: 50 }, async (scene) => {
      const installation = given(`${scene.settings.installation.value}-too`)
      const too = { ...scene, names: namesOf(installation.value), settings: { ...scene.settings, installation } }
      const arns = await Promise.all([scene, too].map(async (each) => (await bootstrap(each)).ctx.version.arn))
      await Promise.all([connect(scene, arns[0] ?? ''), connect(too, arns[1] ?? '')])
      const sids = await sidsIn(scene)
      for (const { names } of [scene, too]) {
        expect(sids, `seed ${scene.seed}`).to.include.members(
          ['GetObject', 'ListBucket'].map((what) => `${names.sidPrefix}Oai${what}`),
        )
      }
    }))
})
