import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { CloudFrontClient } from '@aws-sdk/client-cloudfront'
import { CancelKeyDeletionCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { type Engine, engines } from '../../src/edge/engine.ts'
import { runHere } from '../support/run-here.ts'
import { deploy } from '../tasks/doctor/installation.ts'
import { brokenFunction } from './doctor-broken-function.ts'
import { type Broken, broken, distributionOf, here, type Place, titles, untag, wordsOf } from './doctor-broken.ts'

const brokenWith: Readonly<Record<Engine, readonly Broken[]>> = { lambda: broken, function: brokenFunction }

for (const engine of engines)
  describe(`the repairs that doctor prints with --engine ${engine}`, function () {
    this.timeout(300_000)
    let place: Place
    before(async () => {
      const deployed = await deploy(engine)
      let values: Readonly<Record<string, string | boolean>> = {}
      const set: Place['set'] = async (changes) => {
        values = { ...values, ...changes }
        await deployed.configure(values)
      }
      let turn = 0
      place = {
        ...deployed,
        cloudfront: deployed.aws.client(CloudFrontClient, 'us-east-1'),
        kms: deployed.aws.client(KMSClient, 'us-east-1'),
        s3: deployed.aws.client(S3Client, 'eu-central-1'),
        set,
        async renew() {
          await set({
            cloudfront_secret: Buffer.from(`a secret of thirty-two bytes, no. ${turn++}`).toString('base64'),
          })
          const { stdout } = await here([
            'pc-ctl',
            'bootstrap-cloudfront',
            '--replace-secret',
            '--config',
            deployed.config,
          ])
          await here(wordsOf(stdout))
        },
      }
      const { stdout, code } = await doctor(place)
      expect(code, stdout).to.equal(0)
    })
    after(() => place.close())

    // The packagecloud-ctl of a front server.
    const { PATH = '' } = process.env
    before(async () => {
      const folder = dirname(place.config)
      await writeFile(join(folder, 'packagecloud-ctl'), '#!/bin/sh\n', { mode: 0o755 })
      process.env['PATH'] = `${folder}:${PATH}`
    })
    after(() => {
      process.env['PATH'] = PATH
    })

    it('and status, for a distribution that lost its tag and is not named: it is told as not ours, and no second one is made', async () => {
      await place.set({ cloudfront_distribution_id: '' })
      const before = await distributionOf(place)
      await untag(place)
      expect((await doctor(place)).code).to.equal(0)
      const status = () => runHere(['status', '--exit-code', '--config', place.config])
      const { stdout, code } = await status()
      expect(code).to.equal(6)
      expect(stdout).to.match(/^! not ours  distribution /m)
      const [, line = ''] = /^ *repair: (.*--adopt.*)$/m.exec(stdout) ?? []
      await here([...wordsOf(line), '--yes'])
      expect((await status()).code).to.equal(0)
      expect(await distributionOf(place)).to.deep.equal(before)
    })

    it('are for many kinds of what is broken', () => {
      expect(new Set(brokenWith[engine].map(({ what }) => what)).size).to.be.at.least(engine === 'lambda' ? 10 : 6)
    })

    for (const { what, make, noticed, prints, never } of brokenWith[engine]) {
      it(what, async () => {
        await make(place)
        // Edges have what was published, and what a store holds, a moment later (`timing.spread`).
        if (engine === 'function') await sleep(200)
        const withFront = noticed.includes('front')
        const { stdout, code } = await doctor(place, withFront)
        for (const one of noticed) expect(stdout).to.match(new RegExp(`^[✖!] ${titles[one]}: `, 'm'))
        expect(code, stdout).to.equal(stdout.includes('✖') ? 1 : 0)
        const lines = printedBy(stdout)
        expect(lines.join('\n'), stdout).to.match(prints)
        if (never !== undefined) expect(stdout).not.to.match(never)
        for (const line of lines) await repair(place, line, stdout)
        // An edge keeps for a second what S3 says of missing objects, whatever the distribution has set, and that KMS failed.
        if (/\b(404|503)\b/.test(stdout)) await sleep(1100)
        const after = await doctor(place, withFront)
        expect(after.stdout, lines.join('\n')).to.match(/^\d+ ok, 0 failed, 0 warnings, /m)
        expect(after.code).to.equal(0)
      })
    }
  })

const doctor = ({ config, front: { url, token } }: Pick<Place, 'config' | 'front'>, withFront = false) =>
  runHere(['doctor', '--config', config, ...(withFront ? ['--front', url, '--token', token] : [])])

/** The commands that advice has between backticks, each once, in order; what only looks is not among them. */
const printedBy = (stdout: string): string[] => [
  ...new Set(
    [...stdout.matchAll(/^ {4}→ .*$/gm)]
      .flatMap(([line]) => [...line.matchAll(/`((?:pc-ctl|aws) [^`]*)`/g)].map(([, command = '']) => command))
      .filter((command) => !/^pc-ctl (?:status|doctor|cfinfo)\b/.test(command)),
  ),
]

/** Runs a line as it is printed; who types it answers yes to what it asks. */
async function repair(place: Place, line: string, advice: string): Promise<void> {
  const words = wordsOf(line)
  if (words[0] === 'aws') return repairByAws(place, words)
  // What the operator has given must not be forgotten.
  expect(words.join(' ')).to.include(`--config ${place.config}`)
  const { stdout } = await here([...words, ...(words.includes('--adopt') ? ['--yes'] : [])])
  if (words[1] === 'restart') await place.sandbox.front?.restart()
  if (words[1] !== 'bootstrap-cloudfront' || !/the command that it prints/.test(advice)) return
  const [, more] = /the command that it prints, with (--\S+)\./.exec(advice) ?? []
  await here([...wordsOf(stdout), ...(more === undefined ? [] : [more, '--yes'])])
}

async function repairByAws({ kms }: Place, [, service, verb, ...rest]: readonly string[]): Promise<void> {
  const option = (named: string): string => rest[rest.indexOf(named) + 1] ?? ''
  expect([service, option('--region')]).to.deep.equal(['kms', 'us-east-1'])
  const KeyId = option('--key-id')
  if (verb === 'enable-key') await kms.send(new EnableKeyCommand({ KeyId }))
  else if (verb === 'cancel-key-deletion') await kms.send(new CancelKeyDeletionCommand({ KeyId }))
  else throw new Error(`no such command: aws kms ${verb ?? ''}`)
}
