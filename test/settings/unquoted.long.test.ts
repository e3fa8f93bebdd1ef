import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { overview } from '../../src/settings/overview.ts'
import { keysOf, type SettingName } from '../../src/options.ts'
import { loadSettings, need } from '../../src/settings/settings.ts'
import { CtlError } from '../../src/errors.ts'
import { runQuickly } from '../support/run-here.ts'

/** Values as they are pasted: all that base64 and hex can begin with and hold. */
const canaries = [
  'Q0FOQVJZc2VjcmV0dmFsdWUxMjM0NTY3ODkwYWJjZGU',
  'q0FOQVJZc2VjcmV0dmFsdWUxMjM0NTY3ODkwYWJjZGU',
  'Q0FOQVJZ/c2VjcmV0dmFs+dWUxMjM0NTY3/ODkwYWJj',
  'q0FOQVJZ+c2VjcmV0dmFs/dWUxMjM0NTY3+ODkwYWJj',
  'Q0FOQVJZc2VjcmV0dmFsdWUxMjM0NTY3ODkwYWJjZA==',
  '40FOQVJZc2VjcmV0dmFsdWUxMjM0NTY3ODkwYWJjZGU',
  'ca9a7e5ec7e75ec7e7ca9a7e5ec7e75ec7e7ca9a7e5e',
  '7ca9a7e5ec7e75ec7e7ca9a7e5ec7e75ec7e7ca9a7e5',
  'Q0FOQVJZ-c2VjcmV0dmFsdWUx_MjM0NTY3ODkwYWJjZGU',
]

/** Ways of not quoting, after `=`. */
const ways = `X
  X # comment
  'X
  X'
  "X
  X"
  \`X\`
  ’X’
  ‘X’
  “X”
  %X
  :X
  $X
  @X
  @@X
  -X
  !X
  (X)
  [X]
  { X => 1 }
  { key: X }
  "#{X}"
  X.strip
  X.X
  X::X
  X X
  X?
  X!
  X;
  X,
  X if true
  X || ENV['NONE']
  ENV[X]
  ENV.fetch(X)
  ENV.fetch('X')
  File.read(X)
  foo(X)
  foo X
  X do 1 end
  X { 1 }
  <<X
  <<~X
  ?X
  /X
  %w(X
  nil || X
  begin; X; rescue; end
  X rescue X
  ->(X) { X }
  def X; end
  lambda { X }.call
  String.new(X)
  eval X
  eval 'X'
  require X
  send(X)
  packagecloud_rails[X]
  packagecloud_rails.X
  nginx.X`
  .split('\n')
  .map((way) => way.trim())

/** Lines in which the whole is unquoted, not only the value. */
const lines = [
  'packagecloud_rails[cloudfront_secret] = X',
  'packagecloud_rails["cloudfront_secret"] X',
  "packagecloud_rails['cloudfront_secret'] += X",
  "packagecloud_rails['cloudfront_secret'] ||= X",
  "packagecloud_rails['cloudfront_secret'] = secret = X",
  "packagecloud_rails.merge!('cloudfront_secret' => X)",
  "packagecloud_rails.store('cloudfront_secret', X)",
  "packagecloud_rails['cloudfront_secret'], packagecloud_rails['a'] = X, X",
  "packagecloud_rails['cloudfront_secret'] == X",
  "packagecloud_rails['cloudfront_secret'] = 'Y' if X",
  "packagecloud_rails['cloudfront_secret'] = 'Y' unless defined?(X)",
  "case X when 1 then packagecloud_rails['cloudfront_secret'] = X end",
  "packagecloud_rails['cloudfront_secret']: X",
  'cloudfront_secret X',
  'X',
  "X['a'] = 1\nX.delete_if { true }",
  "x['X'] = 1\nx.each { |k| packagecloud_rails[k] = X }",
]

/** Whether any five characters in a row of the canary turn up. */
const leaks = (text: string, canary: string): boolean =>
  Array.from({ length: canary.length - 4 }, (_, at) => canary.slice(at, at + 5)).some((part) => text.includes(part))

describe('a secret that is not in quotes', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-unquoted-'))
  })
  after(() => rm(folder, { recursive: true }))

  const all = canaries.flatMap((canary) =>
    [...ways.map((way) => `packagecloud_rails['cloudfront_secret'] = ${way}`), ...lines].map((line) => ({
      canary,
      source: `# é\n${line.replaceAll('X', canary)}\npackagecloud_rails['s3_bucket'] = 'b'\n`,
    })),
  )

  it('is never shown, nor is any part of it', async () => {
    const config = join(folder, 'packagecloud.rb')
    for (const { canary, source } of all) {
      await writeFile(config, source)
      expect(leaks(JSON.stringify(await everything(config)), canary), source).to.equal(false)
    }
  }).timeout(60_000)

  it('is said to be without quotes, with key and line', async () => {
    const config = join(folder, 'packagecloud.rb')
    for (const canary of canaries.slice(0, 4)) {
      for (const way of ['X', 'X # comment', 'X.strip', '[X].first', 'X.X', '$X', 'foo(X)', 'X if true']) {
        await writeFile(config, `\npackagecloud_rails['cloudfront_secret'] = ${way.replaceAll('X', canary)}\n`)
        const settings = await loadSettings({ config, installation: 'packagecloud' }, {})
        const error = failure(() => need(settings, 'cloudfrontSecret'))
        expect(error.message).to.equal(`${config}:2: packagecloud_rails['cloudfront_secret'] is not in quotes.`)
        expect(error.exitCode).to.equal(3)
      }
    }
  })

  for (const [index, args] of [
    ['show-config'],
    ['show-config', '--json'],
    ['show-config', '--verbose'],
    ['generate-cloudfront-secret'],
    ['generate-cloudfront-secret', '--force', '--json'],
    ['bootstrap-cloudfront', '--verbose'],
    ['sign-url', 'a', '--json'],
    ['status', '--json', '--verbose'],
    ['reconfigure', '--dry-run'],
  ].entries()) {
    it(`is not told by ${args.join(' ')}`, async () => {
      const canary = canaries[index % canaries.length] ?? ''
      const config = join(folder, 'told.rb')
      await writeFile(
        config,
        `packagecloud_rails['cloudfront_enabled'] = true\npackagecloud_rails['s3_bucket'] = 'b'\n` +
          `packagecloud_rails['aws_region'] = 'eu-west-1'\npackagecloud_rails['aws_secret_key'] = ${canary}\n` +
          `packagecloud_rails['cloudfront_secret'] = ${canary}\n`,
      )
      const { stdout, stderr } = await runQuickly([...args, '--config', config])
      expect(stdout + stderr).to.not.equal('')
      expect(leaks(stdout + stderr, canary), stdout + stderr).to.equal(false)
    })
  }
})

/** All that a command could show of a file. */
async function everything(config: string): Promise<unknown> {
  try {
    const settings = await loadSettings({ config, installation: 'packagecloud' }, {})
    const names = Object.keys(keysOf) as SettingName[]
    return [
      overview(settings),
      settings.notes,
      settings.problems,
      names.map((name) => told(() => need(settings, name))),
    ]
  } catch (error) {
    return toldOf(error)
  }
}

function told(act: () => unknown): unknown {
  try {
    act()
    return undefined
  } catch (error) {
    return toldOf(error)
  }
}

function toldOf(error: unknown): unknown {
  if (!(error instanceof CtlError)) throw error
  return [error.message, error.hint]
}

function failure(act: () => unknown): CtlError {
  try {
    act()
  } catch (error) {
    if (error instanceof CtlError) return error
    throw error
  }
  throw new Error('did not fail')
}
