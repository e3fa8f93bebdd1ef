/** The page's way back, checked: what to set, whether it is set, and whether that is what clients get. */
import { need, type Settings } from '../settings/settings.ts'
import { CtlError } from '../errors.ts'
import { interruptSignal } from '../ui/interrupt.ts'
import type { Show } from '../ui/renderer.ts'
import { render, renderProse } from '../ui/template.ts'
import { type Say, verbatim } from '../text.ts'
import { checkFront, type Look, once, restarting } from './disable-cloudfront-check.ts'
import { commandLine } from '../shell.ts'
import { type FrontAnswer, frontKnowledge, parseFront } from './front-server.ts'
import { lookUp } from './chain/look-up.ts'
import { ctlWords, type Passed, passThrough } from './packagecloud-ctl/pass-through.ts'

/** What packagecloud.rb says about CloudFront. */
interface ConfigState {
  /** `unknown`: only running the file could tell. `absent`: there is no file here. */
  readonly cloudfront: 'enabled' | 'disabled' | 'unknown' | 'absent'
  /** The line that says so; CloudFront is disabled where none does. */
  readonly line?: number | undefined
  /** Why it is unknown. */
  readonly reason?: string | undefined
}

/** Reads off the settings whether CloudFront is to be used. */
function configState(settings: Settings): ConfigState {
  const { cloudfrontEnabled: enabled, configFound, problems } = settings
  if (!configFound) return { cloudfront: 'absent' }
  const problem = problems.cloudfrontEnabled
  if (problem !== undefined) return { cloudfront: 'unknown', line: problem.line, reason: problem.reason }
  const line = enabled?.source.kind === 'config' ? enabled.source.line : undefined
  return { cloudfront: enabled?.value === true ? 'enabled' : 'disabled', line }
}

export interface Wishes {
  /** Run packagecloud-ctl once packagecloud.rb says false. */
  readonly run: boolean
  readonly dryRun: boolean
  /** Look at the front server then. */
  readonly look: Look | undefined
  readonly ctl: string | undefined
  /** Whether stdout is kept for a result. */
  readonly quiet: boolean
  /** How progress is shown. */
  readonly show: Show
  /** Flags that the commands which are suggested take over: all, and those of reconfigure and restart but for `--ctl`. */
  readonly carried: { readonly all: readonly string[]; readonly here: readonly string[] }
}

/** Where the lines go: the result, and the talk. */
export interface Streams {
  readonly print: Say
  readonly say: Say
}

/** What came of it. */
export interface Disabling {
  config: { file: string; line: number | null; cloudfront: ConfigState['cloudfront'] }
  /** The line to set, where it is not set yet. */
  set: string | null
  ran: Passed[]
  /** Where the front server redirects to, if it was looked at: to S3, all else is an error. */
  front: Pick<FrontAnswer, 'url' | 'status' | 'kind' | 'host'> | null
  /** How packagecloud-ctl ended, if it was run. */
  code: number
}

/**
 * Says how to disable CloudFront, or, where packagecloud.rb says false, makes it live and looks, as far as wished.
 *
 * @throws CtlError of kind `configuration` if something is to be run or looked at that has to wait until the file says
 *   false; and what {@link passThrough} and {@link checkFront} throw
 */
