/** How far the replacement of a secret has come, read off packagecloud.rb and AWS alone. Secrets are their fingerprints. */
import { whyOutdated } from '../../resources/lambda/outdated-secret.ts'

/** What was seen. */
export interface Seen {
  /** As packagecloud.rb of this host has them. */
  readonly file: { readonly current: string; readonly previous: string | undefined }
  /** What the version accepts that the distribution runs, in its order. */
  readonly edge: readonly string[]
  /** What the function holds that the next version is published from, in its order. */
  readonly latest: readonly string[]
  /** Whether all edges have the distribution as it is. */
  readonly deployed: boolean
  /** Since when no front server signs with the old one, in Unix seconds; `undefined` where nobody has seen that. */
  readonly since: number | undefined
  /** The longest life of a URL, in seconds; `undefined` where the edge knows none. */
  readonly life: number | undefined
  /** AWS's clock in Unix seconds. */
  readonly now: number
}

/** A secret is being replaced. */
export interface Rotation {
  /**
   * `publish`: packagecloud.rb holds both, the edge not. `edges`: not all edges have them. `restart`: front servers are to
   * be restarted, and seen. `wait`: URLs of the old secret are still good. `finish`: it is of no use any more.
   * `elsewhere`: it can't be gone on with here.
   */
  readonly step: 'publish' | 'edges' | 'restart' | 'wait' | 'finish' | 'elsewhere'
  /** When all front servers were first seen to sign with the new secret, in ISO 8601. */
  readonly since: string | null
  /** From when on the old one may be dropped, in ISO 8601; `null` where that is not known. */
  readonly finishFrom: string | null
  /** Whether the old one still stands in packagecloud.rb. */
  readonly inFile: boolean
  /** Why it can't be gone on with here; a clause. */
  readonly why: string | null
}

/** @returns `undefined` where none is under way */
export function rotationOf(seen: Seen): Rotation | undefined {
  const { file, edge, deployed } = seen
  const inFile = file.previous !== undefined
  const step = (name: Rotation['step'], more: Partial<Rotation> = {}): Rotation => ({
    step: name,
    since: null,
    finishFrom: null,
    inFile,
    why: null,
    ...more,
  })
  const why = whyElsewhere(seen)
  if (why !== undefined) return step('elsewhere', { why })
  if (!edge.includes(file.current)) return step('publish')
  const old = oldOf(seen)
  if (old === undefined) return inFile ? step('finish') : undefined
  return deployed ? waiting(seen, step) : step('edges')
}

/** The secret that the edge accepts beside the current one. */
export const oldOf = ({ file, edge }: Pick<Seen, 'file' | 'edge'>): string | undefined =>
  edge.find((one) => one !== file.current)

function waiting(
  { since, life, now }: Seen,
  step: (name: Rotation['step'], more?: Partial<Rotation>) => Rotation,
): Rotation {
  if (since === undefined) return step('restart')
  const until = life === undefined ? undefined : since + life
  const times = { since: isoOf(since), finishFrom: until === undefined ? null : isoOf(until) }
  return step(until !== undefined && now >= until ? 'finish' : 'wait', times)
}

/** @param time - Unix seconds */
const isoOf = (time: number): string => `${new Date(Math.ceil(time) * 1000).toISOString().slice(0, 19)}Z`

function whyElsewhere({ file: { current, previous }, edge, latest }: Seen): string | undefined {
  const known = [current, ...(previous === undefined ? [] : [previous])]
  const outdated = whyOutdated(known, edge) ?? whyOutdated(known, latest)
  if (outdated !== undefined) return outdated
  const other = edge.find((one) => !known.includes(one))
  if (previous === undefined || other === undefined) return undefined
  return edge.includes(current)
    ? 'the previous secret in this packagecloud.rb is not the one that the edge accepts'
    : 'the edge still accepts a third secret, the one before the previous: an earlier rotation is unfinished'
}
