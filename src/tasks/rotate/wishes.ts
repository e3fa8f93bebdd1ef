/** What is wished of a rotation, and what came of it. */
import type { Flags } from '../../settings/settings.ts'
import type { PlanLine } from '../../ui/plan.ts'
import type { ChangeFlags } from '../chain/change.ts'
import type { Front } from '../enable/make-live.ts'
import type { Rotation } from '../rotation/state.ts'
import type { Written } from '../write-config.ts'
import type { FrontSeen } from './fronts.ts'
import type { RotationStep } from './steps.ts'

/** What is wished. */
export interface RotateWishes {
  readonly flags: Flags & ChangeFlags
  readonly writeConfig: boolean
  readonly fronts: readonly Front[]
  readonly finish: boolean
  readonly force: boolean
  readonly wait: boolean
  /** This command as it was typed. */
  readonly again: string
}

/** What came of it. */
export interface Rotating {
  /** As they stood before. */
  steps: readonly RotationStep[]
  /** What is there or would be made in AWS, as it was before. */
  plan: readonly PlanLine[]
  written: Written[]
  /** What the front servers were seen to sign with. */
  fronts: readonly FrontSeen[]
  /** How far it is now; `null` where no rotation is under way (any more). */
  rotation: Rotation | null
  /** The command that comes next, if one does. */
  next: string | null
}
