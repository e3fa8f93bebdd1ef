/** Reports as a page to look at: one file that asks nobody for anything, whatever stands in it. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Block, Item } from '../text.ts'
import { ownVersion } from './own-version.ts'
import { packageRoot } from './package-root.ts'
import { shown, shownAll } from './shown-page.ts'
import { type Part, render } from './template.ts'

/** What a report tells. */
export interface ReportPage {
  readonly title: string
  /** How it went, in one line. */
  readonly verdict: Item
  /** Names and values that stand at the top. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  /** A drawing, as {@link renderPart} makes it. */
  readonly picture?: Part
  /** One without blocks is left out. */
  readonly sections: readonly { readonly heading: string; readonly blocks: readonly Block[] }[]
}

/**
 * Makes a page of HTML of a report.
 *
 * @param made - when the report was made
 */
export async function renderReportPage(page: ReportPage, made = new Date()): Promise<string> {
  const template = await readFile(join(packageRoot, 'templates/report.html.ejs'), 'utf8')
  const [, style = ''] = /<style>([^]*?)<\/style>/.exec(template) ?? []
  const sections = page.sections
    .filter(({ blocks }) => blocks.length > 0)
    .map(({ heading, blocks }, index) => ({ heading, id: `part-${index + 1}`, blocks: shownAll(blocks) }))
  return render('report.html', {
    page: {
      title: page.title,
      verdict: shown(page.verdict),
      facts: page.facts,
      sections,
      picture: page.picture,
      version: ownVersion(),
      made: `${made.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
      styleHash: createHash('sha256').update(style).digest('base64'),
    },
  })
}
