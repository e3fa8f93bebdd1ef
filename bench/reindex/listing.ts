/** Listings: how many keys a second are read, by hand and by a parser of XML, and what a large bucket takes. */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'

import { XMLParser } from 'fast-xml-parser'

import { readPage } from '../../src/reindex/listing/list-page.ts'
import { median, sideBySide, targetOf, tell, title } from './measure.ts'
import { runCli, startStub } from './stub.ts'

const megabytes = 1e6

export async function benchListing(): Promise<void> {
  const stub = await startStub(1000)
  try {
    const page = Buffer.from(await (await fetch(`${stub.endpoint}/bench?list-type=2`)).arrayBuffer())
    title('Reading pages of a listing, 1,000 keys each')
    const pages = 100
    const parser = new XMLParser()
    const seconds = await sideBySide(
      [
        { name: 'pc-ctl', run: async () => repeat(pages, () => readPage(page).objects.length) },
        { name: 'fast-xml-parser', run: async () => repeat(pages / 10, () => parser.parse(page) as unknown) },
      ],
      9,
    )
    const ours = (pages * 1000) / median(seconds.get('pc-ctl') ?? [])
    const parsers = (pages * 100) / median(seconds.get('fast-xml-parser') ?? [])
    tell('fast-xml-parser', [[parsers, 'keys/s']])
    targetOf('pc-ctl', ours, 'keys/s', ours >= 150_000, '≥ 150,000 keys/s')
    tell('against it', [[ours / parsers, '×']])
  } finally {
    stub.close()
  }
}

function repeat(times: number, run: () => unknown): void {
  for (let index = 0; index < times; index++) run()
}

/** What telling of many repositories takes beside telling of as many objects that lie in none. */
async function benchRepositories(work: string): Promise<void> {
  const repositories = 100_000
  title(`Telling of ${repositories.toLocaleString('en-US')} repositories`)
  const peaks: number[] = []
  for (const kind of ['debs', 'repositories'] as const) {
    const stub = await startStub(4 * repositories, kind)
    try {
      const stateDir = mkdtempSync(join(work, 'state-'))
      for (const more of kind === 'debs' ? [[]] : [[], ['--json']]) {
        const args = ['reindex-everything', '--list', '--bucket', 'bench', '--state-dir', stateDir, ...more]
        const { seconds, peak } = await runCli(stub.endpoint, args)
        tell([kind, ...more].join(' '), [[seconds, 's']])
        peaks.push(peak)
        const most = (peaks[0] ?? 0) + 32 * megabytes
        targetOf('  highest resident set', peak / megabytes, 'MB', peak <= most, '≤ 32 MB more than debs')
      }
    } finally {
      stub.close()
    }
  }
}

/** `--attributes` rewrites them all, which for a million takes a quarter of an hour. */
export async function benchMemory(work: string, attributes: boolean): Promise<void> {
  const what = attributes ? 'and rewriting its attributes' : 'and telling what is there'
  title(`Listing a bucket ${what}`)
  for (const objects of [10_000, 1_000_000]) {
    const stub = await startStub(objects)
    try {
      const stateDir = mkdtempSync(join(work, 'state-'))
      const words = ['reindex-everything', attributes ? '--attributes-only' : '--list']
      const args = [...words, '--bucket', 'bench', '--state-dir', stateDir]
      for (const round of ['first', 'second']) {
        const { seconds, peak } = await runCli(stub.endpoint, args)
        const requests = await stub.requests()
        const name = `${objects.toLocaleString('en-US')} objects, ${round} run`
        const sent = Object.entries(requests).map(([kind, number]) => `${String(number)} × ${kind}`)
        tell(
          name,
          [
            [seconds, 's'],
            [objects / seconds, 'objects/s'],
          ],
          sent.join(', '),
        )
        targetOf('  highest resident set', peak / megabytes, 'MB', peak <= 256 * megabytes, '≤ 256 MB')
      }
    } finally {
      stub.close()
    }
  }
  await benchRepositories(work)
}
