import { createServer, type Server } from 'node:http'

import { EdgeServer, type EdgePeers } from './distribution.ts'
import type { EdgeDistribution } from '../contracts/edge-peers.ts'
import type { Context } from '../contracts/service.ts'

/** The CDN: a listener for each distribution. */
export interface Edge {
  /** Resolves once every distribution that CloudFront tells of at this moment is listened for. */
  settled(): Promise<void>
  close(): Promise<void>
}

/** Bytes that each distribution's cache may hold. */
const cacheLimit = 256 * 1024 ** 2

interface Listener {
  http: Server
  edge: EdgeServer
}

/**
 * Serves every distribution on its loopback port, as CloudFront documents. The port stands for https: there is no TLS
 * on loopback, so viewer protocol policies are taken as met. Follows new, changed and deleted distributions.
 *
 * @param report - told, in one line, of a port that can't be listened on
 */
export async function startEdge(
  context: Context,
  peers: EdgePeers,
  report: (problem: string) => void = (problem) => void process.stderr.write(`${problem}\n`),
): Promise<Edge> {
  const listeners = new Map<string, Listener>()
  let following = Promise.resolve()

  const follow = async (): Promise<void> => {
    const distributions = new Map(peers.cloudfront.distributions().map((item) => [item.id, item]))
    for (const [id, listener] of listeners) {
      if (distributions.has(id)) continue
      listeners.delete(id)
      await stop(listener)
    }
    for (const [id, distribution] of distributions) {
      const listener = listeners.get(id)
      if (listener !== undefined) {
        listener.edge.deploy(distribution)
        continue
      }
      try {
        listeners.set(id, await listen(new EdgeServer(context, peers, distribution, cacheLimit), distribution))
      } catch (error) {
        report(`The edge of ${id} can't listen on ${distribution.domainName}: ${String(error)}`)
      }
    }
  }
  // One after the other: two changes at once must not start two listeners.
  const scheduleFollow = (): Promise<void> => (following = following.then(follow))

  const stopChanges = peers.cloudfront.onChange(() => void scheduleFollow())
  const stopInvalidations = peers.cloudfront.onInvalidation((id, paths) => listeners.get(id)?.edge.invalidate(paths))
  await scheduleFollow()
  return {
    settled: () => scheduleFollow(),
    async close() {
      stopChanges()
      stopInvalidations()
      await following
      await Promise.all([...listeners.values()].map(stop))
      listeners.clear()
    },
  }
}

async function listen(edge: EdgeServer, { port }: EdgeDistribution): Promise<Listener> {
  const http = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    void edge.serve(incoming, outgoing)
  })
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, '127.0.0.1', resolve)
  })
  return { http, edge }
}

async function stop({ http }: Listener): Promise<void> {
  await new Promise<void>((resolve) => {
    http.close(() => resolve())
    http.closeAllConnections()
  })
}
