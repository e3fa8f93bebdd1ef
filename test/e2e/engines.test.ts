import { writeFile } from 'node:fs/promises'

import {
  CreateFunctionCommand,
  GetDistributionConfigCommand,
  ListDistributionsCommand,
  PublishFunctionCommand,
} from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'

import type { Engine } from '../../src/edge/engine.ts'
import type { Status } from '../../src/tasks/status/status.ts'
import {
  install,
  type Installation,
  newSecretLines,
  objectBody,
  objectKey,
  textOf,
  withInstallation,
  wordsOf,
} from '../support/installation.ts'
import { resultOf } from '../support/json-document.ts'

const arns: Readonly<Record<Engine, RegExp>> = {
  lambda: /^arn:aws:lambda:us-east-1:\d{12}:function:packagecloud_cloudfront_auth:1$/,
  function: /^arn:aws:cloudfront::\d{12}:function\/packagecloud_cloudfront_auth$/,
}
const moves = [
  ['lambda', 'function'],
  ['function', 'lambda'],
] as const

const statusOf = async (place: Installation): Promise<Status> =>
  resultOf(await place.succeed(['status', '--json'])) as Status

async function served(place: Installation): Promise<void> {
  const answer = await fetch((await place.succeed(['sign-url', objectKey])).trim())
  expect([answer.status, await answer.text()]).to.deep.equal([200, objectBody])
}

/** What the distribution runs at each event. */
async function runs({ clients: { cloudfront } }: Installation): Promise<string[]> {
  const { DistributionList: list } = await cloudfront.send(new ListDistributionsCommand({}))
  const { DistributionConfig: config } = await cloudfront.send(
    new GetDistributionConfigCommand({ Id: list?.Items?.[0]?.Id }),
  )
  const { LambdaFunctionAssociations: lambda, FunctionAssociations: functions } = config?.DefaultCacheBehavior ?? {}
  return [
    ...(lambda?.Items ?? []).map(({ EventType, LambdaFunctionARN: arn }) => `${EventType ?? ''} ${arn ?? ''}`),
    ...(functions?.Items ?? []).map(({ EventType, FunctionARN: arn }) => `${EventType ?? ''} ${arn ?? ''}`),
  ]
}

