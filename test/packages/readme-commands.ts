/** What somebody types who follows a page of Markdown from top to bottom. */

/**
 * Command lines in the order in which they stand: in blocks for the shell, and of pc-ctl's between backticks, with the heading
 * that they stand below.
 *
 * @param headings - of the parts that are followed, those below them not among them
 */
export function commandsInOrder(markdown: string, headings: readonly string[]): { heading: string; line: string }[] {
  const parts = markdown.split(/^#+ (?=\S)/m).map((part) => {
    const [heading = '', ...body] = part.split('\n')
    return { heading, body: body.join('\n') }
  })
  return headings.flatMap((wanted) => {
    const part = parts.find(({ heading }) => heading === wanted)
    if (part === undefined) throw new Error(`There is no part "${wanted}".`)
    return linesOf(part.body).map((line) => ({ heading: wanted, line }))
  })
}

const shown = /^ *```(sh|console)\n([^]*?)^ *```$|`(pc-ctl [^`]+)`/gm

function linesOf(body: string): string[] {
  return [...body.matchAll(shown)].flatMap(([, kind, block = '', inline]) => {
    if (inline !== undefined) return [inline.replaceAll(/\n */g, ' ')]
    const lines = block.split('\n').map((line) => line.trim())
    const typed = kind === 'console' ? lines.filter((line) => line.startsWith('$ ')) : lines
    return typed.filter((line) => line !== '').map((line) => line.replace(/^\$ /, '').replace(/ +# .*$/, ''))
  })
}
