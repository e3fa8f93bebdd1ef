import type { Aws } from '../aws/connect.ts'
import { namesOf } from '../aws/names.ts'
import type { Settings } from '../settings/settings.ts'
import { commandLine } from '../shell.ts'
import { bootstrapChecks, type BootstrapWishes } from './bootstrap-checks.ts'
import { bootstrapFunction, type BootstrapFunction } from './bootstrap-function.ts'
import { bootstrapLambda, type BootstrapLambda } from './bootstrap-lambda.ts'
import { type Chain, where } from './chain/chain.ts'
import { isEngine } from './engine-in-use.ts'

export type { BootstrapWishes } from './bootstrap-checks.ts'

/** What the steps of both engines hand on; only those of {@link Bootstrap.engine} are there. */
export interface Bootstrap extends BootstrapLambda, BootstrapFunction {}

/**
 * Puts the function that checks signed URLs in place, up to what a distribution can run. Safe to run again at any time.
 * The engine is the one that is wished, else the one that is in use.
 */
export function bootstrapCloudfront(aws: Aws, settings: Settings, wishes: BootstrapWishes): Chain<Bootstrap> {
  const names = namesOf(settings.installation.value)
  return [
    ...bootstrapChecks(aws, settings, wishes),
    ...(wishes.engine === 'function' ? [] : where(isEngine('lambda'), bootstrapLambda(aws, names, wishes))),
    ...(wishes.engine === 'lambda' ? [] : where(isEngine('function'), bootstrapFunction(aws, names, wishes))),
  ]
}

/** ARN of what a distribution is to run: of a numbered version, or of a CloudFront Function. */
export const associable = ({
  engine,
  version,
  published,
}: Pick<Bootstrap, 'engine' | 'version' | 'published'>): string =>
  engine.engine === 'lambda' ? version.arn : published.arn

/** The command that connects what was made, with the flags in use carried over. */
export const followUp = (done: Bootstrap, carried: readonly string[]): string =>
  commandLine(followUpWords(done, carried))

/** The words of {@link followUp}. */
export const followUpWords = (
  done: Pick<Bootstrap, 'engine' | 'version' | 'published'>,
  carried: readonly string[],
): string[] => ['pc-ctl', 'reconfigure-cloudfront-distribution', associable(done), ...carried]
