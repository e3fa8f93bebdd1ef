import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'
import fc from 'fast-check'

import { documentOf, groundOf, hasChromium, sheetsOf, urlOf } from '../support/chromium.ts'
import { difference, heading, item, nested, table, verbatim, warning } from '../../src/text.ts'
import { type ReportPage, renderReportPage } from '../../src/ui/report-page.ts'
import { fill } from '../../src/ui/template.ts'

/** Says the same text in every place that a report has. */
const everywhere = (text: string): ReportPage => ({
  title: text,
  verdict: item('failed', text),
  facts: [[text, text]],
  sections: [
    {
      heading: text,
      blocks: [
        text,
        `\`${text}\``,
        verbatim(text, text),
        heading(text),
        warning(text),
        item('todo', verbatim(text)),
        nested([text, item({ sign: text }, text)]),
        table([[text, verbatim(text), item('ok', text)]], [text, text, text]),
        difference(text, text, undefined),
      ],
    },
    { heading: 'nothing', blocks: [] },
  ],
})

const textOf = (page: string): string =>
  page.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? '')
const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
}

describe('the page of a report', function () {
  this.timeout(120_000)

  it('has text where text is, whatever it is', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const written = fill('<p title="<%= data.value %>">', 'a.html', { value })
        const [, inside] = /^<p title="([^"<>]*)">$/u.exec(written) ?? []
        expect(inside).to.be.a('string')
        expect(textOf(inside ?? '').replaceAll(/\\u[0-9a-f]{4}/g, '')).to.not.match(/[^\P{Cc}\n]|\p{Bidi_Control}/u)
      }),
    ))

  it('leaves out parts in which nothing stands', async () => {
    const page = await renderReportPage(everywhere('x'), new Date(0))
    expect(page).to.match(/^<!doctype html>\n<html lang="en">/)
    expect(page).to.include('1970-01-01 00:00 UTC')
    expect(page.match(/<section/g)).to.have.length(1)
  })

  describe('in a browser', () => {
    let folder: string
    let server: Server
    let asked: string[]
    before(async function () {
      if (!hasChromium()) this.skip()
      folder = await mkdtemp(join(tmpdir(), 'pc-ctl-page-'))
      server = createServer((request, response) => {
        asked.push(request.url ?? '')
        response.end()
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
    })
    after(async () => {
      server.close()
      await rm(folder, { recursive: true, force: true })
    })
    beforeEach(() => (asked = []))

    const saved = async (page: ReportPage): Promise<string> => {
      const file = join(folder, 'report.html')
      await writeFile(file, await renderReportPage(page))
      return urlOf(file)
    }

    it('shows hostile names as they are and does nothing that they say', async () => {
      const { port } = server.address() as AddressInfo
      const elsewhere = `http://127.0.0.1:${port}`
      const hostile = [
        `</title></style><script>document.title='taken'</script>`,
        `"><img src="${elsewhere}/image" onerror="document.title='taken'">`,
        `' onmouseover='x' <link rel=stylesheet href=${elsewhere}/style> <meta http-equiv=refresh content="0;url=${elsewhere}/away">`,
        `<%= process.exit(1) %> &lt;b&gt; \u202e\u0007`,
      ].join(' ')
      const seen = await documentOf(await saved(everywhere(hostile)))
      expect(asked).to.deep.equal([])
      expect(seen.replaceAll(/"[^"]*"/g, '""')).to.not.match(/<(?:script|img|link)|<[^>]* on|\u202e|\u0007/)
      // The escapes that are text, in all 20 places, and nothing else of it.
      expect(textOf(textOf(seen)).split("<script>document.title='taken'</script>").length - 1).to.be.at.least(20)
    })

    it('may load its own style and nothing else', async () => {
      const { port } = server.address() as AddressInfo
      const url = await saved(everywhere('x'))
      const file = join(folder, 'report.html')
      const page = await renderReportPage(everywhere('x'))
      const asks = `<img src="http://127.0.0.1:${port}/image"><style>body{background:url(http://127.0.0.1:${port}/b)}</style>`
      await writeFile(file, page.replace('<main>', `<main>${asks}<script>document.title='taken'</script>`))
      const seen = await documentOf(url)
      expect(seen).to.include('<title>x</title>')
      expect(asked).to.deep.equal([])
      // Without the policy it would have.
      await writeFile(file, page.replace(/<meta http-equiv="Content-Sec[^>]*>/, '').replace('<main>', `<main>${asks}`))
      await documentOf(url)
      expect(asked).to.have.members(['/image', '/b'])
    })

    it('is dark where that is preferred, and light else', async () => {
      const url = await saved(everywhere('x'))
      expect(await groundOf(url, 'light')).to.equal('ffffff')
      expect(await groundOf(url, 'dark')).to.equal('0d1117')
    })

    it('is printed as a whole', async () => {
      const rows = Array.from({ length: 300 }, (_, index) => [`row ${index}`])
      const page = { ...everywhere('x'), sections: [{ heading: 'Rows', blocks: [table(rows, ['Name'])] }] }
      expect(await sheetsOf(await saved(page))).to.be.within(5, 20)
    })
  })
})
