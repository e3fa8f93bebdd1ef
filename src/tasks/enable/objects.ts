/** The page's first step: what reindex-everything does. */
import type { Aws } from '../../aws/connect.ts'
import { count } from '../../reindex/progress.ts'
import type { IndexReport, Report } from '../../reindex/report.ts'
import { chooseObjects } from '../../reindex/selection.ts'
import { carriedFlags, type Flags, type Settings } from '../../settings/settings.ts'
import { stateFolder } from '../../settings/state-folder.ts'
import { commandLine } from '../../shell.ts'
import { CtlError } from '../../errors.ts'
import { fleeting } from '../../ui/renderer.ts'
import { type Say, verbatim, warning } from '../../text.ts'
import type { Conduct } from '../chain/chain.ts'
import { attributesOnly, reindexEverything, type ReindexWishes } from '../reindex/reindex-everything.ts'
import { indexesText } from '../reindex/report-text.ts'
import type { SigningKeys } from '../reindex/signing-keys.ts'
import type { PageStep } from './page.ts'

/** What of reindex-everything is wished. */
export interface ObjectWishes {
  /** Whether indexes are made too. */
  readonly indexes: boolean
  readonly signingKeys: SigningKeys
}

const wishesOf = (
  { indexes, signingKeys }: ObjectWishes,
  dryRun: boolean,
  { show, signal }: Conduct,
): ReindexWishes => ({
  ...attributesOnly,
  indexes,
  signerOf: (root) => signingKeys.of(root),
  dryRun,
  choice: chooseObjects({ mapping: undefined }),
  stateDir: stateFolder(),
  concurrency: 256,
  full: false,
  show: dryRun ? fleeting(show) : show,
  signal,
  writeReport: undefined,
})

/** Looks what would be put right and made anew. */
export const objectsOf = (aws: Aws, settings: Settings, wishes: ObjectWishes, conduct: Conduct): Promise<Report> =>
  reindexEverything(aws, settings, wishesOf(wishes, true, conduct))

/**
 * How the step stands. What can't be made here, for want of a signing key say, is not to do: CloudFront serves the index
 * that is there.
 *
 * @param report - of a look; `undefined` with --skip-reindex
 */
export function objectsState(report: Report | undefined): Pick<PageStep, 'state' | 'note'> {
  if (report === undefined) return { state: 'left out', note: '--skip-reindex' }
  const { rewritten } = report.total
  const [made, left] = (['would be written', 'refused'] as const).map((one) => repositoriesOf(report, one).length)
  const toDo = [
    ...(rewritten === 0 ? [] : [`${count(rewritten)} ${rewritten === 1 ? 'object has' : 'objects have'} others`]),
    ...(made === 0 ? [] : [`${indexesOf(made)} to be made anew`]),
  ]
  const rest = left === 0 ? [] : [`${indexesOf(left)} left: \`pc-ctl reindex-everything --dry-run\` says why`]
  return toDo.length === 0
    ? { state: 'done', note: ['all objects have them', ...rest].join('; ') }
    : { state: 'to do', note: [...toDo, ...rest].join('; ') }
}

const repositoriesOf = ({ indexes }: Report, outcome: IndexReport['outcome']): readonly IndexReport[] =>
  indexes.filter((one) => one.outcome === outcome)

const indexesOf = (number = 0): string =>
  number === 1 ? 'the index of 1 repository is' : `the indexes of ${count(number)} repositories are`

/** What is asked before objects are written. */
export function objectsQuestion(report: Report): string {
  const { rewritten } = report.total
  const made = repositoriesOf(report, 'would be written').length
  const sentences = [
    ...(rewritten === 0
      ? []
      : [`${count(rewritten)} ${rewritten === 1 ? 'object has' : 'objects have'} others than CloudFront goes by`]),
    ...(made === 0 ? [] : [`${indexesOf(made)} to be made anew`]),
  ]
  const sentence = sentences.join(', and ')
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}. Put that right now?`
}

/** @throws CtlError of kind `failed` if something can't be put right */
export async function putObjectsRight(
  aws: Aws,
  settings: Settings,
  wishes: ObjectWishes,
  { conduct, say, flags }: { conduct: Conduct; say: Say; flags: Flags },
): Promise<void> {
  const report = await reindexEverything(aws, settings, wishesOf(wishes, false, conduct))
  const left = repositoriesOf(report, 'refused')
  if (left.length > 0) {
    say(
      warning(`${indexesOf(left.length)} left as before, which keeps nothing from going on.`),
      ...indexesText({ ...report, indexes: left }),
    )
  }
  const { failed } = report
  if (failed === 0) return
  const words = [
    'pc-ctl',
    'reindex-everything',
    ...(wishes.indexes ? [] : ['--attributes-only']),
    ...carriedFlags(flags),
  ]
  throw new CtlError('failed', `${count(failed)} ${failed === 1 ? 'thing' : 'things'} could not be put right.`, {
    hint: ['This says which, and why; --skip-reindex goes on all the same:', verbatim(commandLine(words))],
  })
}
