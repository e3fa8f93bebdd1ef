/** What {@link decodeInThread} runs: decodes all of it, and waits where nobody takes what is there. */
import { parentPort, workerData } from 'node:worker_threads'

import { messageOf } from '../../errors.ts'
import { decodeBzip2 } from './bzip2.ts'
import type { DecodeJob, FromDecoder } from './decode-in-thread.ts'
import { decodeLzma } from './lzma-alone.ts'

if (parentPort === null) throw new Error('This runs in a worker thread only.')
const port = parentPort
const { kind, bytes, waiting } = workerData as DecodeJob
const counter = new Int32Array(waiting)
const mostWaiting = 16
const pieceLength = 256 * 1024

const tell = (message: FromDecoder): void => port.postMessage(message)

const sink = (piece: Uint8Array): void => {
  for (let at = 0; at < piece.length; at += pieceLength) {
    for (let now = Atomics.load(counter, 0); now >= mostWaiting; now = Atomics.load(counter, 0)) {
      Atomics.wait(counter, 0, now)
    }
    Atomics.add(counter, 0, 1)
    tell({ piece: Uint8Array.from(piece.subarray(at, at + pieceLength)) })
  }
}
try {
  if (kind === 'bzip2') decodeBzip2(bytes, sink)
  else decodeLzma(bytes, sink)
  tell({ done: true })
} catch (error) {
  tell({ why: messageOf(error) })
}
