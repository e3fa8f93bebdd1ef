import { baseUrlOf } from '../../edge/signature.ts'
import { flagOrVariable, keysOf, type SettingName } from '../../options.ts'
import { checkSecret, need, optional, type Settings } from '../../settings/settings.ts'
import { CtlError, messageOf } from '../../errors.ts'

/** The settings that CloudFront cannot be enabled without, and the command that makes each. */
const makers = {
  cloudfrontSecret: 'generate-cloudfront-secret',
  cloudfrontDistributionId: 'reconfigure-cloudfront-distribution',
  cloudfrontPackagesDomain: 'reconfigure-cloudfront-distribution',
} as const

/**
 * Checks what packagecloud-ctl is about to apply. That the file is Ruby has been seen when it was read.
 *
 * @returns what could not be checked, because only running the file could tell; a sentence each
 * @throws CtlError of kind `configuration` for a file that is missing, a malformed secret or domain, and for what is
 *   missing while CloudFront is enabled; it names them all
 */
export function checkConfig(settings: Settings): string[] {
  if (!settings.configFound) {
    throw new CtlError('configuration', `${settings.configFile} does not exist, so nothing was run.`, {
      hint: `Run this on the packagecloud host, or name the file with ${flagOrVariable('config')}.`,
    })
  }
  const enabled = settings.cloudfrontEnabled?.value === true
  const unread: string[] = []
  const problems: CtlError[] = []
  const look = (name: SettingName, check: () => void): void => {
    const why = whyUncheckable(settings, name, enabled)
    if (why !== undefined) unread.push(why)
    else keepProblem(check, problems)
  }
  look('cloudfrontEnabled', () => optional(settings, 'cloudfrontEnabled'))
  look('cloudfrontSecret', () => at(settings, 'cloudfrontSecret', enabled, checkSecret))
  look('cloudfrontPreviousSecret', () => at(settings, 'cloudfrontPreviousSecret', false, checkSecret))
  look('cloudfrontDistributionId', () => at(settings, 'cloudfrontDistributionId', enabled, () => undefined))
  look('cloudfrontPackagesDomain', () => at(settings, 'cloudfrontPackagesDomain', enabled, baseUrlOf))
  const [first, ...others] = problems
  if (first === undefined) return unread
  throw new CtlError('configuration', first.message, {
    hint: [
      ...first.hint,
      ...others.flatMap(({ message, hint }) => [`Also: ${message}`, ...hint]),
      'Nothing was run.',
    ].filter((line, index, all) => all.indexOf(line) === index),
    cause: first,
  })
}

type TextName = keyof typeof makers | 'cloudfrontPreviousSecret'

function whyUncheckable(settings: Settings, name: SettingName, enabled: boolean): string | undefined {
  const [key] = keysOf[name]
  const problem = settings.problems[name]
  if (problem?.kind === 'unknown') {
    return `${problem.file}:${problem.line}: ${key} was not checked, only running the file could tell it: it ${problem.reason}.`
  }
  const note = settings.notes.find((each) => each.sets(key) !== 'no')
  const absent = settings[name] === undefined && problem === undefined
  return enabled && name in makers && absent && note !== undefined
    ? `${note.file}:${note.line}: ${key} was not checked. It is not set in what pc-ctl can read, but this line might set it: ${note.text}`
    : undefined
}

function keepProblem(check: () => void, problems: CtlError[]): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof CtlError)) throw error
    problems.push(error)
  }
}

/** Puts the place into what a check of a value finds wrong, and the reason into what is found missing. */
function at(settings: Settings, name: TextName, needed: boolean, check: (value: string) => unknown): void {
  const value = needed ? wanted(settings, name) : optional(settings, name)
  const source = settings[name]?.source
  if (value === undefined || source?.kind !== 'config') return
  try {
    check(value)
  } catch (error) {
    throw new CtlError('configuration', `${source.file}:${source.line} (${source.key}): ${messageOf(error)}`, {
      hint: error instanceof CtlError ? error.hint : 'It is the bare domain of the distribution, without https://.',
      cause: error,
    })
  }
}

function wanted(settings: Settings, name: TextName): string {
  try {
    return need(settings, name)
  } catch (error) {
    const source = settings.cloudfrontEnabled?.source
    if (!(error instanceof CtlError) || source?.kind !== 'config' || name === 'cloudfrontPreviousSecret') throw error
    throw new CtlError('configuration', error.message, {
      hint: [
        `\`pc-ctl ${makers[name]}\` prints it.`,
        `${source.file}:${source.line} enables CloudFront, which needs it. Until it is there, set cloudfront_enabled to false.`,
      ],
      cause: error,
    })
  }
}
