/** What all that uses the function at the edge asks of it, whichever engine runs it. */
import type { Aws } from '../aws/connect.ts'
import type { Arn } from '../aws/arns.ts'
import type { Names } from '../aws/names.ts'
import type { EdgeRules } from '../edge/config.ts'
import { type Engine, engineNames, engines } from '../edge/engine.ts'
import { CtlError } from '../errors.ts'
import { commandLine } from '../shell.ts'
import type { Need } from './resource.ts'

/** What a distribution is to run, as an operator gives it: a function's ARN as CloudFront wants it. */
export interface EdgeReference {
  readonly engine: Engine
  readonly arn: string
  readonly accountId: string
  readonly functionName: string
  /** Of a Lambda version; a CloudFront Function has none. */
  readonly number?: number
}

/** What the function at the edge goes by when it looks at a URL. */
export interface Accepted {
  /** Fingerprints of the secrets that it accepts, in its order; none where none can be read. */
  readonly fingerprints: readonly string[]
  /** `undefined` where they can't be read. */
  readonly rules: EdgeRules | undefined
}

/** Makes the error about an ARN that can't be used. @param why - a clause */
type Wrong = (why: string) => CtlError

/**
 * What to do where an ARN can't be used.
 *
 * @param carried - the settings flags in use
 */
export const askBootstrap = (engine: Engine, carried: readonly string[]): string =>
  `Run \`${commandLine(['pc-ctl', 'bootstrap-cloudfront', ...(engine === 'function' ? ['--engine', engine] : []), ...carried])}\` ` +
  'and copy the command that it prints.'

/**
 * The refusal of a function that is not this installation's: of another one, whose name may be what was meant, or nobody's.
 *
 * @param called - the function, as the operator knows it
 * @param owner - the installation that it belongs to, by its tag
 */
export const notOurs = (
  { installation, functionName }: Names,
  called: string,
  owner: string | undefined,
  next: string,
): CtlError =>
  new CtlError('refused', `${called} of the installation "${installation}".`, {
    hint: [
      ...(owner === undefined
        ? []
        : [`It belongs to the installation ${owner}; if that is meant: \`--installation ${owner}\`.`]),
      `That of ${installation} is called ${functionName}.`,
      next,
    ],
  })

/** One engine, read-only. What it is made of are resources of their own. */
export interface EdgeEngine {
  /**
   * Reads the parts of an ARN of its service.
   *
   * @throws CtlError, as `wrong` makes it
   */
  parse(arn: Arn, wrong: Wrong): Pick<EdgeReference, 'accountId' | 'functionName' | 'number'>
  /**
   * Looks whether a distribution can run it.
   *
   * @param next - what to do where it can't
   * @returns its state, as AWS calls that
   * @throws CtlError of kind `usage` for another account's function or one that is not there, of kind `refused` for one
   *   that is not this installation's
   */
  lookUp(aws: Aws, names: Names, reference: EdgeReference, accountId: string, next: string): Promise<string>
  /** What {@link lookUp} needs. */
  lookUpNeeds(arn: string): readonly Need[]
  /** Looks into what a distribution runs, which need not be what was published last. */
  acceptedBy(aws: Aws, names: Names, arn: string): Promise<Accepted>
  /** What {@link acceptedBy} needs. */
  acceptedNeeds(arn: string): readonly Need[]
  /** The installation that the function belongs to, by its tag; `undefined` where there is none, or no such function. */
  ownerOf(aws: Aws, arn: string): Promise<string | undefined>
  /** What {@link ownerOf} needs. */
  ownerNeeds(arn: string): readonly Need[]
  /** What CloudFront asks of whoever has a distribution run the function, or another version of it. */
  runNeeds(arn: string, accountId: string): readonly Need[]
  /** What it asks of whoever has one run the function no more, in favour of another engine. */
  leaveNeeds(arn: string): readonly Need[]
}

const withoutIt = (from: Engine): string => `an installation can't be moved away from ${engineNames[from]}`

/** What is needed to move an installation away from an engine, and for nothing else. */
export const toMoveFrom = (from: Engine, needs: readonly Need[]): Need[] =>
  needs.map((need) => ({ ...need, optional: withoutIt(from) }))

/** Whether something is needed for moves to another engine alone. */
export const isForMoves = ({ optional }: Need): boolean => engines.some((from) => optional === withoutIt(from))
