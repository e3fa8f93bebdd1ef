/** The documentation as a site, opened as files in a real browser. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { deadLinks } from '../../scripts/site/dead-links.ts'
import { writeMarkdown } from '../../scripts/site/markdown.ts'
import { writeSite } from '../../scripts/site/site.ts'
import { documentOf, groundOf, hasChromium, urlOf } from '../support/chromium.ts'

describe('the site', function () {
  this.timeout(300_000)

  it('names links that lead nowhere', () => {
    const files = new Map([
      [
        'index.html',
        '<h2 id="one"></h2> <a href="a/b.html#two"> <a href="a/b.html#three"> <a href="#one"> <a href="c.html">',
      ],
      [
        'a/b.html',
        '<h2 id="two"></h2> <a href="../index.html"> <a href="index.html"> <img src="https://example.org/x">',
      ],
    ])
    expect(deadLinks(files)).to.deep.equal(['index.html: a/b.html#three', 'index.html: c.html', 'a/b.html: index.html'])
  })

  it('has no markup but that of Markdown, and the anchors that GitHub makes', () => {
    const page =
      '# A `b`, c\n\n## A b c\n\n<script>x</script> & <b>\n\n```sh\n</code><script>\n```\n\n| a<i> | `<u>` |\n|-|-|\n| 1 | 2 |\n'
    const { html, parts } = writeMarkdown(page, (target) => target)
    expect(html).to.not.match(/<(?:script|b|i|u)>/)
    expect([...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)).to.deep.equal(['a-b-c', 'a-b-c-1'])
    expect(parts.map(({ heading }) => heading)).to.deep.equal(['A b, c', 'A b c'])
    expect(parts[1]?.text).to.include('</code><script>').and.to.include('a<i> <u> 1 2')
  })

  describe('in a browser', () => {
    let folder: string
    before(async function () {
      if (!hasChromium()) this.skip()
      folder = await mkdtemp(join(tmpdir(), 'pc-ctl-site-'))
      await writeSite(folder)
    })
    after(() => rm(folder, { recursive: true, force: true }))

    const open = (page: string): Promise<string> => documentOf(`${urlOf(folder)}/${page}`)
    const resultsOf = (seen: string): string => /<div id="results"[^>]*>([^]*?)<\/div>/.exec(seen)?.[1] ?? ''

    it('finds what is looked for, from whatever page', async () => {
      const found = resultsOf(await open('adr/0001-no-state-file.html?q=bad+signature'))
      expect(found).to.include(
        '<a href="../troubleshooting.html#a-client-gets-403">Troubleshooting: A client gets 403</a>',
      )
      const link = /href="\.\.\/([^"]+)"/.exec(found)?.[1] ?? ''
      expect(await readFile(join(folder, link.replace(/#.*/, '')), 'utf8')).to.include(
        `id="${link.replace(/.*#/, '')}"`,
      )
    })

    it('shows as text what is looked for, and that nothing is found', async () => {
      const seen = await open(`index.html?q=${encodeURIComponent('"><img src=x onerror=1>')}`)
      expect(resultsOf(seen)).to.equal('Nothing is found.')
      expect(seen.replaceAll(/"[^"]*"/g, '""')).to.not.include('onerror')
      expect(await open('index.html')).to.match(/<div id="results"[^>]* hidden/)
    })

    it('is dark where that is preferred, and light else', async () => {
      expect(await groundOf(`${urlOf(folder)}/faq.html`, 'light')).to.equal('ffffff')
      expect(await groundOf(`${urlOf(folder)}/faq.html`, 'dark')).to.equal('0d1117')
    })

    it('runs no script but its own', async () => {
      const page = join(folder, 'faq.html')
      const text = await readFile(page, 'utf8')
      await writeFile(page, text.replace('<main', `<script>document.title='taken'</script><main`))
      const seen = await open('faq.html')
      expect(seen).to.include('<title>Questions – pc-ctl</title>')
      expect(seen).to.not.match(/<form[^>]* hidden/)
    })
  })
})
