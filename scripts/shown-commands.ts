/** The commands of pc-ctl that a page of Markdown shows, as they would be typed. */

/** A command, without what the shell does with it. */
export interface ShownCommand {
  /** As it stands on the page. */
  readonly line: string
  /** After `pc-ctl`. */
  readonly words: readonly string[]
}

/** In the text between `backticks`, and in blocks for the shell. */
export function shownCommands(markdown: string): ShownCommand[] {
  const blocks = [...markdown.matchAll(/^ *```(?:sh|console)\n([^]*?)^ *```$/gm)].flatMap(([, body = '']) =>
    body
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .map((line) => line.trim().replace(/^\$ /, '')),
  )
  const prose = markdown.replaceAll(/^ *```[^]*?^ *```$/gm, '')
  const inline = [...prose.matchAll(/`([^`\n]+(?:\n *[^`\n]+)?)`/g)].map(([, text = '']) =>
    text.replaceAll(/\n */g, ' '),
  )
  return [...blocks, ...inline].flatMap((line) => commandsOf(line).map((words) => ({ line, words })))
}

/** The words of each `pc-ctl` of a line: quotes are taken away, pipes and redirections end it. */
function commandsOf(line: string): string[][] {
  return [
    ...line.matchAll(/(?:^|[|;&(] *|\w=\S+ +)pc-ctl(?=[\s)]|$)((?: +(?:'[^']*'|"[^"]*"|[^\s'"|;&<>()]+)+)*)/g),
  ].map(([, rest = '']) =>
    [...rest.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)]
      .map(([word]) => word.replaceAll(/['"]/g, ''))
      // A stream's number before its redirection.
      .filter((word, index, all) => !(index === all.length - 1 && /^[12]$/.test(word))),
  )
}
