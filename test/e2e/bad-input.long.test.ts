import { chmod, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import {
  discard,
  expectPlainTalk,
  type Installation,
  type InstallOptions,
  inTurn,
  type Kept,
  keepBootstrapped,
  secret,
  textOf,
  withInstallation,
} from '../support/installation.ts'

interface Case {
  readonly what: string
  /** What is wrong. */
  readonly spoil?: (place: Installation) => Promise<unknown>
  readonly env?: (place: Installation) => Record<string, string>
  readonly args: readonly string[]
  readonly code: number
  /** What stderr must say: what is wrong, and what to do. */
  readonly says: readonly (string | RegExp)[]
}

const set = (name: string, value: string) => (place: Installation) =>
  place.paste(`packagecloud_rails['${name}'] = ${value}\n`)
const without = (name: string) => async (place: Installation) =>
  writeFile(place.config, (await textOf(place)).replace(new RegExp(`^.*'${name}'.*\n`, 'm'), ''))

const overrides = '-dac_override,-dac_read_search'
/** Nothing is unreadable to root, unless it gives up that it may do anything with files. */
const withoutOverride =
  process.getuid?.() === 0 ? ['setpriv', '--inh-caps', overrides, '--bounding-set', overrides, '--'] : []

const arn = 'arn:aws:lambda:us-east-1:111122223333:function:packagecloud_cloudfront_auth'
const bootstrap = ['bootstrap-cloudfront']
const reconfigure = (...words: string[]): string[] => ['reconfigure-cloudfront-distribution', ...words]

const cases: readonly Case[] = [
  {
    what: 'a wrong secret key',
    spoil: set('aws_secret_key', "'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'"),
    args: bootstrap,
    code: 3,
    says: [/does not accept the credentials/, 'aws_secret_key'],
  },
  {
    what: 'an access key that does not exist',
    spoil: set('aws_access_key', "'AKIAIOSFODNN7EXAMPLE'"),
    args: reconfigure(`${arn}:1`),
    code: 3,
    says: [/does not accept the credentials/, 'pc-ctl show-config'],
  },
  {
    what: 'an expired token',
    spoil: async (place) => place.sandbox.faults.add('sts:GetCallerIdentity:ExpiredToken'),
    args: bootstrap,
    code: 3,
    says: [/expired/],
  },
  {
    what: 'no credentials at all',
    spoil: async (place) => {
      await without('aws_access_key')(place)
      await without('aws_secret_key')(place)
    },
    args: bootstrap,
    code: 3,
    says: ['No AWS credentials were found', 'aws_access_key'],
  },
  {
    what: 'a bucket that does not exist',
    spoil: set('s3_bucket', "'there-is-no-such-bucket'"),
    args: bootstrap,
    code: 3,
    says: ['"there-is-no-such-bucket" does not exist', '--bucket'],
  },
  {
    what: 'no bucket',
    spoil: without('s3_bucket'),
    args: bootstrap,
    code: 3,
    says: ["packagecloud_rails['s3_bucket'] is not set", '--bucket'],
  },
  {
    what: 'a bucket name that CloudFront can not use',
    args: [...bootstrap, '--bucket', 'Packages_Example'],
    code: 3,
    says: ['"Packages_Example"', 'DNS-compatible'],
  },
  {
    what: 'no secret',
    spoil: without('cloudfront_secret'),
    args: bootstrap,
    code: 3,
    says: ["packagecloud_rails['cloudfront_secret'] is not set", 'pc-ctl generate-cloudfront-secret'],
  },
  {
    what: 'a malformed secret',
    spoil: set('cloudfront_secret', "'correct horse battery staple'"),
    args: bootstrap,
    code: 3,
    says: ['secret is not base64', 'pc-ctl generate-cloudfront-secret'],
  },
  {
    what: 'a secret that is too short',
    spoil: set('cloudfront_secret', "'c2hvcnQ'"),
    args: bootstrap,
    code: 3,
    says: ['fewer than 16'],
  },
  {
    what: 'a secret that only running the file could tell',
    spoil: set('cloudfront_secret', 'File.read("/etc/secret")'),
    args: bootstrap,
    code: 3,
    says: [/packagecloud\.rb:\d+: packagecloud_rails\['cloudfront_secret'\]/],
  },
  { what: 'no ARN', args: reconfigure(), code: 2, says: [/ARN/] },
  { what: 'an ARN without a version', args: reconfigure(arn), code: 2, says: [/version number .* is missing/] },
  {
    what: '$LATEST for a version',
    args: reconfigure(`${arn}:$LATEST`),
    code: 2,
    says: [/needs a version number .* not "\$LATEST"/],
  },
  { what: 'an alias for a version', args: reconfigure(`${arn}:live`), code: 2, says: [/not "live"/] },
  {
    what: "an ARN with the quote that the original's documentation has",
    args: reconfigure(`${arn}:1'`),
    code: 2,
    says: ['stray quote', `Leave the quote out: ${arn}:1`],
  },
  {
    what: 'an ARN of another region',
    args: reconfigure(`${arn.replace('us-east-1', 'eu-west-1')}:1`),
    code: 2,
    says: ['eu-west-1', 'only functions of us-east-1'],
  },
  {
    what: 'an ARN of another account',
    args: reconfigure(`${arn.replace('111122223333', '444455556666')}:1`),
    code: 2,
    says: ['belongs to account 444455556666, not to 111122223333'],
  },
  {
    what: 'an ARN of another function',
    args: reconfigure(`${arn}_of_somebody:1`),
    code: 2,
    says: ['packagecloud_cloudfront_auth_of_somebody', 'pc-ctl bootstrap-cloudfront'],
  },
  { what: 'an ARN of something else', args: reconfigure('arn:aws:s3:::bucket'), code: 2, says: [/not the ARN of/] },
  { what: 'a version that does not exist', args: reconfigure(`${arn}:7`), code: 2, says: ['no version 7'] },
  {
    what: 'a distribution that does not exist',
    args: reconfigure(`${arn}:1`, '--distribution', 'E2QWRUHAPOMQZL'),
    code: 3,
    says: ['E2QWRUHAPOMQZL does not exist', '--distribution'],
  },
  {
    what: 'a name without a certificate for it',
    args: reconfigure(`${arn}:1`, '--alias', 'packages.example.org'),
    code: 4,
    says: ['packages.example.org', '--certificate'],
  },
  {
    what: 'a price class that does not exist',
    args: reconfigure(`${arn}:1`, '--price-class', 'PriceClass_50'),
    code: 2,
    says: ['PriceClass_50', 'PriceClass_100'],
  },
  {
    what: 'a config that is not there',
    args: [...bootstrap, '--config', '/nonexistent/packagecloud.rb'],
    code: 3,
    says: ['/nonexistent/packagecloud.rb'],
  },
  {
    what: 'a config that is a folder',
    env: (place) => ({ PC_CTL_CONFIG: place.folder }),
    args: bootstrap,
    code: 3,
    says: [/./],
  },
  {
    what: 'a config that is not Ruby',
    spoil: (place) => place.paste("packagecloud_rails['s3_bucket' = \n"),
    args: bootstrap,
    code: 3,
    says: [/packagecloud\.rb:\d+/],
  },
  { what: 'an unknown flag', args: [...bootstrap, '--dryrun'], code: 2, says: ['--dryrun'] },
  { what: 'a flag without its value', args: [...bootstrap, '--bucket'], code: 2, says: ['--bucket'] },
  { what: 'a word too many', args: [...bootstrap, 'now'], code: 2, says: ['now'] },
  {
    what: 'an unknown command',
    args: ['bootstrap-clodfront'],
    code: 2,
    says: ['no command "bootstrap-clodfront"', 'pc-ctl help'],
  },
  { what: 'a misspelt flag without a command', args: ['--versoin'], code: 2, says: ['Did you mean `--version`?'] },
  {
    what: 'a word too many behind the version',
    args: ['version', 'x'],
    code: 2,
    says: ['pc-ctl version takes only --json'],
  },
  { what: 'an impossible installation name', args: [...bootstrap, '--installation', 'Two'], code: 2, says: ['"Two"'] },
  {
    what: 'an endpoint that nobody listens at',
    env: () => ({ AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }),
    args: bootstrap,
    code: 1,
    says: [/can't be reached/, 'AWS_ENDPOINT_URL'],
  },
  {
    what: 'a profile that does not exist',
    args: [...bootstrap, '--profile', 'nobody'],
    code: 3,
    says: ['There is no profile "nobody" (--profile)', 'aws configure --profile nobody'],
  },
]

describe('bad input: one clear message, the right exit code, nothing changed', function () {
  this.timeout(300_000)
  let kept: Kept | undefined
  before(async () => (kept = await keepBootstrapped()))
  after(() => discard(kept))
  const on = async (use: (place: Installation) => Promise<void>, options: InstallOptions = {}): Promise<void> =>
    withInstallation({ ...options, ...(kept === undefined ? {} : { from: kept }) }, use)

  it('as text and as JSON', () =>
    inTurn(cases, async ({ what, spoil, env, args, code, says }) =>
      on(async (place) => {
        await spoil?.(place)
        const how = { env: env?.(place) ?? {} }
        const calls = await place.changes(async () => {
          const run = await place.run(args, how)
          expect([run.stdout, run.code], `${what}\n${run.stderr}`).to.deep.equal(['', code])
          for (const text of says) {
            if (typeof text === 'string') expect(run.stderr, what).to.include(text)
            else expect(run.stderr, what).to.match(text)
          }
          expect(run.stderr.match(/^Error: /gm), `${what}\n${run.stderr}`).to.have.length(1)
          expectPlainTalk(run.stderr)
          expectNoSecrets(place, run.stderr)
          const json = await place.run([...args, '--json'], how)
          expect(json.code, `${what}, as JSON\n${json.stdout}${json.stderr}`).to.equal(code)
          expect(JSON.parse(json.stdout), what).to.have.nested.property('error.message').that.is.not.empty
          expectNoSecrets(place, json.stdout + json.stderr)
        })
        expect(calls, what).to.deep.equal([])
      }),
    ))

  it('a config that may not be read', () =>
    on(async (place) => {
      await chmod(place.config, 0)
      const { stderr, code } = await place.run(bootstrap, { through: withoutOverride })
      expect(code, stderr).to.equal(3)
      expect(stderr).to.include(place.config)
      expectPlainTalk(stderr)
    }))

  // What is still on its way to AWS when the command is over is told of, but not after the end of a process.
  it('--verbose tells neither the secret nor the keys', () =>
    on(
      async (place) => {
        await place.paste("packagecloud_rails['cloudfront_previous_secret'] = 'no base64 either'\n")
        const { stderr, code } = await place.run([...bootstrap, '--verbose'])
        expect(code).to.equal(3)
        expectNoSecrets(place, stderr)
        expect(stderr).not.to.include('no base64 either')
      },
      { built: true },
    ))

  it('no folder for backups of the bucket policy is no reason to stop', () =>
    on(async (place) => {
      const next = kept?.next ?? []
      await place.connect()
      await rm(join(place.folder, 'state'), { recursive: true, force: true })
      await writeFile(join(place.folder, 'state'), 'not a folder')
      const { stderr, code } = await place.run([...next, '--origin-access', 'oac'])
      expect(code, stderr).to.equal(0)
      expect(stderr).to.include('could not be kept in a file')
    }))
})

function expectNoSecrets({ sandbox }: Installation, output: string): void {
  for (const hidden of [secret, sandbox.secretAccessKey, 'wJalrXUtnFEMI', 'correct horse', 'c2hvcnQ']) {
    expect(output).not.to.include(hidden)
  }
}
