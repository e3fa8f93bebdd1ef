/** The page's first step: what reindex-everything does with the attributes of objects. Indexes it leaves alone. */
import type { Aws } from '../../aws/connect.ts'
import type { Report } from '../../reindex/report.ts'
import { chooseObjects } from '../../reindex/selection.ts'
import type { Settings } from '../../settings/settings.ts'
import { stateFolder } from '../../settings/state-folder.ts'
import { CtlError } from '../../errors.ts'
import { fleeting } from '../../ui/renderer.ts'
import type { Conduct } from '../chain/chain.ts'
import { attributesOnly, reindexEverything, type ReindexWishes } from '../reindex/reindex-everything.ts'

const wishes = (dryRun: boolean, { show, signal }: Conduct): ReindexWishes => ({
  ...attributesOnly,
  dryRun,
  choice: chooseObjects({ mapping: undefined }),
  stateDir: stateFolder(),
  concurrency: 256,
  full: false,
  show: dryRun ? fleeting(show) : show,
  signal,
  writeReport: undefined,
})

/** Looks what would be put right. */
export const objectsOf = (aws: Aws, settings: Settings, conduct: Conduct): Promise<Report> =>
  reindexEverything(aws, settings, wishes(true, conduct))

/** @throws CtlError of kind `failed` if something can't be put right */
export async function putObjectsRight(aws: Aws, settings: Settings, conduct: Conduct): Promise<void> {
  const { failed } = await reindexEverything(aws, settings, wishes(false, conduct))
  if (failed === 0) return
  throw new CtlError('failed', `${failed} ${failed === 1 ? 'object' : 'objects'} could not be put right.`, {
    hint: '`pc-ctl reindex-everything --attributes-only` says which, and why. --skip-reindex goes on all the same.',
  })
}
