/** What all that uses the function at the edge asks of it, whichever engine runs it. */
import type { Aws } from '../aws/connect.ts'
import type { Arn } from '../aws/arns.ts'
import type { Names } from '../aws/names.ts'
import type { EdgeRules } from '../edge/config.ts'
import type { Engine } from '../edge/engine.ts'
import type { CtlError } from '../errors.ts'
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

/** Makes the error about an ARN that can't be used: a clause, and what to do in place of asking bootstrap for it. */
export type Wrong = (why: string, hint?: string) => CtlError

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
   * @returns its state, as AWS calls that
   * @throws CtlError of kind `usage` for another account's function or one that is not there, of kind `refused` for one
   *   that is not this installation's
   */
  lookUp(aws: Aws, names: Names, reference: EdgeReference, accountId: string): Promise<string>
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
  /** What it asks of whoever has one run the function no more. */
  leaveNeeds(arn: string): readonly Need[]
}
