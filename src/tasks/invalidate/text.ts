import { advice, type Block, kept, labelled, nested, verbatim, warning } from '../../text.ts'
import { commandLine } from '../../shell.ts'
import type { InvalidationReport } from '../cf/invalidation-text.ts'
import type { AtOrigin } from './at-origin.ts'
import type { Refresh, RefreshWishes } from './refresh.ts'

/** What `invalidate --json` tells. */
export interface RefreshReport {
  readonly installation: string
  readonly distribution: { readonly id: string; readonly domain: string }
  /** What edges drop, as CloudFront takes it. */
  readonly paths: readonly string[]
  /** Keys that were named one by one and that S3 still has: edges fetch them again. */
  readonly stillServed: readonly string[]
  /** Keys that were named one by one and that S3 has not. */
  readonly gone: readonly string[]
  /** Other objects that wildcards hit, which had to be put in the place of paths. */
  readonly alsoHit: AtOrigin['alsoHit']
  /** Beginnings of keys that were named, as with a wildcard, and that S3 has nothing of. */
  readonly nothingBelow: readonly string[]
  /** Those that were made; none with `--dry-run`, or where nothing is to be dropped. */
  readonly invalidations: readonly InvalidationReport[]
}

export const refreshReport = (
  installation: string,
  { distribution: { id, domain }, group, origin }: Refresh,
  invalidations: readonly InvalidationReport[],
): RefreshReport => ({
  installation,
  distribution: { id, domain },
  paths: group.paths,
  stillServed: origin.served,
  gone: origin.gone,
  alsoHit: origin.alsoHit,
  nothingBelow: origin.nothingBelow.map(({ prefix }) => prefix),
  invalidations,
})

/** What whoever is in a hurry should know, above all what an invalidation does not do. */
export function refreshNotes(
  { group, origin }: Refresh,
  { named }: RefreshWishes,
  enabled: boolean | undefined,
): Block[] {
  const note = (text: string): Block => labelled('Note', text)
  return [
    ...group.notes.map((text) => note(`${text}.`)),
    ...origin.alsoHit.map((hit) => note(hitText(hit))),
    ...blocksNothing(origin, named.length > 0),
    ...(origin.gone.length === 0
      ? []
      : [
          note(
            `S3 has no ${some(origin.gone)}: unless that is a slip, clients get it no more once the edges have dropped it.`,
          ),
        ]),
    ...origin.nothingBelow.flatMap(({ prefix, near }) => [
      note(`S3 has nothing that begins with ${kept(prefix)}: unless that is a slip, clients get it no more.`),
      ...(near.length === 0 ? [] : [nested(advice(near))]),
    ]),
    ...origin.unknown
      .slice(0, 3)
      .map((why) => note(`S3 does not tell what it still serves: ${why.replace(/\.$/, '')}.`)),
    ...(enabled === false
      ? [note('cloudfront_enabled is false: the front servers send clients to S3, whatever the edges hold.')]
      : []),
  ]
}

function blocksNothing({ served }: AtOrigin, isNamed: boolean): Block[] {
  if (served.length === 0) {
    const text = 'An invalidation blocks nothing: what S3 still has is fetched again at the next request.'
    return isNamed ? [labelled('Note', text)] : []
  }
  const it = served.length === 1 ? 'it' : 'them'
  return [
    warning(`This blocks nothing: S3 still serves ${some(served)}, and edges fetch ${it} again at the next request.`),
    nested([
      `To withdraw ${it}, take ${it} out of packagecloud first, which takes ${it} off the index too; then run this command again. On its page, or:`,
      verbatim('package_cloud yank USER/REPO/DISTRO/VERSION FILE'),
    ]),
  ]
}

function hitText({ wildcard, objects, more, examples }: AtOrigin['alsoHit'][number]): string {
  const [few, rest] = [examples.map(kept).join(', '), objects - examples.length]
  const others = more ? ' and many more' : rest > 0 ? ` and ${rest} more` : ''
  const number = more ? 'more than a thousand' : String(objects)
  return `${wildcard} hits ${number} other object${number === '1' ? '' : 's'} too, which edges fetch again: ${few}${others}.`
}

const some = (keys: readonly string[]): string => {
  const [first = '', second] = keys
  if (keys.length > 2) return `${kept(first)} and ${keys.length - 1} more of these objects`
  return second === undefined ? kept(first) : `${kept(first)} and ${kept(second)}`
}

/** What to say where nobody has waited. */
export const untilCompleted = (invalidations: readonly InvalidationReport[], carried: readonly string[]): Block[] => [
  'Until that is Completed edges may still serve what they had:',
  verbatim(commandLine(['pc-ctl', 'cfinvalinfo', ...invalidations.map(({ uri }) => uri), ...carried])),
]
