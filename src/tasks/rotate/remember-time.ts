import type { Aws } from '../../aws/connect.ts'
import { namesOf } from '../../aws/names.ts'
import { markRotationNow, type Replacement, writeRotationMark } from '../../resources/cloudfront/rotation-mark.ts'
import type { Settings } from '../../settings/settings.ts'
import { type Conduct, runChain, wait } from '../chain/chain.ts'

/** Remembers since when all front servers sign with the new secret; or that it counts anew once all are seen to. */
export async function rememberTime(
  aws: Aws,
  settings: Settings,
  {
    arn,
    replacement,
    since,
  }: {
    /** Of the distribution, which is tagged with it. */
    readonly arn: string
    readonly replacement: Replacement
    readonly since: 'now' | 'not yet'
  },
  conduct: Conduct,
): Promise<void> {
  const place = { arn, names: namesOf(settings.installation.value) }
  const title =
    since === 'now'
      ? 'Remember the time, in a tag of the distribution'
      : 'Forget the time: it counts anew once all are seen'
  const step = wait(title, async () => {
    if (since === 'now') await markRotationNow(aws, place, replacement)
    else await writeRotationMark(aws, place, replacement, undefined)
    return undefined
  })
  await runChain([step], 'apply', conduct)
}
