/** Replaces the secret without one refused download: what the edge accepts always holds what front servers sign with. */
import { type Aws, connect } from '../../aws/connect.ts'
import type { Replacement } from '../../resources/cloudfront/rotation-mark.ts'
import { carriedFlags, type Settings } from '../../settings/settings.ts'
import { CtlError } from '../../errors.ts'
import { commandLine } from '../../shell.ts'
import { advice, item, type Line, type Say, verbatim } from '../../text.ts'
import { ask, assertAnswerable } from '../../ui/ask.ts'
import { asksIn, hasChanges, planText } from '../../ui/plan.ts'
import { chooseShow, quietly } from '../../ui/renderer.ts'
import { associable, bootstrapCloudfront } from '../bootstrap-cloudfront.ts'
import { type Conduct, runChain } from '../chain/chain.ts'
import { change } from '../chain/change.ts'
import { lookUp } from '../chain/look-up.ts'
import { type Awaited, type FileManner, haveFileSay } from '../enable/await-file.ts'
import { reconfigureCloudfrontDistribution } from '../reconfigure-cloudfront-distribution.ts'
import { fileSecrets } from '../rotation/look.ts'
import { oldOf, type Rotation } from '../rotation/state.ts'
import { parseFront } from '../front-server.ts'
import { waitForEdges } from '../wait-for-edges.ts'
import { anyRotatedKeys, assertWritable } from '../write-config.ts'
import { bothAccepted, untilAccepted } from './at-edge.ts'
import { askFronts, type FrontSeen, notYet, untilResigned } from './fronts.ts'
import { lookOut, type Outlook, rotationWishes } from './look.ts'
import { bothSecrets, currentAlone } from './in-file.ts'
import { rememberTime } from './remember-time.ts'
import {
  assertFinishable,
  assertNotRefused,
  assertPossible,
  notElsewhere,
  notRestarted,
  restartLines,
  unfinished,
  unseen,
} from './refusals.ts'
import { stepsOf, stepsText } from './steps.ts'
import type { RotateWishes, Rotating } from './wishes.ts'

interface Streams {
  readonly print: Say
  readonly say: Say
}

/**
 * Goes on with a rotation from wherever it was left, as far as it goes; or ends it.
 *
 * @throws CtlError as the commands whose steps these are; of kind `configuration` where something has to be done by hand
 *   and nobody is there to wait for; of kind `refused` for what would refuse downloads, or a second rotation
 */
export async function rotateCloudfrontSecret(
  found: Settings,
  wishes: RotateWishes,
  streams: Streams,
  signal: AbortSignal,
): Promise<Rotating> {
  for (const { url } of wishes.fronts) parseFront(url)
  assertPossible(found)
  const aws = await connect(found)
  try {
    return await new Rotator(aws, found, wishes, streams, signal).run()
  } finally {
    aws.close()
  }
}

class Rotator {
  readonly #aws: Aws
  #settings: Settings
  readonly #wishes: RotateWishes
  readonly #streams: Streams
  readonly #signal: AbortSignal
  readonly #outcome: Rotating = { steps: [], plan: [], written: [], fronts: [], rotation: null, next: null }

  constructor(aws: Aws, settings: Settings, wishes: RotateWishes, streams: Streams, signal: AbortSignal) {
    this.#aws = aws
    this.#settings = settings
    this.#wishes = wishes
    this.#streams = streams
    this.#signal = signal
  }

