/** Another secret, with a client that downloads all the while. */
import { CtlError, exitCodes } from '../../src/errors.ts'
import { commandLine } from '../../src/shell.ts'
import { nested, verbatim } from '../../src/text.ts'
import { say } from '../../src/ui/talk.ts'
import { get, pause, signedUrl } from './edge.ts'
import { keys } from './objects.ts'
import { type Live, throwIfAborted } from './place.ts'

/** Seconds between two downloads. */
const rhythm = 0.25

export async function rotate(live: Live): Promise<void> {
  const { findings, pcCtl } = live
  const finish = ['rotate-cloudfront-secret', '--write-config', '--yes', '--finish', '--force']
  // One that an earlier start was stopped in.
  if ((await live.settings()).cloudfrontPreviousSecret !== undefined) {
    await untilAllEdgesTakeBoth(live)
    await pcCtl(...finish)
  }
  const old = await signedUrl(live, keys.plain)
  const { downloads, refused } = await meanwhile(live, old, () => untilAllEdgesTakeBoth(live))
  const another = await signedUrl(live, keys.plain)
  const both = await Promise.all([old, another].map((url) => get(live, url)))
  const isServed = both.every(({ status }) => status === 200)
  findings.note(
    'A56',
    `${refused} of ${downloads} refused meanwhile; afterwards ${both.map(({ status }) => status).join(' and ')}`,
    refused === 0 && isServed,
  )
  // No front server signs with the old one: there is none, and this is the only URL.
  await pcCtl(...finish)
  const [dropped, kept] = await Promise.all([old, another].map((url) => get(live, url)))
  findings.note(
    'A57',
    `${dropped?.status ?? 0} "${dropped?.text.trim() ?? ''}" for the old secret, ${kept?.status ?? 0} for the new one`,
    dropped?.status === 403 && kept?.status === 200,
  )
}

/** As far as a rotation goes without a front server that could be looked at: then it ends with 3, and says what is left. */
async function untilAllEdgesTakeBoth({ quietly, signal }: Live): Promise<void> {
  const command = ['rotate-cloudfront-secret', '--write-config', '--yes']
  say(verbatim(`$ ${commandLine(['pc-ctl', ...command])}`))
  const { code, stderr } = await quietly(...command)
  throwIfAborted(signal)
  if (code === exitCodes.configuration && stderr.includes('All edges accept both secrets.')) return
  say(nested([verbatim(...stderr.trimEnd().split('\n'))], 2))
  throw new CtlError('failed', `The rotation ended with exit code ${code} before all edges took both secrets.`)
}

/** Downloads one URL again and again while something is done. */
async function meanwhile(
  live: Live,
  url: string,
  work: () => Promise<unknown>,
): Promise<{ readonly downloads: number; readonly refused: number }> {
  const sum = { downloads: 0, refused: 0, over: false }
  const client = async (): Promise<void> => {
    while (!sum.over) {
      const { status } = await get(live, url)
      sum.downloads += 1
      if (status !== 200) sum.refused += 1
      await pause(live, rhythm)
    }
  }
  const downloading = client()
  // What it fails with is told when it is waited for.
  downloading.catch(() => undefined)
  await work().finally(() => (sum.over = true))
  await downloading
  return { downloads: sum.downloads, refused: sum.refused }
}
