import { CancelKeyDeletionCommand, EnableKeyCommand, UpdateAliasCommand } from '@aws-sdk/client-kms'
import { ListVersionsByFunctionCommand } from '@aws-sdk/client-lambda'
import { expect } from 'chai'

import { rounds } from './drift-rounds.ts'
import { functionRounds } from './drift-rounds-function.ts'
import { type Drift, name } from './drift.ts'
import { type Clients, install, type Installation, shellWords } from '../support/installation.ts'

for (const [engine, drifts, kinds] of [
  ['lambda', rounds, 33],
  ['function', functionRounds, 16],
] as const) {
  describe(`the repairs that status prints with --engine ${engine}`, function () {
    this.timeout(300_000)
    let place: Installation
    before(async () => {
      place = await install({ engine })
      await place.connect()
    })
    after(() => place.close())

    it(`are of at least ${kinds} kinds of drift`, () => {
      expect(new Set(drifts.flat().map(({ what }) => what)).size).to.be.at.least(kinds)
    })

    for (const round of drifts) it(`of ${round.map(({ what }) => what).join('; ')}`, () => putRight(place, round))
  })
}

/** None, where there is no function of Lambda's. */
const versions = async ({ clients: { lambda } }: Installation): Promise<number> =>
  lambda.send(new ListVersionsByFunctionCommand({ FunctionName: name })).then(
    ({ Versions }) => Versions?.length ?? 0,
    () => 0,
  )

/** Makes drifts, sees them told, runs what is printed as it is printed, and sees that all is well. */
async function putRight(place: Installation, round: readonly Drift[]): Promise<void> {
  for (const { make } of round) await make(place.clients, place)
  const before = await versions(place)
  const { stdout, code } = await place.run(['status', '--exit-code'])
  expect(code, stdout).to.equal(6)
  for (const { what, shows } of round) {
    expect(typeof shows === 'string' ? stdout.includes(shows) : shows.test(stdout), `${what}\n${stdout}`).to.equal(true)
  }
  const lines = [...new Set([...stdout.matchAll(/^ *repair: (.*)$/gm)].map(([, line = '']) => line))]
  expect(lines, stdout).not.to.deep.equal([])
  const [, more] = /Then run the command that it prints(?:, with (--\S+))?\./.exec(stdout) ?? []
  let printed = ''
  for (const line of lines) printed = await repair(place, line)
  if (stdout.includes('Then run the command that it prints')) {
    await repair(place, [printed.trim(), ...(more === undefined ? [] : [more])].join(' '))
  }
  for (const { byHand } of round) await byHand?.(place.clients, stdout)
  const after = await place.run(['status', '--exit-code'])
  expect(after.code, `${lines.join('\n')}\n${after.stdout}`).to.equal(0)
  const published = round.reduce((sum, { versions: some = 0 }) => sum + some, 0)
  expect((await versions(place)) - before, 'versions published').to.equal(published)
}

/** Runs a line as it is printed, and returns its stdout; who types it answers yes to what it asks. */
async function repair(place: Installation, line: string): Promise<string> {
  const [program, ...words] = shellWords(line)
  if (program === 'aws') return repairByAws(place.clients, words)
  expect(program).to.equal('pc-ctl')
  return place.succeed([...words, ...(words.includes('--adopt') ? ['--yes'] : [])])
}

async function repairByAws({ kms }: Clients, words: readonly string[]): Promise<string> {
  const [service, verb, ...rest] = words
  const option = (named: string): string => rest[rest.indexOf(named) + 1] ?? ''
  expect([service, option('--region')]).to.deep.equal(['kms', 'us-east-1'])
  const KeyId = option('--key-id')
  if (verb === 'enable-key') await kms.send(new EnableKeyCommand({ KeyId }))
  else if (verb === 'cancel-key-deletion') await kms.send(new CancelKeyDeletionCommand({ KeyId }))
  else if (verb === 'update-alias') {
    const target = { AliasName: option('--alias-name'), TargetKeyId: option('--target-key-id') }
    await kms.send(new UpdateAliasCommand(target))
  } else throw new Error(`no such command: aws ${words.join(' ')}`)
  return ''
}
