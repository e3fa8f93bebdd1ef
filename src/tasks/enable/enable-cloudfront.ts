/** packagecloud's page as one command: each step is what the command of that name does, and those done are left alone. */
import { type Aws, connect } from '../../aws/connect.ts'
import type { Report } from '../../reindex/report.ts'
import { newSecret } from '../../settings/new-secret.ts'
import { type Flags, type Settings, carriedFlags, need } from '../../settings/settings.ts'
import type { Wanted } from '../../settings/writing/rewrite.ts'
import { commandLine } from '../../shell.ts'
import { CtlError, exitCodes } from '../../errors.ts'
import { ask, assertAnswerable } from '../../ui/ask.ts'
import { asksIn, type PlanLine } from '../../ui/plan.ts'
import { chooseShow, quietly } from '../../ui/renderer.ts'
import { render } from '../../ui/template.ts'
import { type Say, verbatim, warning } from '../../text.ts'
import { associable, bootstrapCloudfront } from '../bootstrap-cloudfront.ts'
import type { Conduct } from '../chain/chain.ts'
import { change, type ChangeFlags } from '../chain/change.ts'
import { refusal } from '../chain/ensure.ts'
import { lookUp } from '../chain/look-up.ts'
import { connected } from '../connected.ts'
import { complaint } from '../doctor/complaint.ts'
import { diagnose, type Diagnosis } from '../doctor/diagnose.ts'
import { newBeside } from '../other-installations.ts'
import { type Passed, passThrough } from '../packagecloud-ctl/pass-through.ts'
import { reconfigureCloudfrontDistribution } from '../reconfigure-cloudfront-distribution.ts'
import { anyConnectedKeys, assertWritable, connectedKeys, type Written } from '../write-config.ts'
import { type FileManner, haveFileSay } from './await-file.ts'
import { ctlHere, holds, lookOut, type ServeWishes } from './look.ts'
import { agreeOnRestart, askFront, type Front, untilNamed, untilRedirected } from './make-live.ts'
import { objectsOf, objectsQuestion, type ObjectWishes, putObjectsRight } from './objects.ts'
import { type PageStep, pageText } from './page.ts'

/** What is wished. */
export interface EnableWishes {
  readonly serve: ServeWishes
  readonly flags: Flags & ChangeFlags
  readonly ctl: string | undefined
  readonly writeConfig: boolean
  /** Of objects; `undefined` leaves them as they are. */
  readonly objects: ObjectWishes | undefined
  readonly front: Front | undefined
  /** The words of this command as they were typed. */
  readonly again: readonly string[]
}

/** What came of it. */
export interface Enabling {
  /** As they stood before. */
  steps: readonly PageStep[]
  /** What is there or would be made in AWS, as it was before. */
  plan: readonly PlanLine[]
  written: Written[]
  ran: Passed[]
  doctor: Diagnosis | null
  /** What it exits with. */
  code: number
}

interface Streams {
  readonly print: Say
  readonly say: Say
}

/**
 * Enables CloudFront, from wherever that was left.
 *
 * @throws CtlError as the commands whose steps these are; of kind `configuration` where something has to be done by hand
 *   and nobody is there to wait for
 */
export async function enableCloudfront(
  found: Settings,
  wishes: EnableWishes,
  streams: Streams,
  signal: AbortSignal,
): Promise<Enabling> {
  const aws = await connect(found)
  try {
    return await new Enabler(aws, found, wishes, streams, signal).run()
  } finally {
    aws.close()
  }
}

class Enabler {
  readonly #aws: Aws
  #settings: Settings
  readonly #wishes: EnableWishes
  readonly #streams: Streams
  readonly #signal: AbortSignal
  #objects: Report | undefined
  readonly #outcome: Enabling = { steps: [], plan: [], written: [], ran: [], doctor: null, code: exitCodes.done }

  constructor(aws: Aws, settings: Settings, wishes: EnableWishes, streams: Streams, signal: AbortSignal) {
    this.#aws = aws
    this.#settings = settings
    this.#wishes = wishes
    this.#streams = streams
    this.#signal = signal
  }

