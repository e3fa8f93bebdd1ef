/** The order of the steps: what comes after a reconfigure, and what a restart must not come before. */
import type { Settings } from '../../settings/settings.ts'
import { CtlError } from '../../errors.ts'
import { advice, type Block, type Line, nested, type Say, verbatim, warning } from '../../text.ts'
import { commandLine } from '../../shell.ts'
import { lookAtEdge } from './edge-look.ts'
import type { Findings } from './edge-secret.ts'

/** The service that redirects clients to signed URLs. */
const signer = 'unicorn'

/**
 * Whether a restart has URLs signed with what packagecloud.rb says now.
 *
 * @param args - what follows `restart`; without a service all are restarted
 */
export function doesSign(args: readonly string[]): boolean {
  const service = args.find((word) => !word.startsWith('-'))
  return service === undefined || service === signer
}

/**
 * Says what was not looked at.
 *
 * @param force - says what stands in the way, too, in place of stopping there
 * @throws CtlError of kind `refused` that names the step which is missing
 */
export function assertRestartable({ obstacles, notChecked }: Findings, force: boolean, say: Say): void {
  for (const sentence of notChecked) say(sentence)
  const [first, ...others] = obstacles
  if (first === undefined) return
  if (force) {
    for (const { why } of obstacles) say(warning(`${why}: downloads will be refused.`))
    return
  }
  throw new CtlError(
    'refused',
    `Refused, and nothing was run: ${first.why}, so a restart would break every download.`,
    {
      hint: [
        'What comes first:',
        ...first.todo,
        ...others.flatMap(({ why, todo }): Line[] => [`Also, ${why}:`, ...todo]),
        'Then run the same command again. --force restarts all the same.',
      ],
      code: 'NotReady',
    },
  )
}

/** The flags in use: those of all commands, and `--ctl`. */
interface InUse {
  readonly carried: readonly string[]
  readonly ctl: readonly string[]
}

/** What comes after a reconfigure that went well; the last line is the command. */
export async function nextStep(settings: Settings, { carried, ctl }: InUse): Promise<Block[]> {
  const pcCtl = (...words: readonly string[]): Line => verbatim(commandLine(['pc-ctl', ...words]))
  const bootstrap = pcCtl('bootstrap-cloudfront', ...carried)
  if (isBeforeBootstrap(settings)) return advice(['The secret is applied. Next, once, from anywhere:', bootstrap])
  const enabled = settings.cloudfrontEnabled?.value === true
  const { obstacles, notChecked } = enabled ? await lookAtEdge(settings, carried) : { obstacles: [], notChecked: [] }
  const [first] = obstacles
  if (first !== undefined) return [...notChecked, `Do not restart yet: ${first.why}. First:`, ...advice(first.todo)]
  if (notChecked.length > 0 && settings.cloudfrontPreviousSecret !== undefined) {
    return [
      ...notChecked,
      'A secret is being replaced: restart only once the distribution that accepts both is deployed. First, as far as it is not done, once, from anywhere, this and the command that it prints:',
      nested([bootstrap], 2),
    ]
  }
  return [
    ...notChecked,
    'A restart is needed: services go on with what they read when they started, so a reconfigure may not be enough.',
    nested([pcCtl('restart', ...carried, ...ctl)], 2),
  ]
}

/** A secret, and nothing yet of what comes after it. */
const isBeforeBootstrap = ({
  configFound,
  cloudfrontSecret,
  cloudfrontEnabled,
  cloudfrontDistributionId,
  problems,
}: Settings) =>
  configFound &&
  cloudfrontSecret !== undefined &&
  cloudfrontEnabled === undefined &&
  cloudfrontDistributionId === undefined &&
  problems.cloudfrontEnabled === undefined &&
  problems.cloudfrontDistributionId === undefined
