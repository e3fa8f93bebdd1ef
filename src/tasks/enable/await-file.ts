/** What has to stand in packagecloud.rb: written there, or asked for and waited for. */
import { pause } from '../../aws/patience.ts'
import { type Flags, loadSettings, type Settings } from '../../settings/settings.ts'
import type { Wanted } from '../../settings/writing/rewrite.ts'
import { CtlError } from '../../errors.ts'
import { isAttended } from '../../ui/ask.ts'
import { type Line, type Say, verbatim } from '../../text.ts'
import { type Conduct, runChain, wait } from '../chain/chain.ts'
import { writeConfig, type Written } from '../write-config.ts'

/** How a file comes to hold what it is to hold. */
export interface FileManner {
  readonly flags: Flags
  readonly write: boolean
  readonly yes: boolean
  /** The command that is to be typed again where nobody is there to wait for. */
  readonly again: string
  readonly conduct: Conduct
  /** Whether stdout is kept for a result, so that lines can't be printed. */
  readonly quiet: boolean
  readonly print: Say
  readonly say: Say
}

/** What is to stand there. */
export interface Awaited {
  readonly wanted: Wanted
  /** The same as it is pasted; none where something is to be taken out. */
  readonly lines: readonly string[]
  /** What is to be done with them: a sentence without its full stop. */
  readonly how?: string
  /** Whether the file says so, or something else that will do. */
  readonly holds: (settings: Settings) => boolean
  /** Where lines can't be printed, for they are secret: what prints them. */
  readonly instead?: Line
}

const looksApart = 1_000

/**
 * Has packagecloud.rb say something.
 *
 * @returns the settings as they are then, and what was written
 * @throws CtlError of kind `configuration` where it has to be put there and nobody is there to wait for; and as
 *   {@link writeConfig}
 */
export async function haveFileSay(
  file: string,
  awaited: Awaited,
  manner: FileManner,
): Promise<{ settings: Settings; written?: Written }> {
  const { flags, write, yes, conduct, say } = manner
  if (write) {
    const written = await writeConfig(file, awaited.wanted, { yes, signal: conduct.signal }, say)
    return { settings: await loadSettings(flags), written }
  }
  const end = awaited.lines.length === 0 ? '.' : ':'
  say(`${howOf(file, awaited)}; or run this with --write-config${end}`)
  manner.print(verbatim(...awaited.lines))
  if (!isAttended()) throw notThere(file, awaited, manner)
  return { settings: await untilFileSays(file, awaited, manner) }
}

async function untilFileSays(file: string, { holds }: Awaited, { flags, conduct }: FileManner): Promise<Settings> {
  const look = wait<{ settings: Settings }>(`Wait until ${file} says so`, async (ctx, talk) => {
    for (;;) {
      try {
        const settings = await loadSettings(flags)
        ctx.settings = settings
        if (holds(settings)) return undefined
        talk.tell('not yet')
      } catch (error) {
        // Half of a line may be saved.
        if (!(error instanceof CtlError) || error.failure !== 'configuration') throw error
        talk.tell(error.message)
      }
      await pause(looksApart, talk.signal)
    }
  })
  return (await runChain([look], 'apply', conduct)).ctx.settings
}

const howOf = (file: string, { how }: Awaited): string => how ?? `Put this into ${file}, on every front server`

function notThere(file: string, awaited: Awaited, { quiet, again }: FileManner): CtlError {
  const { lines, instead } = awaited
  const what =
    lines.length === 0
      ? [`${howOf(file, awaited)}.`]
      : quiet
        ? instead === undefined
          ? ['Put this there, on every front server:', verbatim(...lines)]
          : ['This prints what to put there:', instead]
        : ['Put the lines above there, on every front server.']
  return new CtlError('configuration', `${file} does not say yet what CloudFront needs.`, {
    hint: [...what, 'Then go on with:', verbatim(again)],
    code: 'NotYet',
  })
}
