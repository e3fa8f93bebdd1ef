import {
  CreateCachePolicyCommand,
  CreateDistributionCommand,
  CreateFunctionCommand,
  CreateKeyValueStoreCommand,
  CreateOriginAccessControlCommand,
} from '@aws-sdk/client-cloudfront'
import { CreateRoleCommand } from '@aws-sdk/client-iam'
import { CreateAliasCommand, CreateKeyCommand } from '@aws-sdk/client-kms'
import { expect } from 'chai'

import { edgeTrust } from '../support/function-zip.ts'
import { endState } from '../support/end-state.ts'
import {
  bucket,
  type Clients,
  discard,
  expectPlainTalk,
  inTurn,
  type Kept,
  keepBootstrapped,
  withInstallation,
} from '../support/installation.ts'
import { makeFunction } from './somebody.ts'

/** Something of somebody else's that has the name which pc-ctl would use. */
interface Foreign {
  readonly what: string
  /** How the refusal calls it. */
  readonly named: string
  readonly command: 'bootstrap' | 'connect'
  readonly flags?: readonly string[]
  readonly make: (clients: Clients) => Promise<unknown>
  /** What has no tags and can't be marked is not taken over. */
  readonly adoptable: boolean
}

const name = 'packagecloud_cloudfront_auth'

const makeRole = ({ iam }: Clients, more: { Path?: string } = {}) =>
  iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: edgeTrust, ...more }))

const foreigners: readonly Foreign[] = [
  {
    what: 'an IAM role',
    named: `IAM role ${name}`,
    command: 'bootstrap',
    make: (clients) => makeRole(clients, { Path: '/packagecloud/enterprise/' }),
    adoptable: true,
  },
  {
    what: 'a KMS key under our alias',
    named: `KMS key alias/${name}`,
    command: 'bootstrap',
    async make({ kms }) {
      const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
      await kms.send(new CreateAliasCommand({ AliasName: `alias/${name}`, TargetKeyId: KeyMetadata?.KeyId }))
    },
    adoptable: true,
  },
  {
    what: 'a Lambda function',
    named: `Lambda function ${name}`,
    command: 'bootstrap',
    make: (clients) => makeFunction(clients, name),
    adoptable: true,
  },
  {
    what: 'a key value store',
    named: `CloudFront key value store ${name}`,
    command: 'bootstrap',
    flags: ['--engine', 'function'],
    make: ({ cloudfront }) => cloudfront.send(new CreateKeyValueStoreCommand({ Name: name })),
    adoptable: true,
  },
  {
    what: 'a CloudFront function',
    named: `CloudFront function ${name}`,
    command: 'bootstrap',
    flags: ['--engine', 'function'],
    make: ({ cloudfront }) =>
      cloudfront.send(
        new CreateFunctionCommand({
          Name: name,
          FunctionConfig: { Comment: 'theirs', Runtime: 'cloudfront-js-1.0' },
          FunctionCode: Buffer.from('function handler(event) { return event.request }'),
        }),
      ),
    adoptable: true,
  },
  {
    what: 'a cache policy',
    named: 'CloudFront cache policy packagecloud-enterprise-packagecloud',
    command: 'connect',
    make: ({ cloudfront }) =>
      cloudfront.send(
        new CreateCachePolicyCommand({
          CachePolicyConfig: { Name: 'packagecloud-enterprise-packagecloud', MinTTL: 60 },
        }),
      ),
    adoptable: false,
  },
  {
    what: 'an origin access control',
    named: 'CloudFront origin access control "packagecloud:enterprise packagecloud"',
    command: 'connect',
    flags: ['--origin-access', 'oac'],
    make: ({ cloudfront }) =>
      cloudfront.send(
        new CreateOriginAccessControlCommand({
          OriginAccessControlConfig: {
            Name: 'packagecloud:enterprise packagecloud',
            SigningProtocol: 'sigv4',
            SigningBehavior: 'always',
            OriginAccessControlOriginType: 's3',
          },
        }),
      ),
    adoptable: false,
  },
]

