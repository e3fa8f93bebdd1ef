import { createServer, type IncomingMessage, request } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

/** One call, with when it came and when its answer left, in milliseconds. */
export interface Trip {
  readonly what: string
  readonly begun: number
  readonly ended: number
}

/** A way to AWS on which each call takes its time. */
export interface SlowRoad {
  /** Such as `http://127.0.0.1:4567`. */
  readonly endpoint: string
  /** The calls since the last time. */
  take(): Trip[]
  /** Where calls are led. */
  leadTo(endpoint: string): void
  close(): void
}

/** @param latency - milliseconds that every call takes at least */
export async function buildSlowRoad(latency: number): Promise<SlowRoad> {
  let trips: Trip[] = []
  let target = ''
  const server = createServer((incoming, answer) => {
    void (async () => {
      const begun = performance.now()
      const body = await buffer(incoming)
      const onward = request(new URL(incoming.url ?? '/', target), {
        method: incoming.method ?? 'GET',
        headers: incoming.headers,
      })
      onward.end(body)
      const [[received]] = (await Promise.all([once(onward, 'response'), sleep(latency)])) as [
        [IncomingMessage],
        unknown,
      ]
      const content = await buffer(received)
      answer.writeHead(received.statusCode ?? 502, received.headers)
      answer.end(content)
      const { method = '', url = '', headers } = incoming
      const operation = String(headers['x-amz-target'] ?? /Action=\w+/.exec(body.toString()) ?? '')
      trips.push({ what: `${method} ${url.slice(0, 70)} ${operation}`, begun, ended: performance.now() })
    })().catch(() => answer.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const taken = trips
      trips = []
      return taken.sort((a, b) => a.begun - b.begun)
    },
    leadTo: (endpoint) => void (target = endpoint),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** How many calls have waited for one another: the most of which none overlaps another. */
export function depthOf(trips: readonly Trip[]): number {
  let depth = 0
  let ended = -Infinity
  for (const trip of trips.toSorted((a, b) => a.ended - b.ended)) {
    if (trip.begun < ended) continue
    depth++
    ended = trip.ended
  }
  return depth
}
