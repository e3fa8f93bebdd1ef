import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import {
  CreateDistributionWithTagsCommand,
  GetDistributionConfigCommand,
  ListDistributionsCommand,
} from '@aws-sdk/client-cloudfront'
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { expect } from 'chai'

import { tagKey } from '../../src/aws/names.ts'
import { expectPlainTalk, type Installation, install, objectKey, secret, textOf } from '../support/installation.ts'

/** What a command is to exit with, and to say. */
type Ending = readonly [code: number, says: RegExp]

/** A command that operates an installation, and what of it differs from what the case says. */
interface Row {
  readonly words: readonly string[]
  readonly but?: Readonly<Record<string, Ending>>
}

const asksForYes: Ending = [2, /This needs an answer, and there is no terminal:[^]*--yes/]
const noTag: Ending = [3, /aws ce update-cost-allocation-tags-status/]
const notEnabled: Ending = [3, /packagecloud\.rb[^]*CloudFront[^]*pc-ctl enable-cloudfront/]
const rows: readonly Row[] = [
  {
    words: ['enable-cloudfront'],
    but: {
      'nothing is there yet': asksForYes,
      'another installation': [2, /--installation one\n[^]*Have packagecloud made beside\?\n[^]*--yes/],
    },
  },
  {
    words: ['enable-cloudfront', '--skip-reindex', '--write-config'],
    but: {
      'nothing is there yet': [2, /asks before it writes packagecloud\.rb, and there is no terminal[^]*--yes/],
      'another installation': [2, /--installation one\n[^]*writes packagecloud\.rb[^]*--yes/],
    },
  },
  {
    words: ['rotate-cloudfront-secret', '--write-config'],
    but: {
      'nothing is there yet': notEnabled,
      'another installation': notEnabled,
      'credentials that AWS does not know': notEnabled,
    },
  },
  { words: ['invalidate', objectKey] },
  { words: ['export', '--format', 'terraform'] },
  { words: ['export', '--format', 'cloudformation'] },
  {
    words: ['costs'],
    but: {
      'no bucket': noTag,
      'nothing is there yet': noTag,
      'another installation': noTag,
      'two distributions': noTag,
    },
  },
]

/** What publishes too: it is held to what is told of it alone. */
const publishes: readonly Row[] = [{ words: ['bootstrap-cloudfront'] }]

/** What only tells, and of what is not there too: it is held to what all have in common. */
const tells: readonly Row[] = [{ words: ['runbook', '--kind', 'enable'] }]

interface Case {
  readonly what: string
  readonly common?: true
  /** The commands that it is about; without it, all. */
  readonly only?: RegExp
  /** @returns variables that the command is run with */
  readonly prepare: (place: Installation) => Promise<Record<string, string>>
  readonly ending: Ending
}

