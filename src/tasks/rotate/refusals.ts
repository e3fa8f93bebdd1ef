/** What stands in the way of a rotation, and what to type then. */
import { carriedFlags, type Flags, need, optional, type Settings } from '../../settings/settings.ts'
import { CtlError } from '../../errors.ts'
import { commandLine } from '../../shell.ts'
import { type Line, verbatim } from '../../text.ts'
import { elsewhere } from '../rotation/elsewhere.ts'
import type { Rotation } from '../rotation/state.ts'
import type { PlanLine } from '../../ui/plan.ts'
import { refusal } from '../chain/ensure.ts'
import type { FrontSeen } from './fronts.ts'
import { signingSecrets } from '../signing-secrets.ts'

interface Wished {
  readonly flags: Flags
  readonly force: boolean
  readonly finish: boolean
}

const command = ({ flags }: Pick<Wished, 'flags'>, ...words: readonly string[]): Line =>
  verbatim(commandLine(['pc-ctl', ...words, ...carriedFlags(flags)]))

/**
 * Looks whether packagecloud.rb has front servers sign with a secret at all.
 *
 * @throws CtlError of kind `configuration` if not
 */
export function assertPossible(settings: Settings): void {
  const { configFile } = settings
  signingSecrets(settings)
  need(settings, 'bucket')
  if (optional(settings, 'cloudfrontEnabled') === true) return
  throw new CtlError(
    'configuration',
    `${configFile} does not enable CloudFront, so nothing is signed with the secret.`,
    {
      hint: '`pc-ctl enable-cloudfront` enables it. Before that, `pc-ctl generate-cloudfront-secret --force` replaces a secret.',
      code: 'NotEnabled',
    },
  )
}

/** @throws CtlError of kind `refused` for a rotation that packagecloud.rb of this host knows nothing of */
export function notElsewhere(rotation: Rotation | undefined, { flags }: Wished): void {
  if (rotation?.step === 'elsewhere') throw elsewhere(rotation.why ?? '', flags)
}

/** A second rotation while one is unfinished: the edge accepts two secrets, not three. */
export function unfinished(rotation: Rotation | undefined, wished: Wished): CtlError {
  const { step, since = null, finishFrom = null, inFile = true } = rotation ?? {}
  const seen = since === null ? '' : ` All front servers sign with the new secret since ${since}.`
  const when = step === 'finish' || finishFrom === null ? 'This ends it:' : `From ${finishFrom} on, this ends it:`
  const force = step === 'wait' && finishFrom === null ? ['--force'] : []
  const left = inFile ? '' : ' cloudfront_previous_secret is gone from packagecloud.rb already.'
  return new CtlError('refused', `A rotation is not finished, so no other is begun.${seen}${left}`, {
    hint: [when, command(wished, 'rotate-cloudfront-secret', '--finish', ...force)],
    code: 'Unfinished',
  })
}

/** @throws CtlError of kind `refused` where the old secret may still be in use */
export function assertFinishable({ step, since, finishFrom }: Rotation, wished: Wished): void {
  if (step === 'finish') return
  const refused = (why: string, code: string, ...hint: Line[]): CtlError =>
    new CtlError('refused', `Refused, and nothing was changed: ${why}.`, { hint, code })
  if (step === 'publish' || step === 'edges') {
    const why =
      step === 'publish' ? 'the edge does not accept the new secret yet' : 'not all edges accept both secrets yet'
    throw refused(why, 'NotReady', 'This goes on with the rotation:', command(wished, 'rotate-cloudfront-secret'))
  }
  if (wished.force) return
  if (step === 'restart') {
    throw refused(
      'nobody has seen yet that all front servers sign with the new secret',
      'FrontsUnseen',
      'This looks, with --front for each of them, and remembers the time:',
      command(wished, 'rotate-cloudfront-secret', '--front', 'URL'),
      'With --force the old secret is dropped all the same.',
    )
  }
  if (finishFrom === null) {
    throw refused(
      'the edge knows no longest life of a URL, so nobody can tell when the last one of the old secret ends',
      'NoLongestLife',
      `All front servers sign with the new secret since ${since ?? 'a while'}. Once no older URL is in use, --force drops it.`,
    )
  }
  throw refused(
    `URLs that were signed with the old secret may be good until ${finishFrom}`,
    'TooEarly',
    `Run the same command from ${finishFrom} on. With --force the old secret is dropped all the same, and those URLs are refused.`,
  )
}

/** What makes a front server sign with what packagecloud.rb says. */
export function restartLines(configFile: string, config: string): Line[] {
  const carried = carriedFlags({ config, installation: 'packagecloud' })
  const word = (name: string): Line => verbatim(commandLine(['pc-ctl', name, ...carried]))
  return [
    `On every front server, once its ${configFile} holds the same lines:`,
    word('reconfigure'),
    word('restart'),
    'Until then it signs with the old secret, which goes on to work.',
  ]
}

/** @param again - the command that looks once more, and remembers the time */
export const notRestarted = (others: readonly FrontSeen[], todo: readonly Line[], again: string): CtlError =>
  new CtlError(
    'refused',
    `Refused, and the old secret is still accepted. ${others.flatMap(({ why }) => why ?? []).join(' ')}`,
    {
      hint: [
        ...todo,
        'Then go on with this; the time counts from when all are seen to sign with the new one:',
        verbatim(again),
      ],
      code: 'NotRestarted',
    },
  )

/** Nobody has said where the front servers are. */
export const unseen = (again: string): CtlError =>
  new CtlError('configuration', 'Whether all front servers sign with the new secret was not looked at.', {
    hint: [
      'With --front URL for each front server this sees when they do, and remembers the time:',
      verbatim(`${again} --front URL`),
    ],
    code: 'FrontsUnseen',
  })

/** @throws CtlError of kind `refused` for a plan that can't be carried out */
export function assertNotRefused(plan: readonly PlanLine[]): void {
  const refused = plan.find((line) => line.do === 'refuse')
  if (refused === undefined) return
  throw refusal(refused, 'Refused, and nothing was changed')
}