  async run(): Promise<Rotating> {
    const { flags, finish, writeConfig } = this.#wishes
    const outlook = await this.#look()
    const { rotation, plan } = outlook
    Object.assign(this.#outcome, { steps: stepsOf(rotation, outlook.engine), plan, rotation: rotation ?? null })
    notElsewhere(rotation, this.#wishes)
    if (writeConfig) await assertWritable(this.#settings.configFile, anyRotatedKeys)
    const tell = this.#streams[flags['dry-run'] ? 'print' : 'say']
    if (rotation !== undefined || !finish) tell(...stepsText(this.#outcome.steps))
    if (finish && !flags['dry-run']) await this.#assertFinishable(outlook)
    if (hasChanges(plan)) tell('', ...planText(plan.filter((line) => line.do !== 'keep')))
    if (flags['dry-run']) return this.#outcome
    assertNotRefused(plan)
    if (!flags.yes) assertAnswerable(asksIn(plan))
    if (finish) await this.#finish(outlook)
    else await this.#rotate(outlook)
    return this.#outcome
  }

  get #conduct(): Conduct {
    return { show: chooseShow(this.#wishes.flags), signal: this.#signal }
  }

  get #manner(): { conduct: Conduct; isWished: boolean; again: string } {
    return { conduct: this.#conduct, isWished: this.#wishes.wait, again: this.#wishes.again }
  }

  #look(): Promise<Outlook> {
    const { flags, finish } = this.#wishes
    const suppose: Parameters<typeof lookOut>[2] = ({ rotation, seen }) => {
      if (finish) return 'the current alone'
      return rotation === undefined && seen.file.previous === undefined ? 'a new one' : 'as they are'
    }
    const conduct: Conduct = { show: quietly(flags), signal: this.#signal }
    return lookOut(this.#aws, this.#settings, suppose, conduct)
  }

  async #rotate(first: Outlook): Promise<void> {
    let outlook = first
    const step = (): Rotation['step'] | 'begin' => outlook.rotation?.step ?? 'begin'
    if (step() === 'begin') await this.#haveSecrets()
    if (step() === 'begin' || step() === 'publish') {
      const [current, previous] = [fileSecrets(this.#settings).current, first.seen.file.current]
      if (!(await this.#serve([...first.seen.latest, current, previous]))) return
      outlook = await this.#look()
      notElsewhere(outlook.rotation, this.#wishes)
    }
    if (step() === 'edges') {
      if (!(await this.#untilEverywhere(outlook))) return
      outlook = await this.#look()
    }
    if (step() === 'restart') await untilAccepted(this.#settings, outlook, this.#manner)
    await this.#haveRestarted(outlook)
  }

  async #haveSecrets(): Promise<void> {
    const { flags } = this.#wishes
    const generate = commandLine(['pc-ctl', 'generate-cloudfront-secret', '--force', ...carriedFlags(flags)])
    await this.#haveFileSay(await bothSecrets(this.#settings, generate))
  }

  async #haveFileSay(awaited: Awaited): Promise<void> {
    const { flags, writeConfig: write, again } = this.#wishes
    const { yes, json: quiet } = flags
    const manner: FileManner = { flags, write, yes, again, quiet, conduct: this.#conduct, ...this.#streams }
    const { settings, written } = await haveFileSay(this.#settings.configFile, awaited, manner)
    this.#settings = settings
    if (written !== undefined) this.#outcome.written.push(written)
  }

  /**
   * Publishes what packagecloud.rb says and has the distribution run it.
   *
   * @param mayDrop - what the function may hold: with anything else somebody else is at work
   * @returns whether all edges have it
   */
  async #serve(mayDrop: readonly string[]): Promise<boolean> {
    const flags = { ...this.#wishes.flags, 'dry-run': false }
    const { say } = this.#streams
    const carried = carriedFlags(flags)
    const bootstrap = bootstrapCloudfront(this.#aws, this.#settings, { ...rotationWishes, mayDrop, carried })
    const made = await change(bootstrap, flags, say, { signal: this.#signal })
    if ('plan' in made) return false
    const wishes = { ...rotationWishes, arn: associable(made.done), wait: this.#wishes.wait }
    const connecting = reconfigureCloudfrontDistribution(this.#aws, this.#settings, wishes)
    const joined = await change(connecting, flags, say, { signal: this.#signal })
    if ('plan' in joined) return false
    const isEverywhere = joined.done.distribution.status === 'Deployed'
    if (!isEverywhere) this.#goOnLater('edges')
    return isEverywhere
  }

  /** @returns whether all edges have what the distribution says */
  async #untilEverywhere({ distribution }: Outlook): Promise<boolean> {
    if (!this.#wishes.wait) {
      this.#goOnLater('edges')
      return false
    }
    const wait = waitForEdges(this.#aws, { isWished: true, because: '' })
    await runChain([wait], 'apply', this.#conduct, {
      distribution: { id: distribution.id, status: distribution.status },
    })
    return true
  }

  #goOnLater(step: Rotation['step']): void {
    const { again } = this.#wishes
    const { rotation } = this.#outcome
    if (!this.#wishes.finish) {
      this.#outcome.rotation = { since: null, finishFrom: null, inFile: true, why: null, ...rotation, step }
    }
    this.#outcome.next = again
    this.#streams.say('Not all edges have it yet. To go on, which waits until they do without --no-wait:')
    this.#streams.print(verbatim(again))
  }

  async #haveRestarted({ rotation, distribution, seen, engine }: Outlook): Promise<void> {
    const { fronts, again } = this.#wishes
    this.#outcome.rotation = rotation ?? null
    const previous = oldOf(seen)
    if (rotation === undefined || previous === undefined) throw unfinished(rotation, this.#wishes)
    const isNew = rotation.step !== 'restart'
    if (isNew && fronts.length === 0) throw unfinished(rotation, this.#wishes)
    const replacement = { current: seen.file.current, previous }
    if (!isNew) this.#streams.say(item('ok', bothAccepted[engine]))
    const others = fronts.length === 0 ? undefined : notYet(await this.#lookAtFronts())
    if (isNew && others?.length === 0) throw unfinished(rotation, this.#wishes)
    if (isNew) await this.#mark(distribution.arn, replacement, 'not yet')
    if (others?.length !== 0) this.#streams.say('', ...advice(this.#restartLines()))
    if (others === undefined) throw unseen(again)
    if (others.length > 0) {
      this.#outcome.fronts = await untilResigned(fronts, this.#settings, this.#manner)
    }
    await this.#mark(distribution.arn, replacement, 'now')
    this.#outcome.rotation = (await this.#look()).rotation ?? null
    this.#tellOfFinish()
  }

  async #lookAtFronts(): Promise<readonly FrontSeen[]> {
    const look = () => askFronts(this.#wishes.fronts, this.#settings)
    this.#outcome.fronts = await lookUp('Ask the front servers', look, this.#conduct)
    return this.#outcome.fronts
  }

  #mark(arn: string, replacement: Replacement, since: 'now' | 'not yet'): Promise<void> {
    return rememberTime(this.#aws, this.#settings, { arn, replacement, since }, this.#conduct)
  }

  #restartLines(): Line[] {
    return restartLines(this.#settings.configFile, this.#wishes.flags.config)
  }

  #tellOfFinish(): void {
    const { finishFrom = null } = this.#outcome.rotation ?? {}
    const { say, print } = this.#streams
    const { flags, writeConfig, fronts } = this.#wishes
    this.#outcome.next = commandLine([
      ...['pc-ctl', 'rotate-cloudfront-secret', '--finish'],
      ...(finishFrom === null ? ['--force'] : []),
      ...(writeConfig ? ['--write-config'] : []),
      ...fronts.flatMap(({ url }) => ['--front', url]),
      ...carriedFlags(flags),
    ])
    const when =
      finishFrom === null
        ? 'The edge knows no longest life of a URL. Once none that was signed with the old one is in use:'
        : `URLs that were signed with the old one may be good until ${finishFrom}. From then on, this ends the rotation:`
    say(item('ok', 'All front servers sign with the new secret.'), when)
    print(verbatim(this.#outcome.next))
  }

  async #assertFinishable({ rotation, seen, distribution: { arn } }: Outlook): Promise<void> {
    const previous = oldOf(seen)
    if (rotation === undefined || previous === undefined) return
    await this.#assertRestarted(arn, { current: seen.file.current, previous })
    assertFinishable(rotation, this.#wishes)
  }

  async #finish(outlook: Outlook): Promise<void> {
    const { rotation, seen } = outlook
    const { say } = this.#streams
    const previous = oldOf(seen)
    if (rotation === undefined) {
      if (!(await this.#untilEverywhere(outlook))) return
      say(item('ok', 'There is nothing to finish: the edge accepts the secret in packagecloud.rb alone.'))
      return
    }
    if (previous !== undefined) await this.#agree()
    if (rotation.inFile) await this.#haveFileSay(currentAlone(this.#settings))
    if (previous !== undefined && !(await this.#serve([...seen.latest, ...seen.edge]))) return
    this.#outcome.rotation = null
    say(
      item('ok', 'The rotation is over: the edge accepts the new secret alone.'),
      `Take cloudfront_previous_secret out of ${this.#settings.configFile} on the other front servers, too; that needs no restart.`,
    )
  }

  /** Whoever signs with the old one would have its downloads refused, whatever is forced. */
  async #assertRestarted(arn: string, replacement: Replacement): Promise<void> {
    const { fronts, again } = this.#wishes
    if (fronts.length === 0) return
    const others = notYet(await this.#lookAtFronts())
    if (others.length === 0) return
    if (others.some(({ signedWith }) => signedWith !== 'nothing')) await this.#mark(arn, replacement, 'not yet')
    throw notRestarted(others, this.#restartLines(), again.replace(/ --finish\b/, '').replace(/ --force\b/, ''))
  }

  async #agree(): Promise<void> {
    const { flags, force } = this.#wishes
    const most = force ? ' Every URL that was signed with it is refused from then on.' : ''
    const question = `Drop the old secret now?${most}`
    if (flags.yes || (await ask([question], this.#signal))) return
    throw new CtlError('refused', 'Not agreed, so nothing was changed.')
  }
}
