import { pause, type Talk } from '../../aws/patience.ts'
import type { Need } from '../../resources/resource.ts'
import { runAgain } from './ensure.ts'
import { beforeLooking, whyLookAgain } from './look-again.ts'
import type { Step } from './step.ts'

/**
 * Something that is tried before the steps after it go on with it, in an apply only. It may write, but changes nothing
 * that lasts.
 *
 * `basedOn` are the steps that have made what is tried: where somebody else has changed it since, they are gone through
 * again, and it is tried once more.
 */
export const trial = <C>(
  title: string,
  {
    of,
    basedOn,
    skip,
    needs,
  }: {
    of: (ctx: C, talk: Talk) => Promise<string | undefined>
    basedOn: readonly Step<C>[]
    skip: (ctx: C) => string | undefined
    needs: (ctx: C) => readonly Need[]
  },
): Step<C> => ({
  title,
  onlyWhenApplied: true,
  skip,
  needs,
  async run(ctx, run) {
    for (let look = 1; ; look++) {
      // What is gone through again may have found that nothing is left to be tried.
      const left = skip(ctx)
      if (left !== undefined) return left
      try {
        return await of(ctx, run)
      } catch (error) {
        const why = whyLookAgain(error, look)
        if (why === undefined) throw error
        run.tell(why)
        await pause(beforeLooking(look, run.lookAgainAfter), run.signal)
        await runAgain(basedOn, ctx, run)
      }
    }
  },
})
