/** The pictures of the documentation, in a real browser. */
import { globSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { documentOf, groundOf, hasChromium, type Scheme, urlOf } from '../support/chromium.ts'

const root = join(import.meta.dirname, '../..')
const pictures = globSync('docs/**/*.svg', { cwd: root })

const [dark, light] = ['0d1117', 'ffffff']
const grounds: Readonly<Record<string, Readonly<Record<Scheme, string>>>> = {
  'docs/picture.svg': { dark, light },
  'docs/runbook.svg': { dark, light: dark },
}

describe('pictures', function () {
  this.timeout(300_000)
  before(function () {
    if (!hasChromium()) this.skip()
  })

  it('are all known', () => expect(pictures).to.have.members(Object.keys(grounds)))

  for (const picture of pictures) {
    it(`${picture} is a whole one that asks for nothing, with words for who can't see it`, async () => {
      const seen = await documentOf(urlOf(join(root, picture)))
      expect(seen).to.not.match(/parsererror|<script|<image|<foreignObject|(?:href|src)="(?!#)|url\((?!#)|@import/)
      expect(seen).to.match(/<svg [^>]*role="img"[^]*<title[^>]*>[^<]+<\/title>/)
    })

    it(`${picture} has a ground of its own, so that it is read on light pages and dark ones`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-picture-'))
      try {
        const page = join(folder, 'page.html')
        // Its corners are round.
        await writeFile(page, `<body style="margin:-12px;background:#f0f"><img src="${urlOf(join(root, picture))}">`)
        for (const scheme of ['dark', 'light'] as const)
          expect(await groundOf(urlOf(page), scheme)).to.equal(grounds[picture]?.[scheme])
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  }
})
