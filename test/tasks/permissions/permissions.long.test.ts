import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  CreateOriginAccessControlCommand,
  CloudFrontClient,
  DescribeFunctionCommand,
  DescribeKeyValueStoreCommand,
  GetCachePolicyCommand,
  ListDistributionsCommand,
  type OriginAccessControlConfig,
  PublishFunctionCommand,
  UntagResourceCommand as UntagDistributionCommand,
  UpdateCachePolicyCommand,
  UpdateFunctionCommand,
  UpdateKeyValueStoreCommand,
} from '@aws-sdk/client-cloudfront'
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { KMSClient, UntagResourceCommand as UntagKeyCommand } from '@aws-sdk/client-kms'
import {
  LambdaClient,
  UntagResourceCommand as UntagFunctionCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { CreateBucketCommand, DeleteBucketPolicyCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { connect } from '../../../src/aws/connect.ts'
import { tagKey } from '../../../src/aws/names.ts'
import type { PolicyDocument } from '../../../src/aws/policy.ts'
import type { Engine } from '../../../src/edge/engine.ts'
import type { Need } from '../../../src/resources/resource.ts'
import { startFront } from '../../../src/rehearsal/front.ts'
import { readFrontSettings } from '../../../src/rehearsal/front-settings.ts'
import { loadSettings, type Settings } from '../../../src/settings/settings.ts'
import { associable, type Bootstrap, bootstrapCloudfront } from '../../../src/tasks/bootstrap-cloudfront.ts'
import { applyChain, type Conduct, planChain } from '../../../src/tasks/chain/chain.ts'
import { needsFor, type PermissionGroup } from '../../../src/tasks/permissions/permissions.ts'
import { policyOf } from '../../../src/resources/policy-of-needs.ts'
import {
  noWishes,
  type Reconfigure,
  reconfigureCloudfrontDistribution,
  type ReconfigureWishes,
} from '../../../src/tasks/reconfigure-cloudfront-distribution.ts'
import { rotateCloudfrontSecret } from '../../../src/tasks/rotate/rotate-cloudfront-secret.ts'
import type { RotateWishes } from '../../../src/tasks/rotate/wishes.ts'
import { makeRunbook } from '../../../src/tasks/runbook/runbook.ts'
import { status } from '../../../src/tasks/status/status.ts'
import { CtlError } from '../../../src/errors.ts'
import { type AwsUnderTest, noSettings, startAws } from '../../support/aws-under-test.ts'
import { nameOfCall } from '../../support/installation.ts'
import { share } from '../../support/share.ts'

const bucket = 'packages-example-org'
const region = 'us-east-1'
const now = { roleAssumable: 0, principal: 0, functionActive: 0, deploy: 0, invalidation: 0, storeReady: 0, spread: 0 }
const conduct: Conduct = { show: 'nothing', signal: new AbortController().signal }
const secret = 'dGhpcyBpcyBub3QgYSBzZWNyZXQsIG9ubHkgYSB0ZXN0ISE'
const another = 'YW5vdGhlciBvbmUsIGFuZCBvbmx5IGEgdGVzdCBhcyB3ZWw'

const given = (value: string) => ({ value, source: { kind: 'default' as const } })
const settings: Settings = { ...noSettings, bucket: given(bucket), cloudfrontSecret: given(secret) }
/** A file that holds another secret, and the present one as the previous. */
const withBoth = { cloudfrontSecret: given(another), cloudfrontPreviousSecret: given(secret) }
const yes = async (): Promise<boolean> => true

/** A sandbox with a bucket, in which our own clients are the root user's. */
class Place {
  readonly bench: AwsUnderTest
  constructor(bench: AwsUnderTest) {
    this.bench = bench
  }

  /** @param state - a folder: where everything is kept, or where it was */
  static open = async (state: string): Promise<Place> => new Place(await startAws({ timing: now, state, port: 0 }))

  async fill(): Promise<void> {
    const s3 = this.bench.aws.client(S3Client, region)
    await s3.send(new CreateBucketCommand({ Bucket: bucket }))
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a.deb', Body: 'a' }))
  }

  /** Settings with the credentials of a user who has just this policy. */
  async as(policy: PolicyDocument, more: Partial<Settings> = {}): Promise<Settings> {
    const iam = this.bench.aws.client(IAMClient, region)
    const UserName = 'operator'
    await iam.send(new CreateUserCommand({ UserName }))
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'pc-ctl', PolicyDocument: JSON.stringify(policy) }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
    const keys = { accessKey: given(AccessKey?.AccessKeyId ?? ''), secretKey: given(AccessKey?.SecretAccessKey ?? '') }
    return { ...settings, ...keys, ...more }
  }
}

const bootstrap = async (as: Settings, adopt = false, engine?: Engine): Promise<Bootstrap> =>
  (await applyChain(bootstrapCloudfront(await connect(as), as, { adopt, engine }), conduct, yes)).ctx

async function reconfigure(as: Settings, arn: string, more: Partial<ReconfigureWishes> = {}): Promise<Reconfigure> {
  const chain = reconfigureCloudfrontDistribution(await connect(as), as, { ...noWishes, ...more, arn, wait: true })
  return (await applyChain(chain, conduct, yes)).ctx
}

type Work = (as: Settings, place: Place) => Promise<unknown>

/** Work that a command has to do in a certain state of AWS: `prepare` as root, then what the restricted user runs. */
interface Scenario {
  readonly name: string
  prepare(place: Place): Promise<Work>
}

/** What was prepared once, and where everything is kept that each attempt begins with. */
const prepared = new Map<Scenario, Promise<{ readonly folder: string; readonly work: Work }>>()

async function prepare(scenario: Scenario): Promise<{ readonly folder: string; readonly work: Work }> {
  const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-permissions-kept-'))
  const place = await Place.open(folder)
  try {
    await place.fill()
    return { folder, work: await scenario.prepare(place) }
  } finally {
    await place.bench.close()
  }
}

after(async () => {
  for (const { folder } of await Promise.all(prepared.values())) await rm(folder, { recursive: true })
})

const untouched: Scenario = { name: 'nothing there yet', prepare: async () => (as) => bootstrap(as) }

const tampered: Scenario = {
  name: 'everything changed by somebody, and a new secret',
  async prepare({ bench: { aws, names } }) {
    await bootstrap(settings)
    const iam = aws.client(IAMClient, region)
    const trust = [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }]
    const none = [{ Effect: 'Deny', Action: '*', Resource: '*' }]
    const document = (Statement: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement })
    const { roleName: RoleName, rolePolicyName: PolicyName, functionName: FunctionName } = names
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: document(trust) }))
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: document(none) }))
    await aws.client(LambdaClient, region).send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 3 }))
    return (as) => bootstrap({ ...as, ...withBoth })
  },
}

