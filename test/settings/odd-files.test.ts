import { execFile } from 'node:child_process'
import { chmod, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect } from 'chai'

import { loadSettings, need } from '../../src/settings/settings.ts'
import { stateFolder } from '../../src/settings/state-folder.ts'
import { CtlError } from '../../src/errors.ts'
import { runQuickly } from '../support/run-here.ts'

describe('what is no packagecloud.rb', () => {
  let folder: string
  let config: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-odd-'))
    config = join(folder, 'packagecloud.rb')
  })
  after(() => rm(folder, { recursive: true }))

  /** The sentence that a file is refused with. */
  const refusal = async (file: string): Promise<string> => {
    const error: unknown = await loadSettings({ config: file, installation: 'packagecloud' }, {}).catch(
      (e: unknown) => e,
    )
    if (!(error instanceof CtlError)) throw new Error('was taken', { cause: error })
    expect(error.exitCode).to.equal(3)
    return error.message
  }
  const refusalOf = async (content: string | Uint8Array): Promise<string> => {
    await writeFile(config, content)
    return refusal(config)
  }

  it('is refused if it is a pipe, a device or a folder, without waiting', async () => {
    const pipe = join(folder, 'pipe')
    await promisify(execFile)('mkfifo', [pipe])
    expect(await refusal(pipe)).to.equal(`${pipe} is a named pipe, not a file.`)
    expect(await refusal('/dev/zero')).to.equal('/dev/zero is a device, not a file.')
    expect(await refusal(folder)).to.equal(`${folder} is a directory, not a file.`)
  })

  it('is refused in encodings that Ruby refuses', async () => {
    const text = "packagecloud_rails['s3_bucket'] = 'b'\n"
    const utf16 = Buffer.from(text, 'utf16le')
    const swapped = Buffer.from(utf16).swap16()
    const wide = Buffer.from(Uint32Array.from(text, (character) => character.charCodeAt(0)).buffer)
    for (const content of [
      Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]),
      Buffer.concat([Buffer.from([0xfe, 0xff]), swapped]),
      Buffer.concat([Buffer.from([0xff, 0xfe, 0, 0]), wide]),
      utf16,
      swapped,
      wide,
    ]) {
      expect(await refusalOf(content)).to.match(/UTF-(16|32)/)
    }
    expect(await refusalOf(`# -*- coding: utf-16le -*-\n${text}`)).to.match(/says that it is in utf-16le/)
    expect(await refusalOf(`#!/usr/bin/ruby\n# encoding: ISO-2022-JP\n${text}`)).to.match(
      /says that it is in ISO-2022-JP/,
    )
  })

  it('is refused if it is larger than any configuration, before it is read', async () => {
    const large = join(folder, 'large.rb')
    const handle = await open(large, 'w')
    await handle.truncate(100_000_000)
    await handle.close()
    expect(await refusal(large)).to.equal(`${large} has 100 MB, which is more than any packagecloud.rb takes.`)
  })

  it('may be in other encodings where nobody needs what that leaves unreadable', async () => {
    await writeFile(
      config,
      Buffer.from(
        "# caf\xe9\npackagecloud_rails['s3_bucket'] = 'b'\npackagecloud_rails['region'] = '\xe9'\n",
        'latin1',
      ),
    )
    const settings = await loadSettings({ config, installation: 'packagecloud' }, {})
    expect(need(settings, 'bucket')).to.equal('b')
    expect(() => need(settings, 'region')).to.throw(CtlError, /:3: .* is not valid UTF-8/)
  })

  it('is read if it only has very many conditions', async () => {
    const many = Array.from({ length: 5000 }, (_, at) => `packagecloud_rails['k${at}'] = 1 if File.exist?('/${at}')\n`)
    const early = Array.from({ length: 2000 }, (_, at) => `return if foo\npackagecloud_rails['k${at}'] = 1\n`)
    await writeFile(config, `${many.join('')}packagecloud_rails['s3_bucket'] = 'b'\n${early.join('')}`)
    expect(need(await loadSettings({ config, installation: 'packagecloud' }, {}), 'bucket')).to.equal('b')
  })

  it('is refused if it computes without end', async () => {
    const nested = `${'foo.each { |x| y = x\n'.repeat(40)}packagecloud_rails['a'] = y\n${'}\n'.repeat(40)}`
    const doubled = Array.from({ length: 60 }, (_, at) => `a${at + 1} = [a${at}, a${at}]\n`).join('')
    expect(await refusalOf(nested)).to.match(/computes more than can be followed/)
    expect(await refusalOf(`a0 = []\n${doubled}packagecloud_rails['a'] = a60\n`)).to.match(/computes more than/)
  })

  it('is warned of, once, if everybody can read it', async () => {
    await writeFile(config, "packagecloud_rails['cloudfront_secret'] = ''\n")
    const warned = async (mode: number) => {
      await chmod(config, mode)
      const { stderr } = await runQuickly(['generate-cloudfront-secret', '--config', config])
      return stderr.split('Everybody on this machine can read').length - 1
    }
    // It stands in a folder that nobody else can enter.
    expect(await warned(0o644)).to.equal(0)
    await chmod(folder, 0o711)
    expect(await warned(0o644)).to.equal(1)
    expect(await warned(0o640)).to.equal(0)
  })
})

describe('the state folder', () => {
  it('is where $XDG_STATE_HOME says, if that is an absolute path', () => {
    expect(stateFolder({ XDG_STATE_HOME: '/a/b' })).to.equal('/a/b/pc-ctl')
    const usual = stateFolder({})
    expect(usual).to.match(/^\/.*\/\.local\/state\/pc-ctl$/)
    for (const given of ['', '.', 'state', './a', '~/state']) {
      expect(stateFolder({ XDG_STATE_HOME: given }), given).to.equal(usual)
    }
  })
})
