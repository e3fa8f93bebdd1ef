/** Writing packagecloud.rb on the operator's behalf: shown, asked, done. */
import type { Edit, Wanted } from '../settings/writing/rewrite.ts'
import { draftConfig, draftText, writeDraft } from '../settings/writing/write-config.ts'
import type { RailsKey } from '../options.ts'
import { CtlError } from '../errors.ts'
import { ask } from '../ui/ask.ts'
import { noteChange } from '../ui/envelope.ts'
import type { Connected } from './connected.ts'
import { item, type Say, warning } from '../text.ts'

/** What was written. */
export interface Written {
  readonly file: string
  /** Secrets are masked. */
  readonly edits: readonly Edit[]
  /** The old file; `null` where nothing had to be changed. */
  readonly backup: string | null
}

/** How it is gone about. */
interface Manner {
  /** Do not ask. */
  readonly yes: boolean
  readonly signal: AbortSignal
  /** Only show. */
  readonly dryRun?: boolean
}

/**
 * Sets keys in packagecloud.rb, once the operator has seen what changes and agreed.
 *
 * @throws CtlError of kind `refused` where pc-ctl must not write the file, or the operator does not agree; of kind
 *   `usage` without a terminal to ask on; of kind `failed` if it can't be written
 */
export async function writeConfig(file: string, wanted: Wanted, manner: Manner, say: Say): Promise<Written> {
  const draft = await draftConfig(file, wanted)
  const { edits } = draft.rewritten
  if (edits.length === 0) {
    say(item('ok', `${file} says it already.`))
    return { file, edits, backup: null }
  }
  say(...draftText(draft))
  if (manner.dryRun === true) return { file, edits, backup: null }
  if (!manner.yes && !(await ask([`Write that into ${file}?`], manner.signal))) {
    throw new CtlError('refused', `Not agreed, so ${file} is as it was.`)
  }
  const { backup, kept } = (await writeDraft(draft)) ?? { backup: null, kept: 'all' }
  noteChange()
  say(item('ok', `Written. The old file is kept as ${backup ?? ''}.`))
  if (kept !== 'all') {
    say(
      warning(
        `owner and mode of ${file} are as they were, but there is no cp (of GNU coreutils) to keep its access list and ` +
          `labels of SELinux with. If it had any: \`getfacl\` and \`ls -Z\` show them, \`restorecon ${file}\` mends labels.`,
      ),
    )
  }
  return { file, edits, backup }
}

/** What packagecloud.rb says once CloudFront serves. */
export const connectedKeys = ({
  distributionId,
  packagesDomain,
}: Pick<Connected, 'distributionId' | 'packagesDomain'>) =>
  new Map<RailsKey, string | boolean>([
    ['cloudfront_enabled', true],
    ['cloudfront_distribution_id', distributionId],
    ['cloudfront_packages_domain', packagesDomain],
  ])

/** Stands for what is not known yet. */
export const anyConnectedKeys = connectedKeys({ distributionId: 'E', packagesDomain: 'cloudfront.net' })

/** The same for a rotation; the values only stand for others. */
export const anyRotatedKeys: Wanted = new Map([
  ['cloudfront_secret', 'c3RhbmRz'],
  ['cloudfront_previous_secret', 'Zm9y'],
])

/**
 * Makes sure, before anything else is done, that keys could be set whose values are not known yet.
 *
 * @throws CtlError as {@link writeConfig}
 */
export async function assertWritable(file: string, wanted: Wanted): Promise<void> {
  await draftConfig(file, wanted)
}