describe('resources of the same names that are not ours', function () {
  this.timeout(60_000)
  let kept: Kept | undefined
  before(async () => (kept = await keepBootstrapped()))
  after(() => discard(kept))

  const options = (command: Foreign['command']) => (command === 'connect' && kept !== undefined ? { from: kept } : {})
  const wordsFor = ({ command, flags = [] }: Foreign): string[] =>
    command === 'connect' ? [...(kept?.next ?? []), ...flags] : ['bootstrap-cloudfront', ...flags]

  for (const foreign of foreigners) {
    it(`${foreign.what}: exit 4, named, nothing changed at all`, () =>
      withInstallation(options(foreign.command), async (place) => {
        await foreign.make(place.clients)
        const calls = await place.changes(async () => {
          const { stdout, stderr, code } = await place.run(wordsFor(foreign))
          expect([stdout, code], stderr).to.deep.equal(['', 4])
          expect(stderr).to.include(foreign.named).and.include('nothing was changed')
          if (foreign.adoptable) expect(stderr).to.include('--adopt')
          expectPlainTalk(stderr)
          const json = await place.run([...wordsFor(foreign), '--json'])
          expect(json.code).to.equal(4)
          expect(JSON.parse(json.stdout)).to.have.nested.property('error.code', 'refused')
        })
        expect(calls).to.deep.equal([])
      }))
  }

  it('are taken over with --adopt --yes, and asked about without --yes', () =>
    inTurn(
      foreigners.filter(({ adoptable }) => adoptable),
      async (foreign) =>
        withInstallation(options(foreign.command), async (place) => {
          await foreign.make(place.clients)
          const asked = await place.changes(async () => {
            const { stderr, code } = await place.run([...wordsFor(foreign), '--adopt'])
            expect(code).to.equal(2)
            expect(stderr).to.include(`Take over ${foreign.named}`).and.include('--yes')
          })
          expect(asked, 'without an answer').to.deep.equal([])
          const flags = [...wordsFor(foreign), '--adopt', '--yes']
          const stdout = await place.succeed(flags)
          const isFunction = foreign.flags?.includes('function') === true
          expect(stdout).to.match(
            isFunction
              ? /^pc-ctl reconfigure-cloudfront-distribution arn:aws:cloudfront::\d+:function\/packagecloud_cloudfront_auth\n$/
              : /^pc-ctl reconfigure-cloudfront-distribution arn:.*:function:packagecloud_cloud.*:\d\n$/,
          )
          const { counts } = await endState(place.clients)
          const made = isFunction ? { stores: 1, cloudFrontFunctions: 2 } : { keys: 1, aliases: 1, functions: 1 }
          expect(counts, foreign.what).to.include(made)
          // From now on it is ours.
          expect(await place.changes(() => place.succeed(wordsFor(foreign)))).to.deep.equal([])
        }),
    ))

  it('a role of our name elsewhere than in our path is not taken for ours', () =>
    withInstallation({}, async (place) => {
      await makeRole(place.clients)
      expect((await place.run(['bootstrap-cloudfront'])).code).to.equal(4)
    }))

  it('a distribution of the bucket without our tag is left alone; named, it takes --adopt', () =>
    withInstallation(options('connect'), async (place) => {
      const { cloudfront } = place.clients
      const { Distribution } = await cloudfront.send(
        new CreateDistributionCommand({
          DistributionConfig: {
            CallerReference: 'theirs',
            Comment: 'made by hand',
            Enabled: true,
            Origins: {
              Quantity: 1,
              Items: [
                {
                  Id: 'theirs',
                  DomainName: `${bucket}.s3.eu-central-1.amazonaws.com`,
                  S3OriginConfig: { OriginAccessIdentity: '' },
                },
              ],
            },
            DefaultCacheBehavior: {
              TargetOriginId: 'theirs',
              ViewerProtocolPolicy: 'allow-all',
              CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
            },
          },
        }),
      )
      const id = Distribution?.Id ?? ''
      const named = [...wordsFor({ command: 'connect' } as Foreign), '--distribution', id]
      const calls = await place.changes(async () => {
        const { stderr, code } = await place.run(named)
        expect(code, stderr).to.equal(4)
        expect(stderr).to.include(`CloudFront distribution ${id}`).and.include('--adopt')
      })
      expect(calls).to.deep.equal([])
      const lines = await place.succeed([...named, '--adopt', '--yes'])
      expect(lines).to.include(id)
      const { counts, resources } = await endState(place.clients)
      expect(counts).to.include({ distributions: 1 })
      expect(resources).to.include('"Comment": "made by hand"')
    }))
})
