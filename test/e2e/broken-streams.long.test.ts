import { stripVTControlCharacters } from 'node:util'

import { expect } from 'chai'

import { hasTerminals, runOnTerminals } from '../support/terminals.ts'
import {
  discard,
  type Installation,
  type Kept,
  keepBootstrapped,
  sideBySide,
  withInstallation,
} from '../support/installation.ts'

const terminals = { stdin: 'tty', stdout: 'tty', stderr: 'tty' } as const
const envOf = ({ env, folder }: Installation) => ({ cwd: folder, env: { ...env, LC_ALL: 'C.UTF-8' } })

describe('streams that break', function () {
  this.timeout(300_000)
  let kept: Kept | undefined
  before(async function () {
    if (!hasTerminals) return this.skip()
    kept = await keepBootstrapped()
  })
  after(() => discard(kept))

  it('a result that a full disk does not take is one sentence and exit 1, once something was changed too', () =>
    withInstallation({ built: true, ...(kept === undefined ? {} : { from: kept }) }, async (place) => {
      const full = { ...envOf(place), stdout: '/dev/full', stderr: 'pipe' } as const
      const first = await runOnTerminals(kept?.next ?? [], full)
      expect(first.code, first.stderr).to.equal(1)
      expect(first.stderr.match(/^Error: .*$/gm)).to.deep.equal([
        'Error: The result could not be written to stdout: no space left on device.',
      ])
      expect(first.stderr).to.include('Run the same command again: it finds that, and prints the result.')
      await place.paste(await place.succeed(kept?.next ?? []))
      const commands = [
        ['--help'],
        ['--version'],
        ['generate-cloudfront-secret', '--force'],
        ['sign-url', 'a/b.deb'],
        ['sign-url', 'a/b.deb', '--json'],
        ['show-config'],
        ['status'],
        ['status', '--json'],
        ['audit-cache-control'],
        ['cflist'],
        ['permissions'],
        ['sandbox'],
        ['disable-cloudfront'],
      ]
      await sideBySide(commands, async (args) => {
        const { stderr, code } = await runOnTerminals(args, full)
        expect(code, `${args.join(' ')}\n${stderr}`).to.equal(1)
        expect(stderr.match(/^Error: .*$/gm), args.join(' ')).to.deep.equal([
          'Error: The result could not be written to stdout: no space left on device.',
        ])
        expect(stderr).not.to.match(/^\s+at /m)
      })
      // What failed is told all the same, and keeps its exit code.
      const failed = await runOnTerminals(['sign-url', 'a', '--expires', 'soon', '--json'], full)
      expect(failed.code, failed.stderr).to.equal(2)
      expect(failed.stderr).to.include('"soon" is not a duration').and.include('could not be written to stdout')
    }))

  it('a reader that has had enough, and a stderr that is closed, full or not read, are no failure', () =>
    withInstallation({ built: true, ...(kept === undefined ? {} : { from: kept }) }, async (place) => {
      await place.paste(await place.succeed(kept?.next ?? []))
      await sideBySide([['sign-url', 'a/b.deb'], ['status'], ['--help'], ['status', '--json']], async (args) => {
        const gone = await runOnTerminals(args, { ...envOf(place), stdout: 'gone', stderr: 'pipe' })
        expect([gone.stderr, gone.code], args.join(' ')).to.deep.equal(['', 0])
      })
      const next = kept?.next ?? []
      const expected = await place.succeed(next)
      await sideBySide(['closed', 'gone', '/dev/full'] as const, async (stderr) => {
        const deaf = await runOnTerminals(next, { ...envOf(place), stdout: 'pipe', stderr })
        expect([deaf.stdout, deaf.code], stderr).to.deep.equal([expected, 0])
      })
    }))

  it('a terminal that hangs up, a pipe that nobody reads any more and closed streams stop no chain half way', () =>
    sideBySide(['hang up', 'gone', 'closed', '/dev/full'] as const, (how) =>
      withInstallation({ built: true }, async (place) => {
        const streams =
          how === 'hang up'
            ? {
                ...terminals,
                when: [{ stream: 'stderr', text: 'Allow the role to decrypt the secret', do: how }] as const,
              }
            : { stdout: how, stderr: how }
        const calls = await place.changes(async () => {
          await runOnTerminals(['bootstrap-cloudfront'], { ...envOf(place), ...streams })
        })
        expect(calls, how).to.include.members(['iam:CreateRole', 'kms:CreateKey', 'lambda:PublishVersion'])
        expect(await place.changes(() => place.succeed(['bootstrap-cloudfront'])), how).to.deep.equal([])
      }),
    ))

  it('Ctrl-C leaves the title of the step that it ends, says why once, and the cursor is there again', () =>
    withInstallation(
      { built: true, timing: { deploy: 60_000 }, ...(kept === undefined ? {} : { from: kept }) },
      async (place) => {
        const { stdout, stderr, code } = await runOnTerminals(kept?.next ?? [], {
          ...envOf(place),
          ...terminals,
          when: [{ stream: 'stderr', text: 'waiting for CloudFront to deploy', do: 2 }],
        })
        expect([stdout, code], stderr).to.deep.equal(['', 130])
        const drawn = stderr.lastIndexOf('\u001b[G')
        const left = stripVTControlCharacters(stderr.slice(drawn))
        expect(left).to.match(/^ *✔ Create the distribution, or bring it up to date: created$/m)
        expect(left).to.match(/^ *– Create the origin access control: not needed, for CloudFront reads/m)
        expect(left).to.match(/^ *✖ Wait until all edges have it$/m)
        expect(left.match(/Interrupted/g)).to.have.length(1)
        expect(stderr.slice(drawn)).to.include('\u001b[?25h')
        expect(stderr.lastIndexOf('\u001b[?25h')).to.be.greaterThan(stderr.lastIndexOf('\u001b[?25l'))
      },
    ))
})
