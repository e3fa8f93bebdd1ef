/** The page of a runbook, in a browser. */
import { join } from 'node:path'

import { expect } from 'chai'

import { documentOf, groundOf, hasChromium, sheetsOf, urlOf } from '../support/chromium.ts'
import { type Installation, install } from '../support/installation.ts'

describe('the page of pc-ctl runbook', function () {
  this.timeout(300_000)
  let place: Installation | undefined
  let url: string
  before(async function () {
    if (!hasChromium()) this.skip()
    const made = await install()
    place = made
    await made.connect()
    const file = join(made.folder, 'remove.html')
    await made.succeed(['runbook', '--kind', 'remove', '--report', file])
    url = urlOf(file)
  })
  after(() => place?.close())

  it('is whole, with a picture and all commands just as they are typed', async () => {
    const seen = await documentOf(url)
    expect(seen).to.match(/<figure class="picture"[^>]*>\s*<svg /)
    expect(seen.match(/<rect width="250"/g)?.length).to.be.above(9)
    const codes = Array.from(seen.matchAll(/<pre><code>([^]*?)<\/code><\/pre>/g), ([, code = '']) => code)
    const document = JSON.parse((await place?.succeed(['runbook', '--kind', 'remove', '--json'])) ?? '') as {
      result: { steps: { commands: string[] }[] }
    }
    const wanted = document.result.steps.map(({ commands }) => commands.join('\n')).filter((text) => text !== '')
    const shown = codes.map((code) => code.replaceAll('&gt;', '>').replaceAll('&lt;', '<').replaceAll('&amp;', '&'))
    expect(shown).to.include.members(wanted)
  })

  it('is dark where that is preferred, and light else', async () => {
    expect(await groundOf(url, 'light')).to.equal('ffffff')
    expect(await groundOf(url, 'dark')).to.equal('0d1117')
  })

  it('is printed on some sheets', async () => {
    expect(await sheetsOf(url)).to.be.within(4, 16)
  })
})
