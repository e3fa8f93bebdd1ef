import { expect } from 'chai'
import fc from 'fast-check'

import { renderReportPage } from '../../src/ui/report-page.ts'
import { fill } from '../../src/ui/template.ts'
import { everywhere, textOf } from './report-under-test.ts'

describe('the page of a report', () => {
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
})
