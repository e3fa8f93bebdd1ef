import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'

import { expect } from 'chai'

import { install, type Installation, textOf } from '../support/installation.ts'
import { hasTerminals, type OnTerminals, runOnTerminals, type Then } from '../support/terminals.ts'

const type = (text: string, keys: string): Then => ({ stream: 'stdin', text, do: 'type', keys })
const objects = 'Put that right now? [y/N]'
const writing = 'packagecloud.rb? [y/N]'
const restarting = 'on this host now? [y/N]'

describe('bootstrap-cloudfront beside another installation, with somebody at the terminal', function () {
  this.timeout(300_000)

  it('asks before it makes a new one, and makes nothing if that is not meant', async function () {
    if (!hasTerminals) this.skip()
    const place = await install({ built: true })
    try {
      await place.bootstrap()
      const question = 'This account has the installation packagecloud. Have packagecluod made beside? [y/N]'
      const changes = await place.changes(async () => {
        const { code, stdin } = await runOnTerminals(['bootstrap-cloudfront', '--installation', 'packagecluod'], {
          ...{ stdin: 'tty', stdout: 'stdin', stderr: 'stdin', columns: 120, rows: 50 },
          ...{ env: place.env, cwd: place.folder, when: [type(question, 'n\r')] },
        })
        const seen = stripVTControlCharacters(stdin).replace(/\s+/g, ' ')
        expect(code, seen).to.equal(4)
        expect(seen).to.include('Did you mean `packagecloud`?').and.to.include('Not agreed, so nothing was changed.')
      })
      expect(changes).to.be.empty
    } finally {
      await place.close()
    }
  })
})

describe('enable-cloudfront, with somebody at the terminal', function () {
  this.timeout(300_000)
  let place: Installation
  let ctl: string
  before(function () {
    if (!hasTerminals) this.skip()
  })
  beforeEach(async () => {
    place = await install({ built: true, secret: false })
    ctl = join(place.folder, 'packagecloud-ctl')
    await writeFile(ctl, '#!/bin/sh\n')
    await chmod(ctl, 0o755)
  })
  afterEach(() => place.close())

  async function enable(flags: readonly string[], when: readonly Then[], stdout: OnTerminals['stdout'] = 'stdin') {
    const { env, folder: cwd } = place
    const how: OnTerminals = { stdin: 'tty', stdout, stderr: 'stdin', columns: 100, rows: 50, env, cwd, when }
    const { code, stdin } = await runOnTerminals(['enable-cloudfront', '--ctl', ctl, ...flags], how)
    return { code, seen: stripVTControlCharacters(stdin).replace(/\s+/g, ' ') }
  }
  const made = async (): Promise<string[]> => (await readdir(place.folder)).filter((name) => name.endsWith('.bak'))

  it('asks before objects, packagecloud.rb and the restart, each time it is about something else', async () => {
    const answers = [type(objects, 'y\r'), type(writing, 'y\r'), type(writing, 'yes\r'), type(restarting, 'y\r')]
    const { code, seen } = await enable(['--write-config'], answers)
    expect(code, seen).to.equal(0)
    expect(seen.split(writing), seen).to.have.length(3)
    expect(seen).to.contain('CloudFront is enabled')
    expect(await textOf(place)).to.contain("cloudfront_enabled'] = true")
    expect(await made()).to.have.length(2)
  })

  it('changes nothing if the first answer is no', async () => {
    const before = await textOf(place)
    let ended = { code: -1, seen: '' }
    const changes = await place.changes(async () => {
      ended = await enable(['--write-config'], [type(objects, 'n\r')])
    })
    expect(ended.code, ended.seen).to.equal(4)
    expect(ended.seen).to.contain('Not agreed, so nothing was changed.')
    expect([changes, await textOf(place), await made()]).to.deep.equal([[], before, []])
  })

  it('leaves the file if that is not agreed to, and goes on from there', async () => {
    await place.succeed(['reindex-everything', '--attributes-only'])
    const before = await textOf(place)
    const first = await enable(['--write-config', '--skip-reindex'], [type(writing, '\r')])
    expect(first.code, first.seen).to.equal(4)
    expect([await textOf(place), await made()]).to.deep.equal([before, []])
    const answers = [type(writing, 'y\r'), type(writing, 'y\r'), type(restarting, 'y\r')]
    const second = await enable(['--write-config', '--skip-reindex'], answers)
    expect(second.code, second.seen).to.equal(0)
  })

  it('waits until what it prints stands in packagecloud.rb, whoever puts it there', async () => {
    await place.succeed(['reindex-everything', '--attributes-only'])
    const [printed, over] = [join(place.folder, 'printed'), new AbortController()]
    const pasting = (async () => {
      let pasted = 0
      while (!over.signal.aborted) {
        const lines = await readFile(printed, 'utf8').catch(() => '')
        const whole = lines.slice(pasted, lines.lastIndexOf('\n') + 1)
        const ours = whole.split('\n').filter((line) => line.startsWith('packagecloud_rails['))
        // Half of a line is saved first.
        const [text, at] = [ours.map((line) => `${line}\n`).join(''), (await textOf(place)).length]
        if (ours.length > 0) {
          await place.paste(text.slice(0, 30))
          await sleep(1_500)
          await writeFile(place.config, (await textOf(place)).slice(0, at) + text)
        }
        pasted += whole.length
        await sleep(100)
      }
    })()
    const { code, seen } = await enable(['--skip-reindex'], [type(restarting, 'y\r')], `/${printed.slice(1)}`)
    over.abort()
    await pasting
    expect(code, seen).to.equal(0)
    expect(seen).to.match(/Wait until \S+packagecloud\.rb says so/)
    expect(await made()).to.deep.equal([])
  })

  it('can be interrupted while it waits, and says how to go on', async () => {
    const { code, seen } = await enable(['--skip-reindex'], [type('says so', '\x03')])
    expect(code, seen).to.equal(130)
    expect(seen).to.match(/same command|run it again|goes on/i)
    expect(await made()).to.deep.equal([])
  })
})
