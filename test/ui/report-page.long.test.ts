import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { documentOf, groundOf, hasChromium, sheetsOf, urlOf } from '../support/chromium.ts'
import { table } from '../../src/text.ts'
import { type ReportPage, renderReportPage } from '../../src/ui/report-page.ts'
import { everywhere, textOf } from './report-under-test.ts'

describe('the page of a report, in a browser', function () {
  this.timeout(300_000)
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