const cases: readonly Case[] = [
  {
    what: 'no configuration',
    common: true,
    prepare: () => Promise.resolve({ PC_CTL_CONFIG: '/nowhere/packagecloud.rb' }),
    ending: [3, /\/nowhere\/packagecloud\.rb does not exist\.\n +Name another file with --config/],
  },
  {
    what: 'a configuration that is no Ruby',
    common: true,
    prepare: (place) => written(place, 'packagecloud_rails[\n'),
    ending: [3, /packagecloud\.rb:\d+: /],
  },
  {
    what: 'no bucket',
    prepare: async (place) => written(place, (await textOf(place)).replace(/.*s3_bucket.*\n/, '')),
    ending: [3, /s3_bucket'\] is not set[^]*--bucket/],
  },
  {
    what: 'nothing is there yet',
    prepare: () => Promise.resolve({}),
    ending: [3, /(?:has no distribution|nothing of the installation)[^]*pc-ctl bootstrap-cloudfront\n/],
  },
  {
    what: 'another installation',
    prepare: async (place) => {
      await place.succeed(await place.bootstrap('--installation', 'one'))
      return {}
    },
    ending: [3, /This account has the installation one\. If that is meant:\n +pc-ctl .* --installation one\n/],
  },
  {
    what: 'two distributions',
    prepare: async (place) => {
      await place.connect()
      const { cloudfront } = place.clients
      const Id = (await cloudfront.send(new ListDistributionsCommand({}))).DistributionList?.Items?.[0]?.Id
      const { DistributionConfig: config } = await cloudfront.send(new GetDistributionConfigCommand({ Id }))
      if (config === undefined) throw new Error('no config')
      const Tags = { Items: [{ Key: tagKey, Value: 'packagecloud' }] }
      const DistributionConfig = { ...config, CallerReference: 'made from a copy' }
      await cloudfront.send(
        new CreateDistributionWithTagsCommand({ DistributionConfigWithTags: { DistributionConfig, Tags } }),
      )
      return written(place, (await textOf(place)).replace(/.*cloudfront_distribution_id.*\n/, ''))
    },
    ending: [4, /2 distributions|two distributions|several/i],
  },
  {
    what: 'a rotation that was begun on another host',
    only: /^(?:enable|rotate|bootstrap)/,
    prepare: async (place) => {
      await begunElsewhere(place)
      return {}
    },
    ending: [4, /: a rotation was begun on another host\.\n[^]*pc-ctl show-config\n[^]*run the same command again/],
  },
  {
    what: 'a rotation that was finished on another host',
    only: /^(?:enable|rotate|bootstrap)/,
    prepare: async (place) => {
      const other = await begunElsewhere(place)
      expect((await place.run(['rotate-cloudfront-secret', '--config', other])).code).to.equal(3)
      const finish = ['rotate-cloudfront-secret', '--finish', '--force', '--write-config', '--yes']
      await place.succeed([...finish, '--config', other])
      return {}
    },
    ending: [4, /AWS has another secret[^]*may sign with it\.\n[^]*pc-ctl bootstrap-cloudfront --replace-secret\n/],
  },
  {
    what: 'a file without the secret that another host has',
    only: /^enable/,
    prepare: async (place) => {
      await place.connect()
      return written(place, (await textOf(place)).replace(/.*cloudfront_secret.*\n/, ''))
    },
    ending: [4, /AWS has another secret[^]*If it was replaced on another host, copy the lines/],
  },
  {
    what: 'a permission that is missing',
    prepare: async (place) => {
      await place.connect()
      const { iam } = place.clients
      const UserName = 'operator'
      await iam.send(new CreateUserCommand({ UserName }))
      const Statement = [{ Effect: 'Allow', Action: ['s3:*', 'iam:GetRole'], Resource: '*' }]
      const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
      await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'pc-ctl', PolicyDocument }))
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
      const { AccessKeyId = '', SecretAccessKey = '' } = AccessKey ?? {}
      const { accessKeyId, secretAccessKey } = place.sandbox
      const text = await textOf(place)
      return written(place, text.replace(accessKeyId, AccessKeyId).replace(secretAccessKey, SecretAccessKey))
    },
    ending: [5, /AWS denied [a-z]+:\w+[^]*\{"Effect":"Allow","Action":.*\}\n[^]*request id/],
  },
  {
    what: 'credentials that AWS does not know',
    prepare: async (place) =>
      written(place, (await textOf(place)).replace(place.sandbox.accessKeyId, 'AKIAIOSFODNN7EXAMPLE')),
    ending: [3, /AWS does not accept the credentials[^]*pc-ctl show-config/],
  },
]

/** @returns the packagecloud.rb of the other host */
async function begunElsewhere(place: Installation): Promise<string> {
  await place.connect()
  const other = join(place.folder, 'other.rb')
  await writeFile(other, await textOf(place))
  await place.succeed(['rotate-cloudfront-secret', '--write-config', '--yes', '--no-wait', '--config', other])
  return other
}

async function written(place: Installation, text: string): Promise<Record<string, string>> {
  await writeFile(place.config, text)
  return {}
}

/** packagecloud.rb and what stands beside it, but for what pc-ctl remembers. */
const kept = async ({ config, folder }: Installation): Promise<unknown> => [
  await readFile(config, 'utf8'),
  (await readdir(folder)).filter((name) => name !== 'state'),
]

describe('what operates an installation, given something bad, says one thing and changes nothing', function () {
  this.timeout(60_000)
  for (const { what, prepare, ending, common, only = /^/ } of cases) {
    describe(what, () => {
      let place: Installation
      let env: Record<string, string>
      before(async () => {
        place = await install()
        env = await prepare(place)
      })
      after(() => place.close())

      const more = common === true ? tells : only.source.includes('bootstrap') ? publishes : []
      for (const { words, but = {} } of [...rows, ...more].filter((row) => only.test(row.words[0] ?? ''))) {
        const wanted = but[what] ?? ending
        it(`pc-ctl ${words.join(' ')}`, async () => {
          const before = await kept(place)
          let run: Awaited<ReturnType<Installation['run']>> | undefined
          const changes = await place.changes(async () => (run = await place.run(words, { env })))
          const { code, stdout, stderr } = run ?? { code: -1, stdout: '', stderr: '' }
          const [wantedCode, says] = wanted
          expect([code, stdout], stderr).to.deep.equal([wantedCode, ''])
          expect(stderr).to.match(says)
          expect(stderr.match(/^Error: /gm), stderr).to.have.length(1)
          expectPlainTalk(stderr)
          expect(stderr).to.not.include(secret)
          expect(changes).to.deep.equal([])
          expect(await kept(place)).to.deep.equal(before)
        })
      }
    })
  }
})
