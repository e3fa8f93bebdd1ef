/**
 * Records the runbook, from a real run on a terminal: docs/runbook.svg.
 *
 *     node scripts/recording.ts
 *
 * Names and secrets become the examples of the documentation, and time is told by rule and not by the clock, so that
 * another run gives the same recording, but for the order in which AWS answers.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { happen } from './docs-meanwhile.ts'
import { openStage, type Size } from './docs-stage.ts'
import { Film } from './recording/film.ts'
import { recordingSvg } from './recording/svg.ts'

const file = join(import.meta.dirname, '../docs/runbook.svg')
const size: Size = { columns: 104, rows: 36 }
const printed = 'the command that was printed'
const lines = [
  'pc-ctl generate-cloudfront-secret | tee -a packagecloud.rb',
  'pc-ctl bootstrap-cloudfront',
  printed,
  'pc-ctl status',
]

const stage = await openStage()
try {
  const film = new Film(stage, size)
  for (const line of lines) {
    const next = stage.last.findLast((one) => one.startsWith('pc-ctl reconfigure-')) ?? ''
    await film.play(line === printed ? next : line)
    if (line === printed)
      for (const what of ['the lines above go into packagecloud.rb', 'packagecloud is restarted'])
        await happen(stage, `Meanwhile, ${what}`)
  }
  const shots = film.shots()
  await writeFile(file, recordingSvg(shots, size, 'The runbook of pc-ctl, recorded in a terminal'))
  console.log(`docs/runbook.svg: ${shots.length} frames`)
} finally {
  await stage.close()
}
