import { type Block, item, nested, whole } from '../text.ts'

const indentation = '    '
const number = /^\d+\./

/**
 * Reads the text of a template that is prose, which is written as in Markdown: paragraphs, whose lines belong together,
 * end at an empty line; what is indented by four spaces is verbatim; `1.` begins an item of a list, and what is indented by
 * three spaces belongs to it.
 */
export const readProse = (text: string): Block[] => blocksOf(text.split('\n'))

function blocksOf(lines: readonly string[]): Block[] {
  const [line, ...rest] = lines
  if (line === undefined) return []
  if (line.trim() === '') return blocksOf(rest)
  const sign = number.exec(line)?.[0]
  if (sign !== undefined) {
    const inner = leading(rest, (other) => other.trim() === '' || other.startsWith('   '))
    const content = [line.slice(sign.length + 1), ...inner.map((other) => other.slice(3))]
    return [nested(itemOf(sign, content), 2), ...blocksOf(rest.slice(inner.length))]
  }
  if (line.startsWith(indentation)) {
    const [text, others] = verbatimAt(lines)
    return [nested([whole(text)], 2), ...blocksOf(others)]
  }
  const [text, others] = paragraphAt(lines)
  return [text, ...blocksOf(others)]
}

/** An item that is a command as a whole has it beside its number. */
function itemOf(sign: string, lines: readonly string[]): Block[] {
  const isVerbatim = lines[0]?.startsWith(indentation) === true
  const [text, others] = isVerbatim ? verbatimAt(lines) : paragraphAt(lines)
  return [item({ sign }, isVerbatim ? whole(text) : text), nested(blocksOf(others), sign.length + 1)]
}

type Taken = readonly [text: string, others: readonly string[]]

function verbatimAt(lines: readonly string[]): Taken {
  const taken = leading(lines, (line) => line.startsWith(indentation))
  return [taken.map((line) => line.slice(indentation.length)).join('\n'), lines.slice(taken.length)]
}

function paragraphAt(lines: readonly string[]): Taken {
  const taken = leading(lines, (line, at) => /^ {0,3}\S/.test(line) && (at === 0 || !number.test(line)))
  return [taken.map((line) => line.trim()).join(' '), lines.slice(taken.length)]
}

function leading(lines: readonly string[], holds: (line: string, at: number) => boolean): string[] {
  const end = lines.findIndex((line, at) => !holds(line, at))
  return lines.slice(0, end === -1 ? undefined : end)
}
