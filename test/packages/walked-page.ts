/** What came of a walk, as docs/walk.md has it. */
import type { Walked } from './walk.ts'

const marks = ['<!-- walk: made by npm run walk -->', '<!-- /walk -->'] as const
const widest = 110

/** The page with what a walk has found between its marks. */
export function walkedPage(page: string, walked: readonly Walked[]): string {
  const [before = '', after = ''] = [page.split(marks[0])[0], page.split(marks[1])[1]]
  return `${before}${marks[0]}\n\n${partsOf(walked).join('\n')}\n${marks[1]}${after}`
}

/** Commands that the page tells of, in their order. */
export const commandsOf = (page: string): string[] =>
  [...(page.split(marks[0])[1]?.split(marks[1])[0] ?? '').matchAll(/^- `(.+?)`(?: → |, |: not here)/gm)].map(
    ([, line = '']) => line,
  )

function partsOf(walked: readonly Walked[]): string[] {
  const headings = [...new Set(walked.map(({ heading }) => heading))]
  return headings.flatMap((heading) => [
    `### ${heading}\n`,
    ...walked.filter((one) => one.heading === heading).map(entryOf),
    '',
  ])
}

function entryOf({ line, typed, elsewhere, seconds, code, output }: Walked): string {
  if (elsewhere !== undefined) return `- \`${line}\`: not here, ${elsewhere}`
  const as = typed === undefined ? '' : ` → \`${shortened(typed)}\``
  const end = code === 0 ? '' : `, exit ${code}`
  const shown = tellingLines(output).map((one) => `\n  > ${one}`)
  return `- \`${line}\`${as}, ${seconds.toFixed(seconds < 10 ? 1 : 0)} s${end}${shown.join('')}`
}

/** How doctor counted, else the last that was said in words. */
function tellingLines(output: string): string[] {
  const lines = output
    .split('\n')
    .map((one) => one.trim())
    .filter((one) => /\w/.test(one))
  const telling = lines.find((one) => /^\d+ ok, /.test(one)) ?? lines.at(-1)
  return telling === undefined ? [] : [`\`${shortened(telling.replaceAll('`', "'"))}\``]
}

const shortened = (text: string): string => (text.length > widest ? `${text.slice(0, widest - 2)} …` : text)
