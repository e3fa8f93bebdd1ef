import { difference, heading, item, nested, table, verbatim, warning } from '../../src/text.ts'
import type { ReportPage } from '../../src/ui/report-page.ts'

/** Says the same text in every place that a report has. */
export const everywhere = (text: string): ReportPage => ({
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

/** What HTML shows, of which nothing is markup. */
export const textOf = (page: string): string =>
  page.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? '')
const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
}
