import { engineOf } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { namesOf, type Names } from '../../aws/names.ts'
import { checkedBy } from '../../resources/cloudfront/distribution-config.ts'
import { compareSecrets, type SecretComparison } from '../../resources/edge-engines.ts'
import { newestVersion } from '../../resources/lambda/edge-version.ts'
import type { LiveDistribution } from '../../resources/cloudfront/live-distribution.ts'
import type { Settings } from '../../settings/settings.ts'
import { type Line, verbatim } from '../../text.ts'
import { commandLine } from '../../shell.ts'
import { signingSecrets } from '../signing-secrets.ts'

/** Why a restart of what signs URLs would break downloads. */
interface Obstacle {
  /** A clause, without a full stop. */
  readonly why: string
  /** The step that is missing, which is the last of these lines. */
  readonly todo: readonly Line[]
}

/** What a look found: what stands in the way, and what it could not see, a sentence each. */
export interface Findings {
  readonly obstacles: readonly Obstacle[]
  readonly notChecked: readonly string[]
}

/**
 * Looks whether all edges accept what would be signed with the secret in packagecloud.rb.
 *
 * @param carried - the settings flags in use, for the commands that are suggested
 * @throws what AWS answers
 */
export async function lookAtSecret(
  aws: Aws,
  settings: Settings,
  live: LiveDistribution,
  carried: readonly string[],
): Promise<Findings> {
  const names = namesOf(settings.installation.value)
  const associated = checkedBy(live.config)
  if (live.config.Enabled !== true) {
    return blocked(
      `the distribution ${live.id} is disabled`,
      command('cfmodify', '--enable', `cf://${live.id}`, ...carried),
    )
  }
  if (associated === undefined) {
    const { functionName } = names
    return {
      obstacles: [],
      notChecked: [
        `The distribution ${live.id} does not run ${functionName}: it looks at no signature, so anybody can download.`,
      ],
    }
  }
  const secrets = signingSecrets(settings)
  const compared = await compareSecrets(aws, names, associated, secrets)
  const connect = (arn: string): Line => command('reconfigure-cloudfront-distribution', arn, ...carried)
  if (!accepted(compared)) {
    const bootstrap = command('bootstrap-cloudfront', ...carried)
    const todo = {
      lambda: async () => {
        const published = await newestWith(aws, names, secrets, associated)
        return published === undefined ? ['That, and the command that it prints:', bootstrap] : [connect(published)]
      },
      // What is put into the store is live at once.
      function: async () => [bootstrap],
    }
    const next = await todo[engineOf(associated)]()
    return blocked(reasons[compared], ...(compared === 'different' ? [keepTheOld] : []), ...next)
  }
  return live.status === 'Deployed'
    ? { obstacles: [], notChecked: [] }
    : blocked(
        `not all edges have the last change of the distribution ${live.id} yet`,
        'It waits until they do:',
        connect(associated),
      )
}

const command = (...words: readonly string[]): Line => verbatim(commandLine(['pc-ctl', ...words]))

const blocked = (why: string, ...todo: readonly Line[]): Findings => ({ obstacles: [{ why, todo }], notChecked: [] })

const accepted = (compared: SecretComparison): compared is 'same' | 'current only' =>
  compared === 'same' || compared === 'current only'

const reasons = {
  'previous only': 'the edge accepts the previous secret only, not the one in packagecloud.rb',
  different: 'the edge does not accept the secret in packagecloud.rb',
  unknown: 'the function at the edge has no secret that can be read',
} as const

/** Until a restart the front servers sign with what they read when they started. */
const keepTheOld =
  'If front servers still sign with another secret, keep that one as cloudfront_previous_secret: then the edge accepts both.'

/** The newest published version, if it has the secret that the one at the edge lacks. */
async function newestWith(
  aws: Aws,
  names: Names,
  secrets: readonly string[],
  associated: string,
): Promise<string | undefined> {
  const newest = (await newestVersion(aws, names))?.arn
  if (newest === undefined || newest === associated) return undefined
  return accepted(await compareSecrets(aws, names, newest, secrets)) ? newest : undefined
}
