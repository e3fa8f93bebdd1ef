import type { Talk } from '../aws/patience.ts'
import { samePolicy } from '../aws/policy.ts'
import { CtlError } from '../errors.ts'
import { isObject } from '../json-object.ts'
import type { Line } from '../text.ts'
import type { Change } from '../ui/plan.ts'
import type { Exported } from './exported.ts'
import type { AwsCli, Takedown } from './takedown.ts'

/**
 * What to do about one resource, why, and what will be there afterwards. There is no `delete`.
 *
 * `after` lets a plan go on where AWS has not chosen an id yet: it then holds {@link pending} stand-ins. In an apply it
 * is never used for a resource that gets written.
 */
export interface Decision<Live> {
  readonly do: 'keep' | 'create' | 'update' | 'refuse'
  /** Clauses that complete "because"; for a refusal, what is in the way. */
  readonly because: readonly string[]
  readonly changes: readonly Change[]
  readonly after: Live
  /** What the operator must know before it is applied, as a clause: that it has its effect at once, for one. */
  readonly note?: string
  /** A question that the operator must answer with yes before this is applied. */
  readonly ask?: string
  /** It is announced, told and left unless the operator gives this flag. */
  readonly needsFlag?: `--${string}`
  /** For a refusal, and for what is left: what to type or do next. */
  readonly hint?: readonly Line[]
  /** For a refusal that commands can put right, and for what a flag has written: which. */
  readonly remedy?: Remedy
  /** For a refusal: it is of this installation all the same, and what is wished of it is in the way. */
  readonly ours?: true
}

/** What has a refused resource put right by commands that need no thought. */
interface Remedy {
  /** Command lines to run first, as a shell reads them. */
  readonly before?: readonly string[]
  /** Flags that the command which makes the resource needs then. */
  readonly flags?: readonly string[]
}

/** One kind of AWS resource, one home: look, decide, write. */
export interface Resource<Want, Live> {
  /** What AWS calls it, for people. */
  readonly kind: string
  /** The name of the one resource meant. */
  name(want: Want): string
  /** What AWS calls the one that is there: its ARN or id. */
  id(live: Live): string
  /** The IAM actions that `describe` and `apply` use, and on what. */
  needs(want: Want): readonly Need[]
  /**
   * Pure. What will be there where nobody has looked, with patterns (`*`) for what only AWS knows: what others need of
   * it is told without asking AWS, as `permissions` does.
   */
  pattern(want: Want): Live
  /**
   * Pure. How Terraform and CloudFormation have it. What an installation is made of says so; what is no part of it need
   * not.
   *
   * @param live - as it is, or as a plan announces it, with {@link pending} stand-ins
   */
  exported?(want: Want, live: Live): Exported
  /**
   * Pure. How an operator takes away the one that is there, in the order that AWS accepts; empty for what goes with
   * something else. What an installation is made of says so.
   */
  takedown?(want: Want, live: Live, cli: AwsCli): readonly Takedown[]
  /** Pure. What it depends on; nothing, where it says nothing. */
  ties?(want: Want): readonly Tie[]
  /** Reads only. `undefined` means "not there"; an error means "could not look". */
  describe(want: Want): Promise<Live | undefined>
  /** Pure. Compares what is wanted with what is there. */
  decide(want: Want, live: Live | undefined): Decision<Live>
  /**
   * Writes what `decide` announced, against the version (ETag, RevisionId) that `describe` saw. Safe to repeat: an apply
   * that was cut off anywhere is completed by looking, deciding and applying again.
   *
   * @param foresee - may be told what will be answered, unless something comes in the way
   */
  apply(want: Want, live: Live | undefined, talk: Talk, foresee?: (after: Live) => void): Promise<Live>
  /** Does what `apply` will need, and what writes nothing; `apply` finds what comes of it remembered. */
  prepare?(want: Want, talk: Talk): Promise<unknown>
  /** What the operator must know of what this run has made or found beside the one that is there, in sentences. */
  warnings?(live: Live): readonly string[]
}

/** What ties a resource to another one that it depends on. */
export interface Tie {
  /** The other one's id or ARN, or the {@link pending} stand-in for it. */
  readonly to: string
  /** As a verb, such as `runs as`. */
  readonly as: string
}

/**
 * Somebody else has changed what a step before this one handed on: that step has to be gone through again. Thrown by
 * {@link Resource.apply}.
 */
