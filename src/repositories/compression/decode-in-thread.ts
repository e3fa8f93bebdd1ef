/** Decoders that are written in JavaScript, and so would keep everything else waiting. */
import { on } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import { isBundled, packageRoot } from '../../ui/package-root.ts'

const script = isBundled
  ? join(packageRoot, 'dist/repositories/compression/decode-worker.js')
  : join(packageRoot, 'src/repositories/compression/decode-worker.ts')

export type Compression = 'bzip2' | 'lzma'

/** What a thread is started with. */
export interface DecodeJob {
  readonly kind: Compression
  readonly bytes: Uint8Array
  /** One 32-bit number: how many pieces were told and not yet taken. */
  readonly waiting: SharedArrayBuffer
}

export type FromDecoder = { readonly piece: Uint8Array } | { readonly done: true } | { readonly why: string }

/**
 * Decodes in a thread of its own, piece by piece: it goes on only as fast as the pieces are taken, and ends where nobody
 * wants more.
 *
 * @throws Error where the bytes are damaged or cut off
 */
export async function* decodeInThread(kind: Compression, bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const waiting = new SharedArrayBuffer(4)
  const counter = new Int32Array(waiting)
  const job: DecodeJob = { kind, bytes, waiting }
  const worker = new Worker(script, { workerData: job })
  try {
    for await (const [message] of on(worker, 'message', { close: ['exit'] }) as AsyncIterable<[FromDecoder]>) {
      if ('why' in message) throw new Error(message.why)
      if ('done' in message) return
      yield message.piece
      Atomics.sub(counter, 0, 1)
      Atomics.notify(counter, 0)
    }
    throw new Error('the thread that decodes it has ended')
  } finally {
    await worker.terminate()
  }
}