const disowned: Scenario = {
  name: 'made by somebody else',
  async prepare({ bench: { aws, names } }) {
    const made = await bootstrap(settings)
    const TagKeys = [tagKey]
    await aws.client(IAMClient, region).send(new UntagRoleCommand({ RoleName: names.roleName, TagKeys }))
    await aws.client(KMSClient, region).send(new UntagKeyCommand({ KeyId: made.key.arn, TagKeys }))
    await aws.client(LambdaClient, region).send(new UntagFunctionCommand({ Resource: made.function.arn, TagKeys }))
    return (as) => bootstrap(as, true)
  },
}

const served = (engine: Engine): Scenario => ({
  name: 'a distribution that runs it, and says so',
  async prepare() {
    await reconfigure(settings, associable(await bootstrap(settings, false, engine)))
    return (as) => bootstrap({ ...as, ...withBoth })
  },
})

const functionUntouched: Scenario = { ...untouched, prepare: async () => (as) => bootstrap(as, false, 'function') }

const functionTampered: Scenario = {
  ...tampered,
  async prepare({ bench: { aws, names } }) {
    await bootstrap(settings, false, 'function')
    const client = aws.client(CloudFrontClient, region)
    const Name = names.functionName
    const store = await client.send(new DescribeKeyValueStoreCommand({ Name }))
    await client.send(new UpdateKeyValueStoreCommand({ Name, IfMatch: store.ETag, Comment: 'theirs' }))
    const { ETag: IfMatch } = await client.send(new DescribeFunctionCommand({ Name, Stage: 'DEVELOPMENT' }))
    const FunctionConfig = { Comment: 'theirs', Runtime: 'cloudfront-js-1.0' as const }
    const FunctionCode = Buffer.from('function handler(event) { return event.request }')
    const { ETag } = await client.send(new UpdateFunctionCommand({ Name, IfMatch, FunctionConfig, FunctionCode }))
    await client.send(new PublishFunctionCommand({ Name, IfMatch: ETag }))
    return (as) => bootstrap({ ...as, ...withBoth }, false, 'function')
  },
}

