import {
  DefaultRenderer,
  ListrDefaultRendererLogLevels,
  type ListrDefaultRendererOptions,
  ListrLogger,
  ProcessOutput,
  Spinner,
} from 'listr2'

import type { Mark } from '../text.ts'
import { markText, styled } from './marks.ts'
import type { Show } from './renderer.ts'
import type { Screen } from './screen.ts'
import { draw, stderr, talkScreen } from './talk.ts'

class AsciiSpinner extends Spinner {
  protected override readonly spinner = ['-', '\\', '|', '/']
}

/** The marks of a list's steps; what is not here does not occur. */
const marks: readonly (readonly [ListrDefaultRendererLogLevels, Mark])[] = [
  [ListrDefaultRendererLogLevels.COMPLETED, 'ok'],
  [ListrDefaultRendererLogLevels.FAILED, 'failed'],
  [ListrDefaultRendererLogLevels.FAILED_WITH_FAILED_SUBTASKS, 'failed'],
  [ListrDefaultRendererLogLevels.SKIPPED_WITH_COLLAPSE, 'skipped'],
  [ListrDefaultRendererLogLevels.PENDING, 'busy'],
  [ListrDefaultRendererLogLevels.OUTPUT, 'busy'],
  // Their turn has not come, or will not come any more.
  [ListrDefaultRendererLogLevels.WAITING, 'waiting'],
  [ListrDefaultRendererLogLevels.COMPLETED_WITH_FAILED_SISTER_TASKS, 'waiting'],
]

/** How a list looks on a screen: our marks, and no colours but ours. */
const looks = (screen: Screen): ListrDefaultRendererOptions => ({
  icon: Object.fromEntries(marks.map(([level, mark]) => [level, markText(mark, screen)])),
  color: Object.fromEntries(
    Object.values(ListrDefaultRendererLogLevels).map((level) => [
      level,
      (text = '') => styled(level === ListrDefaultRendererLogLevels.PENDING ? 'yellow' : undefined, text, screen),
    ]),
  ),
  spinner: screen.unicode ? new Spinner() : new AsciiSpinner(),
})

/** What listr2's renderer has, but does not declare. */
interface Internals {
  /** log-update: draws over what it has drawn before. */
  readonly updater: { persist(text: string): void }
  readonly options: { clearOutput: boolean }
}

/**
 * listr2's live list, on stderr.
 *
 * listr2 judges by stdout whether there is a terminal, and where there is none takes its simple renderer, which writes
 * to stdout. Whether this one can be used is decided by `chooseShow`, so here it counts as one that needs no terminal.
 */
class LiveRenderer extends DefaultRenderer {
  static override nonTTY = true
  readonly #terminal: ProcessOutput
  #release: (() => void) | undefined

  constructor(
    tasks: ConstructorParameters<typeof DefaultRenderer>[0],
    options: ListrDefaultRendererOptions,
    events: ConstructorParameters<typeof DefaultRenderer>[2],
  ) {
    // Made anew for each list, because it holds on to the stream that it finds when it is made.
    const terminal = new ProcessOutput(stderr, stderr)
    const logger = new ListrLogger<ListrDefaultRendererLogLevels>({ processOutput: terminal })
    const screen = talkScreen()
    super(tasks, { ...options, logger, ...looks(screen) }, events)
    this.#terminal = terminal
  }

  override async render(): Promise<void> {
    await super.render()
    process.on('exit', this.#restore)
    this.#release = draw({
      above: (lines) => {
        this.#internals.updater.persist(lines)
        this.update()
      },
    })
  }

  /** @param error - why the list has come to its end early: it then stays, whatever else was wished */
  override end(error?: Error): void {
    this.#release?.()
    if (error !== undefined) this.#internals.options.clearOutput = false
    super.end()
    process.off('exit', this.#restore)
  }

  /** Shows the cursor, which is hidden while the list is drawn, if the process is ended meanwhile. */
  readonly #restore = (): void => {
    this.#release?.()
    this.#terminal.release()
  }

  get #internals(): Internals {
    return this as unknown as Internals
  }
}

/**
 * listr2's options for a choice. What went wrong is told once, at the end of the command; in the list a step that failed keeps its title.
 */
export const rendering = (show: Show) => ({
  renderer: LiveRenderer,
  rendererOptions: {
    collapseSubtasks: false,
    showErrorMessage: false,
    clearOutput: show === 'fleeting',
  },
  silentRendererCondition: show !== 'live' && show !== 'fleeting',
  fallbackRendererCondition: false,
  registerSignalListeners: false,
})
