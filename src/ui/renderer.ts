import { type ListrDefaultRendererLogLevels, ListrLogger, ProcessOutput } from 'listr2'

/** Where progress goes: live on a terminal, a line a step elsewhere, or nowhere. */
export type Show = 'live' | 'lines' | 'nothing'

/** Live only where a terminal can show it: not when piped, not for `TERM=dumb`, not under `--verbose`. */
export function chooseShow(
  options: { verbose?: boolean; json?: boolean },
  stream: { isTTY?: boolean; columns?: number } = process.stderr,
  environment: NodeJS.ProcessEnv = process.env,
): Show {
  // A terminal without a size, as some wrappers make it, can't be drawn on.
  const terminal = stream.isTTY === true && stream.columns !== 0 && environment['TERM'] !== 'dumb'
  if (options.json === true && !terminal) return 'nothing'
  return terminal && options.verbose !== true ? 'live' : 'lines'
}

/** For what only looks: its result says all that lines would, so they are shown only under `--verbose`. */
export function quietly(options: { verbose?: boolean; json?: boolean }): Show {
  const show = chooseShow(options)
  return show === 'lines' && options.verbose !== true ? 'nothing' : show
}

/**
 * listr2's options for a choice. Progress is talk, so it goes to stderr; listr2's own default is stdout. The logger is
 * made anew for each run, because it holds on to the stream that it finds when it is made.
 */
export const rendering = (show: Show) => ({
  renderer: 'default' as const,
  rendererOptions: {
    logger: new ListrLogger<ListrDefaultRendererLogLevels>({
      processOutput: new ProcessOutput(process.stderr, process.stderr),
    }),
    collapseSubtasks: false,
  },
  silentRendererCondition: show !== 'live',
  fallbackRendererCondition: false,
})

/** How one step of a chain is shown where there is no live renderer. */
export interface StepLines {
  /** What the step is doing or waiting for; said again only when it changes, or after half a minute. */
  tell(text: string): void
  done(outcome: string | undefined): void
  failed(): void
}

const repeatAfter = 30_000

/** Writes a step as plain lines without control codes. */
export function stepLines(title: string, write: (line: string) => void, now: () => number = Date.now): StepLines {
  let last = ''
  let lastAt = 0
  return {
    tell(text) {
      // The elapsed time at its end changes each second and is no news.
      const essence = text.replace(/ \([^()]*\)$/, '')
      if (essence === last && now() - lastAt < repeatAfter) return
      last = essence
      lastAt = now()
      write(`… ${title}: ${text}`)
    },
    done: (outcome) => write(`✔ ${title}${outcome === undefined ? '' : `: ${outcome}`}`),
    failed: () => write(`✖ ${title}`),
  }
}
