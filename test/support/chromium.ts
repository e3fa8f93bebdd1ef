/** A real browser without a window: what it makes of a page. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { inflateSync } from 'node:zlib'

const run = promisify(execFile)

/** It is to ask nobody for anything but the page. */
const quiet = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-dev-shm-usage'],
]

export const hasChromium = (): boolean => spawnSync('chromium', ['--version']).status === 0

/** Runs the browser with a profile of its own, which is gone afterwards. */
async function browse(url: string, ...flags: string[]): Promise<string> {
  const profile = await mkdtemp(join(tmpdir(), 'pc-ctl-chromium-'))
  try {
    const words = [...quiet, `--user-data-dir=${profile}`, '--virtual-time-budget=5000', ...flags, url]
    return (await run('chromium', words, { maxBuffer: 64 * 1024 * 1024 })).stdout
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Where a page lies on this machine. */
export const urlOf = (file: string): string => pathToFileURL(file).href

/** The document after its scripts have run, as HTML. */
export const documentOf = (url: string): Promise<string> => browse(url, '--dump-dom')

export type Scheme = 'dark' | 'light'

/** The colour of the top left corner, as six hex digits, for somebody who prefers dark or light pages. */
export async function groundOf(url: string, scheme: Scheme): Promise<string> {
  return withFile('screen.png', async (file) => {
    const preferred = `--blink-settings=preferredColorScheme=${scheme === 'dark' ? 0 : 1}`
    await browse(url, `--screenshot=${file}`, '--window-size=800,600', '--hide-scrollbars', preferred)
    return cornerOf(await readFile(file))
  })
}

/** How many sheets of paper a page takes. */
export async function sheetsOf(url: string): Promise<number> {
  return withFile('paper.pdf', async (file) => {
    await browse(url, `--print-to-pdf=${file}`, '--no-pdf-header-footer')
    return (await readFile(file, 'latin1')).match(/\/Type \/Page\b/g)?.length ?? 0
  })
}

async function withFile<T>(name: string, use: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-browsed-'))
  try {
    return await use(join(folder, name))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The first pixel of a PNG: no filter of its first row changes it. */
function cornerOf(png: Buffer): string {
  const data: Buffer[] = []
  for (let at = 8; at < png.length; at += png.readUInt32BE(at) + 12) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)))
  }
  return inflateSync(Buffer.concat(data)).subarray(1, 4).toString('hex')
}