const functionDisowned: Scenario = {
  ...disowned,
  async prepare({ bench: { aws } }) {
    const { store, published } = await bootstrap(settings, false, 'function')
    const client = aws.client(CloudFrontClient, region)
    const TagKeys = { Items: [tagKey] }
    for (const { arn } of [store, published]) {
      await client.send(new UntagDistributionCommand({ Resource: arn, TagKeys }))
    }
    return (as) => bootstrap(as, true, 'function')
  },
}

/** What a distribution is to run. */
const publish = async (engine: Engine, as = settings): Promise<string> => associable(await bootstrap(as, false, engine))

const unserved = (engine: Engine): Scenario => ({
  name: 'no distribution yet',
  async prepare() {
    const arn = await publish(engine)
    return (as) => reconfigure(as, arn)
  },
})

const changedDistribution = (engine: Engine): Scenario => ({
  name: 'a distribution changed by somebody, and a new version',
  async prepare({ bench: { aws } }) {
    const { CachePolicyId: cachePolicy } = await reconfigure(settings, await publish(engine))
    const arn = await publish(engine, { ...settings, ...withBoth })
    const client = aws.client(CloudFrontClient, region)
    const { ETag, CachePolicy: policy } = await client.send(new GetCachePolicyCommand({ Id: cachePolicy?.id }))
    if (policy?.CachePolicyConfig === undefined) throw new Error('no config')
    const CachePolicyConfig = { ...policy.CachePolicyConfig, DefaultTTL: 60 }
    await client.send(new UpdateCachePolicyCommand({ Id: cachePolicy?.id, IfMatch: ETag, CachePolicyConfig }))
    await aws.client(S3Client, region).send(new DeleteBucketPolicyCommand({ Bucket: bucket }))
    return (as) => reconfigure(as, arn)
  },
})

const disownedDistribution = (engine: Engine): Scenario => ({
  name: 'a distribution made by somebody else',
  async prepare({ bench: { aws } }) {
    const arn = await publish(engine)
    await reconfigure(settings, arn)
    const client = aws.client(CloudFrontClient, region)
    const [found] = (await client.send(new ListDistributionsCommand({}))).DistributionList?.Items ?? []
    await client.send(new UntagDistributionCommand({ Resource: found?.ARN, TagKeys: { Items: [tagKey] } }))
    return (as) => reconfigure(as, arn, { distribution: found?.Id, adopt: true, priceClass: 'PriceClass_100' })
  },
})