for (const [from, to] of moves) {
  describe(`an installation with --engine ${from}`, function () {
    this.timeout(120_000)
    let place: Installation
    let next: string[] = []
    before(async () => {
      place = await install({ engine: from })
      next = (await place.connect()).next
    })
    after(() => place.close())

    it('serves what is signed, and refuses the rest with the same words', async () => {
      expect(next[1]).to.match(arns[from])
      await served(place)
      const signed = (await place.succeed(['sign-url', objectKey])).trim()
      const [path = ''] = signed.split('?')
      const unsigned = await fetch(path)
      expect([unsigned.status, (await unsigned.text()).trim()]).to.deep.equal([403, 'missing token'])
      expect(unsigned.headers.get('cache-control')).to.include('no-store')
    })

    it('is in order, and stays as it is when the commands are run again', async () => {
      const status = await statusOf(place)
      expect(status).to.include({ engine: from, otherEngine: null, secret: 'same', drift: false, rotation: null })
      expect(status.version.associated).to.match(arns[from]).and.to.equal(status.version.published)
      const changes = await place.changes(async () => {
        const again = wordsOf(await place.succeed(['bootstrap-cloudfront']))
        expect(again).to.deep.equal(next)
        await place.succeed(again)
        const { stderr } = await place.run(['bootstrap-cloudfront'])
        expect(stderr).to.match(/Engine: .*, which the distribution runs\n/)
      })
      expect(changes).to.deep.equal([])
    })

    it('tells with --verbose of all that it asks, whoever asks it', async () => {
      const { stderr } = await place.run(['status', '--verbose'])
      const call = { lambda: 'kms:Decrypt', function: 'cloudfront-keyvaluestore:GetKey' }[from]
      expect(stderr).to.match(new RegExp(`^aws ${call} us-east-1: 200, 1 attempt, \\d+ ms, request id \\S+$`, 'm'))
    })

    it('has a graph in which the distribution runs what is published', async () => {
      const graph = await place.succeed(['status', '--graph', 'mermaid'])
      const end = { lambda: 'Lambdaversion', function: 'PublishedCloudFrontfunction' }[from]
      expect(graph).to.match(new RegExp(`CloudFrontdistribution -->\\|"viewer-request"\\| ${end}\\n`))
    })

    it('has runbooks of every kind that know which engine it is', async () => {
      for (const kind of ['enable', 'rotate', 'disable', 'upgrade', 'origin-access', 'remove']) {
        const text = await place.succeed(['runbook', '--kind', kind])
        expect(text, kind).to.not.match(/undefined|\[object/)
        if (from === 'function') expect(text, kind).to.not.match(/KMS key|Alias of the key|Lambda|[Nn]ot for the key/)
      }
      const remove = await place.succeed(['runbook', '--kind', 'remove'])
      const commands = { lambda: 'aws lambda delete-function', function: 'aws cloudfront delete-key-value-store' }
      expect(remove).to.include(commands[from]).and.to.not.include(commands[to])
      expect(/enable-cloudfront --engine function/.test(remove), 'nothing remembers it then').to.equal(
        from === 'function',
      )
    })

    it('can be exported for both tools', async () => {
      const types = { lambda: 'aws_lambda_function', function: 'aws_cloudfront_key_value_store' }
      const text = await place.succeed(['export', '--format', 'terraform'])
      expect(text).to.include(`"${types[from]}"`).and.to.not.include(`"${types[to]}"`)
      await place.succeed(['export', '--format', 'cloudformation'])
    })

    it(`is in use until reconfigure-cloudfront-distribution is given what --engine ${to} has made`, async () => {
      const other = wordsOf(await place.succeed(['bootstrap-cloudfront', '--engine', to]))
      expect(other[1]).to.match(arns[to])
      const status = await statusOf(place)
      expect(status).to.include({ engine: from, drift: false })
      expect(status.otherEngine?.engine).to.equal(to)
      const plan = await place.succeed([...other, '--dry-run'])
      expect(plan).to.include('Engine: ')
      const changes = await place.changes(() => place.succeed(other))
      expect(changes, 'one update swaps the associations').to.deep.equal(['cloudfront:UpdateDistribution'])
      expect(await runs(place)).to.deep.equal([`viewer-request ${other[1] ?? ''}`])
      await served(place)
      expect(await statusOf(place)).to.include({ engine: to, drift: false, secret: 'same' })
    })

    it('goes back by the command that it began with', async () => {
      await place.succeed(next)
      expect(await runs(place)).to.deep.equal([`viewer-request ${next[1] ?? ''}`])
      await served(place)
      expect(await statusOf(place)).to.include({ engine: from, drift: false, secret: 'same' })
    })

    it('keeps the secret that edges accept where packagecloud.rb has another', async () => {
      const before = await textOf(place)
      await place.paste("packagecloud_rails['cloudfront_secret'] = 'bm90aGVyIHNlY3JldCBvZiB0aGlydHktdHdvIGJ5dGVzIQ'\n")
      expect(await statusOf(place)).to.include({ engine: from, secret: 'different', drift: true })
      let run
      expect(await place.changes(async () => (run = await place.run(['bootstrap-cloudfront'])))).to.deep.equal([])
      expect(run).to.have.property('code', 4)
      expect(run).to.have.property('stderr').that.includes('--replace-secret').and.not.includes('bm90aGVy')
      await writeFile(place.config, before)
      await served(place)
    })

    it('is not moved to what would refuse downloads', async () => {
      const other = wordsOf(await place.succeed(['bootstrap-cloudfront', '--engine', to]))
      await place.paste(newSecretLines)
      await place.succeed(wordsOf(await place.succeed(['bootstrap-cloudfront'])))
      let run
      const changes = await place.changes(async () => (run = await place.run(other)))
      expect(changes).to.deep.equal([])
      expect(run).to.have.property('code', 4)
      expect(run)
        .to.have.property('stderr')
        .that.matches(/does not accept a secret that edges accept now/)
        .and.includes(`pc-ctl bootstrap-cloudfront --engine ${to}`)
      await place.succeed(wordsOf(await place.succeed(['bootstrap-cloudfront', '--engine', to])))
      await served(place)
    })
  })
}

describe('a CloudFront Function that no distribution can run', function () {
  this.timeout(60_000)
  const name = 'packagecloud_cloudfront_auth'
  const tag = { Key: 'packagecloud:enterprise', Value: 'packagecloud' }
  const make = ({ clients: { cloudfront } }: Installation, Items: (typeof tag)[] = []) =>
    cloudfront.send(
      new CreateFunctionCommand({
        Name: name,
        FunctionConfig: { Comment: 'by hand', Runtime: 'cloudfront-js-2.0' },
        FunctionCode: Buffer.from('function handler(event) { return event.request; }'),
        Tags: { Items },
      }),
    )
  const publish = ({ clients: { cloudfront } }: Installation, IfMatch: string | undefined) =>
    cloudfront.send(new PublishFunctionCommand({ Name: name, IfMatch }))
  const cases: readonly (readonly [string, (place: Installation) => Promise<unknown>, number, string])[] = [
    ['is not there', async () => undefined, 2, 'There is no CloudFront Function'],
    ['is not published', (place) => make(place, [tag]), 2, 'is not published'],
    [
      'is not ours',
      async (place) => publish(place, (await make(place)).ETag),
      4,
      'is not the CloudFront Function of the installation',
    ],
    [
      'has no store',
      async (place) => publish(place, (await make(place, [tag])).ETag),
      4,
      'is published without its key value store',
    ],
  ]
  for (const [title, prepare, code, said] of cases) {
    it(`is refused where it ${title}`, () =>
      withInstallation({}, async (place) => {
        await prepare(place)
        const arn = `arn:aws:cloudfront::${place.sandbox.accountId}:function/${name}`
        const changes = await place.changes(async () => {
          const refused = await place.run(['reconfigure-cloudfront-distribution', arn])
          expect(refused.code, refused.stderr).to.equal(code)
          expect(refused.stderr.replace(/\s+/g, ' ')).to.include(said).and.to.include('--engine function')
        })
        expect(changes).to.deep.equal([])
        expect(await textOf(place)).to.not.include('cloudfront_enabled')
      }))
  }
})
