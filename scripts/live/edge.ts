/** Downloads from the edge, as clients make them. */
import { setTimeout as sleep } from 'node:timers/promises'

import { CtlError, messageOf } from '../../src/errors.ts'
import { interrupted, type Live } from './place.ts'

export interface Download {
  readonly status: number
  readonly text: string
  /** The first word of `X-Cache`, such as `Hit`. */
  readonly cache: string
  readonly headers: Headers
}

const patienceMs = 60_000

/** Signed URLs of keys, each good for an hour. */
export async function signed({ pcCtl }: Live, ...keys: readonly string[]): Promise<string[]> {
  const { stdout } = await pcCtl('sign-url', '--expires', '1h', ...keys)
  return stdout.trim().split('\n')
}

/** The only one of {@link signed}. */
export async function signedUrl(live: Live, key: string): Promise<string> {
  const [url = ''] = await signed(live, key)
  return url
}

/** @throws CtlError of kind `failed` if the edge can't be reached */
export async function get(live: Live, url: string, how: { method?: string; range?: string } = {}): Promise<Download> {
  const { method = 'GET', range } = how
  const signal = AbortSignal.any([live.signal, AbortSignal.timeout(patienceMs)])
  try {
    const headers: Record<string, string> = range === undefined ? {} : { range }
    const answer = await fetch(url, { method, headers, redirect: 'manual', signal })
    const [cache = ''] = (answer.headers.get('x-cache') ?? '').split(' ')
    return { status: answer.status, text: await answer.text(), cache, headers: answer.headers }
  } catch (error) {
    if (live.signal.aborted) throw interrupted()
    const why = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error)
    throw new CtlError('failed', `${new URL(url).host} can't be reached: ${why}`, {
      hint: 'Behind a proxy, set NODE_USE_ENV_PROXY=1 beside HTTPS_PROXY. Then run the same command again.',
      cause: error,
    })
  }
}

/** Several in a row: an edge has many servers, each with a cache of its own. */
export async function getOften(live: Live, url: string, times: number): Promise<Download[]> {
  const all: Download[] = []
  for (let time = 0; time < times; time++) all.push(await get(live, url))
  return all
}

/** Asks until an answer is as wanted, or the time is over. */
export async function getUntil(
  live: Live,
  url: string,
  isWanted: (answer: Download) => boolean,
  seconds: number,
): Promise<{ readonly answer: Download; readonly wanted: boolean; readonly seconds: number }> {
  const begun = performance.now()
  const since = (): number => (performance.now() - begun) / 1000
  for (;;) {
    const answer = await get(live, url)
    if (isWanted(answer)) return { answer, wanted: true, seconds: since() }
    if (since() >= seconds) return { answer, wanted: false, seconds: since() }
    await pause(live, 0.5)
  }
}

export async function pause({ signal }: Live, seconds: number): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => {
    throw interrupted()
  })
}

/** Such as `12 s`, and tenths where seconds would say nothing. */
export const inSeconds = (seconds: number): string => `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
