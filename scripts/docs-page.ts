/** Pages that hold terminal sessions: what stands in them of commands is kept, what of output is made anew. */

/** One line of a session that something happens at. */
interface Turn {
  /** `command`: after `$ `. `meanwhile`: a comment that says what somebody else does. `comment`: any other comment. */
  readonly kind: 'command' | 'meanwhile' | 'comment'
  readonly text: string
}

/** What a turn left on the terminal, lines without line breaks. */
export type Play = (turn: Turn) => Promise<readonly string[]>

const fence = '```'

/**
 * Plays all sessions of a page in their order.
 *
 * @param text - Markdown, in which blocks of `console` are sessions, or a transcript, which is one as a whole
 * @returns the page with new output
 * @throws Error for output that would be read as a turn when the page is played again
 */
export async function playPage(text: string, markdown: boolean, play: Play): Promise<string> {
  if (!markdown) return `${(await playSession(text.trimEnd().split('\n'), play)).join('\n')}\n`
  const page: string[] = []
  let session: string[] | undefined
  let indent = ''
  for (const line of text.split('\n')) {
    if (session === undefined) {
      page.push(line)
      if (!line.endsWith(`${fence}console`)) continue
      session = []
      indent = line.slice(0, -`${fence}console`.length)
    } else if (line === `${indent}${fence}`) {
      const played = await playSession(session, play)
      page.push(...played.map((one) => (one === '' ? one : `${indent}${one}`)), line)
      session = undefined
    } else session.push(line.slice(indent.length))
  }
  return page.join('\n')
}

async function playSession(lines: readonly string[], play: Play): Promise<string[]> {
  const played: string[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const turn = turnOf(line)
    if (turn === undefined) {
      // What stands before the first turn introduces the session; the rest is read with its turn.
      played.push(line)
      continue
    }
    const end = lines.findIndex((other, index) => index > at && turnOf(other) !== undefined)
    const before = lines.slice(at + 1, end === -1 ? undefined : end)
    // A blank line before the next turn is the writer's, not the program's.
    const blank = before.at(-1) === '' ? [''] : []
    while (before.at(-1) === '') before.pop()
    const after = await play(turn)
    const misread = after.find((output) => turnOf(output) !== undefined)
    if (misread !== undefined) throw new Error(`output that looks like a turn: ${misread}`)
    played.push(line, ...(sameLines(before, after) ? before : after), ...(end === -1 ? [] : blank))
    at += (end === -1 ? lines.length : end) - at - 1
  }
  return played
}

function turnOf(line: string): Turn | undefined {
  if (line.startsWith('$ ')) return { kind: 'command', text: line.slice(2) }
  if (line === '#' || line.startsWith('# ')) {
    const text = line.slice(2)
    return { kind: text.startsWith('Meanwhile, ') ? 'meanwhile' : 'comment', text }
  }
  return undefined
}

/** Steps that run side by side end in any order; that is no news. */
const sameLines = (one: readonly string[], other: readonly string[]): boolean =>
  [...one].sort().join('\n') === [...other].sort().join('\n')