/** From a first run to `--finish`. */
const rotated = (engine: Engine): Scenario => ({
  name: 'a whole rotation',
  async prepare() {
    const arn = await publish(engine)
    const { distribution } = await reconfigure(settings, arn)
    return async (as, { bench: { sandbox } }) => {
      const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-permissions-'))
      const config = join(folder, 'packagecloud.rb')
      const line = (key: string, value: string): string => `packagecloud_rails['${key}'] = '${value}'\n`
      await writeFile(
        config,
        line('aws_access_key', as.accessKey?.value ?? '') +
          line('aws_secret_key', as.secretKey?.value ?? '') +
          line('s3_bucket', bucket) +
          line('aws_region', region) +
          line('cloudfront_secret', secret) +
          line('cloudfront_packages_domain', distribution.domain) +
          "packagecloud_rails['cloudfront_enabled'] = true\n",
      )
      const flags = { config, installation: 'packagecloud', 'dry-run': false, yes: true, verbose: false, json: true }
      const credentials = { accessKeyId: as.accessKey?.value ?? '', secretAccessKey: as.secretKey?.value ?? '' }
      const readSettings = () => readFrontSettings(config, credentials)
      const quiet = { print: () => undefined, say: () => undefined }
      const front = await startFront({ port: 0, endpoint: sandbox.endpoint, token: 'token', readSettings })
      const fronts = [{ url: front.url, token: 'token', path: undefined }]
      const go = async (more: Partial<RotateWishes>) => {
        const wishes = { flags, writeConfig: true, fronts, finish: false, force: false, wait: true, again: '', ...more }
        await rotateCloudfrontSecret(await loadSettings(flags, {}), wishes, quiet, conduct.signal)
      }
      try {
        const first = await go({ fronts: [] }).catch((error: unknown) => error)
        if (!(first instanceof CtlError) || first.code !== 'FrontsUnseen') throw first
        await front.restart()
        await go({})
        await go({ finish: true, force: true })
      } finally {
        await front.close()
        await rm(folder, { recursive: true })
      }
    }
  },
})

const finished = (engine: Engine): Scenario => ({
  name: 'everything in place',
  async prepare() {
    const arn = await publish(engine)
    await reconfigure(settings, arn)
    return async (as) => status(await connect(as), as, { carried: [] }, conduct)
  },
})

const missing: Scenario = {
  name: 'nothing in place',
  prepare: async () => async (as) => status(await connect(as), as, { carried: [] }, conduct),
}

const planned = (engine: Engine): Scenario => ({
  name: 'a plan of a distribution',
  async prepare() {
    const arn = await publish(engine)
    return async (as) =>
      planChain(reconfigureCloudfrontDistribution(await connect(as), as, { ...noWishes, arn, wait: true }), conduct)
  },
})

/** It has read the bucket by an origin access control once, which stays until it is taken away. */
const leaving = (engine: Engine): Scenario => ({
  name: 'a runbook that takes all of it away',
  async prepare({ bench: { aws, names } }) {
    const arn = await publish(engine)
    await reconfigure(settings, arn)
    const OriginAccessControlConfig: OriginAccessControlConfig = {
      Name: names.originAccess,
      SigningProtocol: 'sigv4',
      SigningBehavior: 'always',
      OriginAccessControlOriginType: 's3',
    }
    await aws.client(CloudFrontClient, region).send(new CreateOriginAccessControlCommand({ OriginAccessControlConfig }))
    const nothing = {
      front: undefined,
      frontPath: undefined,
      token: undefined,
      alias: undefined,
      certificate: undefined,
    }
    return async (as) =>
      makeRunbook(await connect(as), as, { kind: 'remove', version: '0.0.0', carried: [], ...nothing }, conduct)
  },
})

type Groups = Readonly<Partial<Record<PermissionGroup, readonly Scenario[]>>>

const groupsOf = (engine: Engine): Groups => ({
  distribution: [unserved(engine), changedDistribution(engine), disownedDistribution(engine)],
  rotate: [rotated(engine)],
  look: [finished(engine), planned(engine), leaving(engine)],
})
const ofLambda = groupsOf('lambda')

const scenarios: Readonly<Record<Engine, Groups>> = {
  lambda: {
    ...ofLambda,
    bootstrap: [untouched, tampered, disowned, served('lambda')],
    // Of nothing nobody knows the engine.
    look: [...(ofLambda.look ?? []), missing],
  },
  function: {
    ...groupsOf('function'),
    bootstrap: [functionUntouched, functionTampered, functionDisowned, served('function')],
  },
}

/** The operations that each of them was seen to call. */
const seen = new Map<Scenario, readonly string[]>()

/** Those first that call what the action is for: most fail there if it is missing. */
const likeliest = (all: readonly Scenario[], action: string): Scenario[] =>
  [...all].sort((one, other) => Number(calls(other, action)) - Number(calls(one, action)))

const calls = (scenario: Scenario, action: string): boolean =>
  seen.get(scenario)?.some((operation) => operation.startsWith(action)) === true

/** One policy that `permissions` prints. */
interface Printed {
  readonly group: PermissionGroup
  /** As its flag has it. */
  readonly engine?: Engine
}

