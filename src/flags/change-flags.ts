import { Flags } from '@oclif/core'

import { exitCodes } from '../errors.ts'
import { hasChanges, type PlanLine } from '../ui/plan.ts'

/** Flags of commands that change something. */
export const changeFlags = {
  'dry-run': Flags.boolean({ description: 'show what would change, and change nothing' }),
  'exit-code': Flags.boolean({
    description: `with --dry-run: exit with ${exitCodes.changes} if something would change`,
    dependsOn: ['dry-run'],
  }),
  yes: Flags.boolean({ char: 'y', description: 'answer all questions with yes' }),
}

/** Flag of commands that can take over what they did not make. */
export const adoptFlag = {
  adopt: Flags.boolean({ description: 'take over resources that have our names but not our mark, after asking' }),
}

/** The exit code that a plan ends in. */
export function planExitCode(plan: readonly PlanLine[], exitCode: boolean): number {
  if (plan.some((line) => line.do === 'refuse')) return exitCodes.refused
  return exitCode && hasChanges(plan) ? exitCodes.changes : exitCodes.done
}
