import { essenceOf } from './step-talk.ts'
import { isTalkSeen, stderr } from './talk.ts'
import { item, type Say } from '../text.ts'

/**
 * Where progress goes: live on a terminal, the same but gone from the screen once all went well, a line a step
 * elsewhere, or nowhere.
 */
export type Show = 'live' | 'fleeting' | 'lines' | 'nothing'

/** Live only where a terminal can show it: not when piped, not for `TERM=dumb`, not under `--verbose`. */
export function chooseShow(
  options: { verbose?: boolean; json?: boolean },
  stream: { isTTY?: boolean; columns?: number } = { isTTY: isTalkSeen(), columns: stderr.columns },
  environment: NodeJS.ProcessEnv = process.env,
): Exclude<Show, 'fleeting'> {
  // A terminal without a size, as some wrappers make it, can't be drawn on.
  const terminal = stream.isTTY === true && stream.columns !== 0 && environment['TERM'] !== 'dumb'
  if (options.json === true && !terminal) return 'nothing'
  return terminal && options.verbose !== true ? 'live' : 'lines'
}

/** For what only looks: once there is a result, nobody needs to know any more how it was come by. */
export const fleeting = (show: Show): Show => (show === 'live' ? 'fleeting' : show)

/** As {@link fleeting}, for a result that says all that lines would: they are shown only under `--verbose`. */
export function quietly(options: { verbose?: boolean; json?: boolean }): Show {
  const show = chooseShow(options)
  return show === 'lines' && options.verbose !== true ? 'nothing' : fleeting(show)
}

/** How one step of a chain is shown where there is no live renderer. */
export interface StepLines {
  /** What the step is doing or waiting for; said again only when it changes, or after half a minute. */
  tell(text: string): void
  done(outcome: string | undefined): void
  failed(): void
  skipped(why: string): void
}

const repeatAfter = 30_000

/** Writes a step as plain lines without control codes. */
export function stepLines(title: string, say: Say, now: () => number = Date.now): StepLines {
  let last = ''
  let lastAt = 0
  return {
    tell(text) {
      const essence = essenceOf(text)
      if (essence === last && now() - lastAt < repeatAfter) return
      last = essence
      lastAt = now()
      say(item('busy', `${title}: ${text}`))
    },
    done: (outcome) => say(item('ok', `${title}${outcome === undefined ? '' : `: ${outcome}`}`)),
    failed: () => say(item('failed', title)),
    skipped: (why) => say(item('skipped', `${title}: ${why}`)),
  }
}