export async function disableCloudfront(settings: Settings, wishes: Wishes, streams: Streams): Promise<Disabling> {
  // Before it is shown: a token may stand in it.
  if (wishes.look !== undefined) parseFront(wishes.look.front)
  const state = configState(settings)
  const set = (await render('disable-cloudfront.rb', {})).trimEnd()
  const live = ['reconfigure', 'restart'].map((command) =>
    commandLine(['pc-ctl', command, ...wishes.carried.here, ...ctlWords(wishes.ctl)]),
  )
  const wanted = wishes.run || (wishes.look !== undefined && state.cloudfront === 'enabled')
  if (wanted) assertNotEnabled(settings, state, set)
  await tellWhatToSet(settings, state, set, live, wishes, streams)
  const ran = wishes.run ? await makeLive(settings, wishes, streams) : []
  const code = ran.find((passed) => passed.code !== 0)?.code ?? 0
  const front = code === 0 && !wishes.dryRun ? await look(settings, wishes, live, streams) : null
  const [reconfigure = '', restart = ''] = live
  const after = await renderProse('disable-cloudfront-after.txt', { reconfigure, restart })
  if (code === 0) streams.say(...after)
  return {
    config: { file: settings.configFile, line: state.line ?? null, cloudfront: state.cloudfront },
    set: state.cloudfront === 'disabled' ? null : set,
    ran,
    front,
    code,
  }
}

async function tellWhatToSet(
  { configFile }: Settings,
  state: ConfigState,
  set: string,
  [reconfigure = '', restart = '']: readonly string[],
  { look, carried }: Wishes,
  { print, say }: Streams,
): Promise<void> {
  if (state.cloudfront === 'disabled') {
    const place = state.line === undefined ? configFile : `${configFile}:${state.line}`
    say(`${place}: CloudFront is not enabled there.`)
  } else {
    const { front, key = 'PATH' } = look ?? { front: 'https://FRONT-SERVER' }
    const check = commandLine(['pc-ctl', 'disable-cloudfront', '--front', front, '--key', key, ...carried.all])
    print(verbatim(set))
    const { line, reason } = state
    const todo = await renderProse('disable-cloudfront.txt', { configFile, line, reason, reconfigure, restart, check })
    say(...todo)
  }
}

/** Stops where the file still says true, or nobody knows what. */
function assertNotEnabled(settings: Settings, { cloudfront, line = 1 }: ConfigState, set: string): void {
  if (cloudfront === 'unknown') need(settings, 'cloudfrontEnabled')
  if (cloudfront !== 'enabled') return
  const still = 'cloudfront_enabled is still true, so nothing was run or checked'
  throw new CtlError('configuration', `${settings.configFile}:${line}: ${still}.`, {
    hint: ['Put this in its place, then run the same command again:', verbatim(set)],
  })
}

async function makeLive(settings: Settings, wishes: Wishes, { print, say }: Streams): Promise<Passed[]> {
  const { ctl, dryRun, quiet, carried } = wishes
  const request = { args: [], ctl, dryRun, quiet, carried: carried.here, restartFollows: true }
  const ran: Passed[] = []
  const said = new Set<string>()
  const sayOnce: Say = (...blocks) => {
    const fresh = blocks.filter((block) => !said.has(JSON.stringify(block)))
    for (const block of fresh) said.add(JSON.stringify(block))
    say(...fresh)
  }
  for (const command of ['reconfigure', 'restart'] as const) {
    // What a restart says about the last reconfigure does not hold where this one was not really run.
    const passed = await passThrough(settings, { ...request, command }, dryRun ? () => undefined : sayOnce)
    if (dryRun) print(verbatim(commandLine(passed.command)))
    ran.push(passed)
    if (passed.code !== 0) break
  }
  return ran
}

const unseen = 'Whether that is live only the front server can tell: give --front URL and --key PATH to look.'

async function look(
  settings: Settings,
  { run, look: wish, show }: Wishes,
  live: readonly string[],
  { print, say }: Streams,
): Promise<Disabling['front']> {
  if (wish === undefined) {
    if (configState(settings).cloudfront === 'disabled') say(unseen)
    return null
  }
  const answer = await lookUp(
    'Look at the front server',
    (talk) => checkFront(wish, frontKnowledge(settings), live, run ? restarting : once, talk),
    { show, signal: interruptSignal(say) },
  )
  const { url, status, kind, host } = answer
  print(`${url} redirects to S3 (${host ?? ''}): CloudFront is disabled.`)
  return { url, status, kind, host }
}