  async run(): Promise<Enabling> {
    const { flags, ctl: given } = this.#wishes
    const ctl = await ctlHere(given)
    const { steps } = await this.#look(ctl)
    const { say, print } = this.#streams
    const { installation } = this.#settings
    const beside = await newBeside(this.#aws, installation.value, this.#outcome.plan, this.#wishes.again)
    if (beside !== undefined) say(...beside.said)
    if (flags['dry-run']) {
      print(...pageText(steps))
      return this.#outcome
    }
    say(...pageText(steps))
    this.#assertNotRefused()
    this.#assertAnswerable(ctl)
    if (beside !== undefined && !flags.yes && !(await ask([beside.question], this.#signal))) {
      throw new CtlError('refused', 'Not agreed, so nothing was changed.')
    }
    await this.#putObjectsRight()
    await this.#haveSecret()
    if (this.#isToDo(3)) await this.#packagecloudCtl('reconfigure')
    if (this.#hasFailed()) return this.#outcome
    await this.#serve()
    await this.#goLive(ctl)
    if (!this.#hasFailed()) await this.#examine()
    return this.#outcome
  }

  get #conduct(): Conduct {
    return { show: chooseShow(this.#wishes.flags), signal: this.#signal }
  }

  get #again(): string {
    return commandLine(this.#wishes.again)
  }

  #hasFailed(): boolean {
    return this.#outcome.code !== exitCodes.done
  }

  #isToDo(step: number): boolean {
    return this.#outcome.steps[step - 1]?.state === 'to do'
  }

  /** Everything that could stop it halfway is looked at first. */
  async #look(ctl: string | undefined): Promise<Pick<Enabling, 'steps'>> {
    const { front, objects: wished, flags, serve, writeConfig } = this.#wishes
    need(this.#settings, 'bucket')
    if (writeConfig) await assertWritable(this.#settings.configFile, anyConnectedKeys)
    const conduct: Conduct = { show: quietly(flags), signal: this.#signal }
    const seen = front === undefined ? undefined : await askFront(front, this.#settings)
    const objects = wished && (await objectsOf(this.#aws, this.#settings, wished, conduct))
    this.#objects = objects
    const known = { objects, ctl, isFrontThere: seen?.kind === 'cloudfront' }
    const { page, plan } = await lookOut(this.#aws, this.#settings, serve, known, conduct)
    this.#outcome.steps = page
    this.#outcome.plan = plan
    return { steps: page }
  }

  #assertNotRefused(): void {
    const refused = this.#outcome.plan.find((line) => line.do === 'refuse')
    if (refused === undefined) return
    throw refusal(refused, 'Refused, and nothing was changed')
  }

  #assertAnswerable(ctl: string | undefined): void {
    const { flags, writeConfig } = this.#wishes
    if (flags.yes) return
    assertAnswerable([
      ...asksIn(this.#outcome.plan),
      ...(writeConfig && (this.#isToDo(2) || this.#isToDo(5)) ? ['writes packagecloud.rb'] : []),
      ...(ctl !== undefined && this.#isToDo(7) ? ['restarts packagecloud'] : []),
    ])
  }

  async #putObjectsRight(): Promise<void> {
    const { flags, objects } = this.#wishes
    if (!this.#isToDo(1) || objects === undefined || this.#objects === undefined) return
    if (!flags.yes && !(await ask([objectsQuestion(this.#objects)], this.#signal))) {
      throw new CtlError('refused', 'Not agreed, so nothing was changed.', {
        hint: 'Without it edges cache what they should not; --skip-reindex goes on all the same.',
      })
    }
    const { say } = this.#streams
    await putObjectsRight(this.#aws, this.#settings, objects, { conduct: this.#conduct, say, flags })
  }

  async #haveSecret(): Promise<void> {
    if (!this.#isToDo(2)) return
    const { flags } = this.#wishes
    const generate = commandLine(['pc-ctl', 'generate-cloudfront-secret', ...carriedFlags(flags)])
    const { lines } = newSecret(this.#settings, false, `${generate} --force`)
    const wanted: Wanted = new Map([['cloudfront_secret', lines.secret]])
    const text = (await render('cloudfront-secret.rb', lines)).trimEnd().split('\n')
    const isThere = (settings: Settings): boolean =>
      settings.cloudfrontSecret !== undefined && settings.problems.cloudfrontSecret === undefined
    await this.#haveFileSay({ wanted, lines: text, holds: isThere, instead: verbatim(generate) })
  }

  async #haveFileSay(awaited: Parameters<typeof haveFileSay>[1]): Promise<void> {
    const { settings, written } = await haveFileSay(this.#settings.configFile, awaited, this.#fileManner)
    this.#settings = settings
    if (written !== undefined) this.#outcome.written.push(written)
  }

  get #fileManner(): FileManner {
    const { flags, writeConfig: write } = this.#wishes
    const { yes, json: quiet } = flags
    return { flags, write, yes, again: this.#again, quiet, conduct: this.#conduct, ...this.#streams }
  }

  async #serve(): Promise<void> {
    const { serve, flags } = this.#wishes
    const say = this.#streams.say
    const bootstrap = bootstrapCloudfront(this.#aws, this.#settings, serve)
    const made = await change(bootstrap, { ...flags, 'dry-run': false }, say, { signal: this.#signal })
    if ('plan' in made) return
    const arn = associable(made.done)
    const connecting = reconfigureCloudfrontDistribution(this.#aws, this.#settings, { ...serve, arn, wait: true })
    const joined = await change(connecting, { ...flags, 'dry-run': false }, say, { signal: this.#signal })
    if ('plan' in joined) return
    const result = await connected(joined.done, this.#settings, carriedFlags(flags), serve.aliases)
    say(...result.warnings.map(warning))
    const wanted = connectedKeys(result)
    const named = { value: result.packagesDomain, source: { kind: 'default' as const } }
    const again = this.#again
    const sent = { ...this.#settings, cloudfrontPackagesDomain: named }
    await untilNamed(this.#aws, sent, result.domain, { conduct: this.#conduct, say, again })
    if (holds(this.#settings, wanted)) return
    await this.#haveFileSay({ wanted, lines: result.lines, holds: (settings) => holds(settings, wanted) })
  }

  async #goLive(ctl: string | undefined): Promise<void> {
    const { front, flags } = this.#wishes
    const { configFile } = this.#settings
    if (!this.#isToDo(6) && !this.#isToDo(7)) return
    if (ctl === undefined) throw notHere(configFile, this.#again)
    if (this.#isToDo(6)) await this.#packagecloudCtl('reconfigure')
    if (this.#hasFailed()) return
    await agreeOnRestart(configFile, flags.yes, this.#signal, this.#streams.say)
    await this.#packagecloudCtl('restart')
    if (this.#hasFailed() || front === undefined) return
    await untilRedirected(front, this.#settings, this.#conduct)
  }

  async #packagecloudCtl(command: 'reconfigure' | 'restart'): Promise<void> {
    const { ctl, flags } = this.#wishes
    const carried = carriedFlags(flags)
    const request = { command, args: [], ctl, dryRun: false, quiet: flags.json, restartFollows: true, carried }
    const passed = await passThrough(this.#settings, request, this.#streams.say)
    this.#outcome.ran.push(passed)
    this.#outcome.code = passed.code
  }

  async #examine(): Promise<void> {
    const { front, flags } = this.#wishes
    const asked = { keys: [], front: front?.url, frontPath: front?.path, token: front?.token }
    const wanted = complaint(this.#settings, asked, carriedFlags(flags))
    const look = () => diagnose(this.#aws, this.#settings, wanted)
    this.#outcome.doctor = await lookUp('Ask what clients ask', look, { show: quietly(flags), signal: this.#signal })
    if (this.#outcome.doctor.count.failed > 0) this.#outcome.code = exitCodes.failed
  }
}

const notHere = (file: string, again: string): CtlError =>
  new CtlError(
    'configuration',
    'packagecloud-ctl is not here, so the last steps are to be done on the front servers.',
    {
      hint: [
        `With the same lines in ${file}, on each:`,
        verbatim('packagecloud-ctl reconfigure'),
        verbatim('packagecloud-ctl restart'),
        'With --front URL this sees when that is done, and has doctor look:',
        verbatim(again),
      ],
      code: 'NotInstalled',
    },
  )