export class Outdated extends Error {
  override readonly name = 'Outdated'
  /** How often it is tried at most, where going through that step again is dear. */
  readonly tries: number

  constructor(message: string, { tries = Infinity, ...options }: ErrorOptions & { readonly tries?: number } = {}) {
    super(message, options)
    this.tries = tries
  }
}

/** Somebody else has changed the resource since it was looked at. Thrown by {@link Resource.apply}. */
export class ChangedMeanwhile extends Error {
  override readonly name = 'ConcurrentModification'
}

/** Permissions that a resource needs: one statement of an IAM policy. */
export interface Need {
  /** Whether the actions only look; `status` and `--dry-run` need no more than these. */
  readonly access: 'read' | 'write'
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
  /** What can't be done without; everything else can. */
  readonly optional?: string
}

export const keep = <Live>(after: Live): Decision<Live> => ({ do: 'keep', because: [], changes: [], after })

export const create = <Live>(after: Live, ...because: string[]): Decision<Live> => ({
  do: 'create',
  because,
  changes: [],
  after,
})

/** An update of the given fields; `keep` if there are none. */
export const updateIf = <Live>(after: Live, changes: readonly Change[], ask?: string): Decision<Live> =>
  changes.length === 0
    ? keep(after)
    : {
        do: 'update',
        because: changes.map(({ field }) => `${field} differs`),
        changes,
        after,
        ...(ask === undefined ? {} : { ask }),
      }

export const refuse = <Live>(after: Live, because: string, ...hint: Line[]): Decision<Live> => ({
  do: 'refuse',
  because: [because],
  changes: [],
  after,
  hint,
})

/**
 * A refusal to touch what has our name but not our mark.
 *
 * @param what - kind and name, such as `IAM role packagecloud_cloudfront_auth`
 * @param owner - the installation that it is marked as belonging to, if any
 * @param adoptable - whether `--adopt` can take it over; what takes no tags can't be marked without changing its name
 */
export const notOurs = <Live>(
  live: Live,
  what: string,
  owner: string | undefined,
  adoptable: 'adoptable' | 'never' = 'adoptable',
): Decision<Live> => ({
  ...refuse(
    live,
    owner === undefined
      ? `${what} exists but was not made for packagecloud`
      : `${what} belongs to the installation "${owner}"`,
    owner === undefined
      ? adoptable === 'never'
        ? 'Rename it, or choose another --installation name.'
        : 'If it is yours to use, run the command again with --adopt; otherwise choose another --installation name.'
      : `Use --installation ${owner} if that one is meant.`,
  ),
  ...(owner === undefined && adoptable === 'adoptable' ? { remedy: { flags: ['--adopt'] } } : {}),
})

/**
 * The one that there should be at most one of. Of several none is as good as another: which of them is in use, and
 * which may be changed, only the operator knows.
 *
 * @param told - what they are, in the plural; each of them, as people call it; and how to choose
 * @throws CtlError of kind `refused` that names them all
 */
export function theOnly<T>(
  all: readonly T[],
  told: (all: readonly T[]) => {
    readonly what: string
    readonly each: readonly string[]
    readonly hint: readonly Line[]
  },
): T | undefined {
  if (all.length < 2) return all[0]
  const { what, each, hint } = told(all)
  throw new CtlError('refused', `Refused: there are ${all.length} ${what}: ${each.join(', ')}.`, { hint })
}

/** Stands in a plan for a value that AWS will choose. It reads as text and is never sent to AWS. */
export const pending = (what: string): string => `(${what}, known after apply)`

/** Whether a value is such a stand-in. */
export const isPending = (value: string): boolean => /^\(.+, known after apply\)$/.test(value)

/** The change of one field, or none if it is already right. Compares by value; key order does not matter. */
export function change(field: string, before: unknown, after: unknown): Change[] {
  return canonical(before) === canonical(after) ? [] : [{ field, before, after }]
}

/** The change of a policy, or none if both mean the same. */
export const policyChange = (field: string, before: unknown, after: unknown): Change[] =>
  samePolicy(before, after) ? [] : [{ field, before, after }]

/** JSON with sorted keys, in which `undefined` members count as absent: equal values have equal texts. */
export const canonical = (value: unknown): string =>
  JSON.stringify([value], (_key, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  )
