import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import { edit, inUse, marks, type Rotation } from '../support/rotation.ts'

describe('rotate-cloudfront-secret', function () {
  this.timeout(60_000)
  let here: Rotation
  let old = ''
  beforeEach(async () => {
    here = await inUse({}, 2)
    old = (await here.secrets()).current
  })
  afterEach(() => here.close())

  it('goes from one secret to the next, each step when it is due, and then to a third', async () => {
    const first = await here.rotate('--write-config', '--yes')
    expect(first.code, first.stderr).to.equal(3)
    expect(first.stderr).to.match(/pc-ctl restart[^]*goes on to work[^]*was not looked at[^]*--front URL/)
    const { current, previous } = await here.secrets()
    expect(previous).to.equal(old)
    expect(current).to.have.length(43)
    expect(first.stdout + first.stderr)
      .to.not.include(current)
      .and.not.include(old)

    await here.restart(0, 1)
    const second = await here.rotate(...here.everyFront)
    expect(second.code, second.stderr).to.equal(0)
    expect(marks(second.stderr)).to.equal('xxx----')
    expect(second.stdout).to.match(/^pc-ctl rotate-cloudfront-secret --finish --front http\S+ --front http\S+\n$/)
    expect(await here.mark()).to.match(/^new=[0-9a-f]{12} old=[0-9a-f]{12} since=\S+Z$/)

    await here.ago(7.001)
    const third = await here.rotate('--finish', '--write-config', '--yes', ...here.everyFront)
    expect(third.code, third.stderr).to.equal(0)
    expect(marks(third.stderr)).to.equal('xxxxx--')
    expect(await here.secrets()).to.deep.equal({ current, previous: undefined })

    const again = await here.unchanging('--finish', '--yes')
    expect(again.code, again.stderr).to.equal(0)
    expect(again.stderr).to.match(/nothing to finish/)

    // The mark that is left of it is not about the next.
    await here.rotate('--write-config', '--yes')
    expect(await here.secrets()).to.include({ previous: current })
    await here.refused(4, /nobody has seen yet/, '--finish', '--yes')
  })

  it('publishes nothing before packagecloud.rb holds both, and takes the lines as they are pasted', async () => {
    const first = await here.unchanging()
    expect(first.code, first.stderr).to.equal(3)
    expect(first.stdout).to.match(
      /^packagecloud_rails\['cloudfront_secret'\] = '.{43}'\n.*previous_secret'\] = '.*'\n$/,
    )
    expect(first.stderr).to.match(/Restart no front server until[^]*in place of\s+line \d+ of/)
    await here.place.paste(first.stdout)
    const second = await here.rotate()
    expect(marks(second.stderr)).to.equal('x------')
    expect(second.code, second.stderr).to.equal(3)
    expect(second.stderr).to.match(/All edges accept both/)
  })

  it('with --dry-run shows the steps and what would change, and changes nothing', async () => {
    const run = await here.unchanging('--dry-run', '--exit-code')
    expect(run.code, run.stderr).to.equal(6)
    expect(marks(run.stdout)).to.equal('-------')
    expect(run.stdout).to.match(/Lambda function \S+: update[^]*Secrets\.1: \(none\) → [^]*distribution \S+: update/)
    expect(run.stdout).to.not.include('unchanged')
    await here.seen()
    const finish = await here.unchanging('--finish', '--dry-run')
    expect(finish.stdout).to.match(/\(until \S+Z\)[^]*Secrets\.1: "\w+" → \(none\)/)
  })

  it('is not finished too early, but for --force', async () => {
    await here.refused(0, /nothing to finish/, '--finish', '--yes')
    await here.seen()
    const early = await here.refused(4, /may be good until \d{4}-\S+Z/, '--finish', '--yes', '--write-config')
    expect(early.stderr).to.match(/--force/)
    await here.ago(6.99)
    await here.refused(4, /may be good until/, '--finish', '--yes')
    const forced = await here.rotate('--finish', '--force', '--yes', '--write-config')
    expect(forced.code, forced.stderr).to.equal(0)
    expect((await here.secrets()).previous).to.equal(undefined)
  })

  it('begins no second one while one is unfinished', async () => {
    await here.seen()
    await here.refused(4, /not finished, so no other is begun[^]*From \S+Z on, this ends it/, '--write-config', '--yes')
    await here.refused(4, /not finished/, '--write-config', '--yes', ...here.everyFront)
    const { current } = await here.secrets()
    await edit(here.place, (text) =>
      text.replaceAll(old, current).replace(current, 'dGhlIHRoaXJkIG9mIHRoZW0sIGZvciB0aGlzIHRlc3QhISE'),
    )
    await here.refused(4, /accepts a third secret/, '--yes')
  })

  it('refuses to go on where packagecloud.rb lacks what AWS has', async () => {
    const before = await here.text()
    await here.rotate('--write-config', '--yes')
    await edit(here.place, () => before)
    const run = await here.refused(4, /begun on another host[^]*show-config/, '--write-config', '--yes')
    expect(run.stderr).to.not.match(/1\. packagecloud\.rb/)
    await here.refused(4, /begun on another host/, '--finish', '--force', '--yes', '--write-config')
    await edit(here.place, (text) => text.replace(old, 'YSBzdHJhbmdlciB0byBhbGwgb2YgdGhlc2UsIGZvciB0ZXN0cyE'))
    await here.refused(4, /AWS has another secret[^]*--replace-secret/, '--write-config', '--yes')
  })

  it('refuses a file that can not be written in a dry run too', async () => {
    await edit(here.place, (text) => `${text}packagecloud_rails['cloudfront_secret'] = '${old}'\n`)
    await here.refused(4, /is set in several places/, '--write-config', '--dry-run')
    await here.unchanging('--dry-run')
  })

  it('tells in JSON, with a secret nowhere', async () => {
    const run = await here.rotate('--write-config', '--yes', '--json')
    expect(run.code, run.stderr).to.equal(3)
    const { current } = await here.secrets()
    await here.restart(0, 1)
    const done = await here.rotate('--json', ...here.everyFront)
    expect(resultOf(done.stdout)).to.have.nested.property('rotation.step', 'wait')
    expect(resultOf(done.stdout)).to.have.nested.property('fronts.1.signedWith', 'new')
    for (const text of [run.stdout, run.stderr, done.stdout, done.stderr]) {
      expect(text).to.not.include(current).and.not.include(old)
    }
    const asked = await here.rotate('--json')
    expect(asked.code).to.equal(4)
    expect(asked.stdout).to.include('Unfinished')
  })

  const bad: [string, (text: string) => string, readonly string[], number, RegExp][] = [
    ['no bucket', (text) => text.replace(/.*s3_bucket.*\n/, ''), [], 3, /s3_bucket'\] is not set/],
    ['no secret', (text) => text.replace(/.*cloudfront_secret.*\n/, ''), [], 3, /cloudfront_secret'\] is not set/],
    ['CloudFront not enabled', (text) => text.replace('= true', '= false'), [], 3, /does not enable CloudFront/],
    ['a file that is managed', (text) => `${text}# Managed by Puppet\n`, ['--write-config', '--yes'], 4, /Puppet/],
    ['a secret set twice', (text) => text + text, ['--write-config', '--yes'], 4, /set in several places/],
    ['nobody to ask', (text) => text, ['--write-config'], 2, /needs an answer/],
    ['a front server that is no URL', (text) => text, ['--front', 'x'], 2, /--front does not hold/],
    ['--force without --finish', (text) => text, ['--force'], 2, /--finish/],
  ]

  for (const [what, change, flags, code, message] of bad) {
    it(`changes nothing for ${what}`, async () => {
      await edit(here.place, change)
      await here.refused(code, message, ...flags)
    })
  }
})
