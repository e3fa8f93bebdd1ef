import type { Format } from '../format.ts'
import { foundsRepository, missingIndexes, roleOf, rootOf } from './layout.ts'
import { type OldCharts, openCharts } from './old-index.ts'
import { identityIn, readChart } from './read-chart.ts'
import { writeIndex } from './write-index.ts'

/** Repositories of charts: an `index.yaml`, and the charts that it leads to. */
export const helm: Format<OldCharts> = {
  name: 'helm',
  digests: ['sha256'],
  roleOf,
  rootOf,
  foundsRepository,
  missing: missingIndexes,
  open: openCharts,
  readPackage: readChart,
  identityIn: (_, facts) => identityIn(facts),
  writeIndexes: writeIndex,
}
