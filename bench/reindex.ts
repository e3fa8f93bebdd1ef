/**
 * reindex-everything against the tools that operators have now, each pair measured side by side in one run, so that the
 * ratios mean something on any machine: `node bench/reindex.ts [PART…] [--corpus DIR]`, a part being `packages`, `gems`,
 * `wheels`, `tarballs`, `charts`, `attributes`, `client`, `listing` or `memory`.
 *
 * The CLI has to be built. `--attributes` has the memory part rewrite its million objects too. Exits with 1 if a target is missed.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { corpusFolder, makeCorpus, usualCorpus } from '../scripts/make-corpus.ts'
import { benchAttributes } from './reindex/attributes.ts'
import { benchCharts } from './reindex/charts.ts'
import { benchClient } from './reindex/client.ts'
import { benchGems } from './reindex/gems.ts'
import { benchListing, benchMemory } from './reindex/listing.ts'
import { misses } from './reindex/measure.ts'
import { benchPackages } from './reindex/packages.ts'
import { benchTarballs } from './reindex/tarballs.ts'
import { benchWheels } from './reindex/wheels.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { corpus: { type: 'string' }, attributes: { type: 'boolean', default: false } },
})
const corpus = values.corpus ?? corpusFolder
const work = await mkdtemp(join(tmpdir(), 'pc-ctl-bench-'))

const parts: Readonly<Record<string, () => Promise<void>>> = {
  async packages() {
    await makeCorpus(corpus, usualCorpus)
    await benchPackages(corpus, work)
  },
  gems: () => benchGems(work),
  wheels: () => benchWheels(work),
  tarballs: () => benchTarballs(work),
  charts: () => benchCharts(work),
  attributes: () => benchAttributes(work),
  client: () => benchClient(),
  listing: () => benchListing(),
  memory: () => benchMemory(work, values.attributes),
}

try {
  const unknown = positionals.filter((name) => parts[name] === undefined)
  if (unknown.length > 0) throw new Error(`There is no part ${unknown.join(', ')}: ${Object.keys(parts).join(', ')}`)
  for (const [name, run] of Object.entries(parts)) {
    if (positionals.length === 0 || positionals.includes(name)) await run()
  }
} finally {
  await rm(work, { recursive: true, force: true })
}
if (misses() > 0) process.exitCode = 1
