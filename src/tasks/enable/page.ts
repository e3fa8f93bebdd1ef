/** The seven steps of packagecloud's page, and how far one has come. */
import type { Engine } from '../../edge/engine.ts'
import { type Block, item } from '../../text.ts'

/** What `bootstrap-cloudfront` makes. */
const made: Readonly<Record<Engine, string>> = {
  lambda: 'the role, the key and the function',
  function: 'the store and the function',
}

/** In the page's order; each is done by the command of that name, or by this one. */
const pageTitles = (engine: Engine): readonly string[] => [
  'reindex-everything: give all objects the attributes that CloudFront goes by',
  'generate-cloudfront-secret, and add the secret to packagecloud.rb',
  'reconfigure',
  `bootstrap-cloudfront: ${made[engine]} that check URLs`,
  'reconfigure-cloudfront-distribution, and add its lines to packagecloud.rb',
  'reconfigure',
  'restart',
]

/** How a step of the page stands. */
export interface PageStep {
  /** As on the page, from 1 on. */
  readonly number: number
  readonly title: string
  readonly state: 'done' | 'to do' | 'left out'
  /** What was seen, or why it is left out; a clause. */
  readonly note: string
}

/** One `state` and `note` for each step of the page. */
export const pageOf = (states: readonly Pick<PageStep, 'state' | 'note'>[], engine: Engine): PageStep[] =>
  pageTitles(engine).map((title, index) => ({
    number: index + 1,
    title,
    ...(states[index] ?? { state: 'to do', note: '' }),
  }))

const marks = { done: 'ok', 'to do': 'todo', 'left out': 'skipped' } as const

export const pageText = (steps: readonly PageStep[]): Block[] =>
  steps.map(({ number, title, state, note }) =>
    item(marks[state], `${number}. ${title}${note === '' ? '' : ` (${note})`}`),
  )