/** What a group's commands need, in the sandbox's account. */
const needsIn = (place: Place, { group, engine }: Printed): Need[] => {
  const { accountId } = place.bench.sandbox
  return needsFor(group, place.bench.aws, settings, { accountId, bucket, access: 'oai', engine })
}

/** All without an action, or without it where it is optional: it can be needed for something else. */
const without = (needs: readonly Need[], action: string, where: 'anywhere' | 'optional'): Need[] =>
  needs
    .map((need) =>
      where === 'anywhere' || need.optional !== undefined
        ? { ...need, actions: need.actions.filter((one) => one !== action) }
        : need,
    )
    .filter(({ actions }) => actions.length > 0)

/** Runs a scenario as a user with the policy; answers what went wrong, if anything did. */
async function attempt(
  printed: Printed,
  scenario: Scenario,
  missing: (needs: readonly Need[]) => Need[] = (needs) => [...needs],
): Promise<CtlError | undefined> {
  const begun = prepared.get(scenario) ?? prepare(scenario)
  prepared.set(scenario, begun)
  const { folder, work } = await begun
  const state = await mkdtemp(join(tmpdir(), 'pc-ctl-permissions-'))
  await cp(folder, state, { recursive: true })
  const place = await Place.open(state)
  try {
    const as = await place.as(policyOf(missing(needsIn(place, printed))))
    place.bench.sandbox.calls.clear()
    return await work(as, place).then(
      () => {
        seen.set(scenario, seen.get(scenario) ?? place.bench.sandbox.calls.list().map(nameOfCall))
        return undefined
      },
      (error: unknown) => {
        if (error instanceof CtlError) return error
        throw error
      },
    )
  } finally {
    await place.bench.close()
    await rm(state, { recursive: true })
  }
}

/** Needs are told without asking anybody. */
const nobody = await connect(noSettings)

const groups = ['bootstrap', 'distribution', 'rotate', 'look'] as const
const printed: readonly Printed[] = [
  ...groups.map((group) => ({ group })),
  ...groups.map((group): Printed => ({ group, engine: 'function' })),
]

for (const policy of printed) {
  const { group, engine } = policy
  const own = scenarios[engine ?? 'lambda'][group] ?? []
  const all = needsFor(group, nobody, settings, { accountId: '111122223333', bucket, access: 'oai', engine })
  const actionsOf = (needs: readonly Need[]): string[] => [...new Set(needs.flatMap((need) => need.actions))].sort()
  const needed = all.filter(({ optional }) => optional === undefined)
  const actions = actionsOf(needed)

  describe(`The policy of ${group}${engine === undefined ? '' : ` --engine ${engine}`}`, () => {
    for (const scenario of own) {
      it(`is enough: ${scenario.name}`, async () => {
        const error = await attempt(policy, scenario)
        if (error !== undefined) throw error
      })
    }

    for (const action of share(actions)) {
      it(`needs ${action}, and says so when it is missing`, async () => {
        for (const scenario of likeliest(own, action)) {
          const error = await attempt(policy, scenario, (needs) => without(needs, action, 'anywhere'))
          if (error === undefined) continue
          expect(error.failure, error.message).to.equal('denied')
          expect(error.message.includes(action), error.message).to.equal(true)
          expect(error.hint.join('\n')).to.contain(`"Action":"${action}"`)
          return
        }
        expect.fail(`everything worked without ${action}`)
      })
    }

    for (const action of share(actionsOf(all.filter((need) => !needed.includes(need))))) {
      it(`can do without ${action}, and names it so`, async () => {
        // What never calls it can do without.
        const calling = own.filter((scenario) => calls(scenario, action))
        for (const scenario of calling.length > 0 ? calling : own) {
          expect(await attempt(policy, scenario, (needs) => without(needs, action, 'optional'))).to.equal(undefined)
        }
        const naming = policyOf(all).Statement.filter(({ Action }) => [Action].flat().includes(action))
        expect(actions.includes(action) || naming.some(({ Sid }) => Sid?.endsWith('Optional'))).to.equal(true)
      })
    }
  })
}
