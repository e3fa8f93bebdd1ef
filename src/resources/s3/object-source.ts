import { type FileHandle, open } from 'node:fs/promises'

import { CtlError, messageOf } from '../../errors.ts'
import { nearFiles, whyNoFile } from '../../ui/near-files.ts'

/** A piece of what is uploaded. */
export interface Piece {
  /** From 1. */
  readonly number: number
  readonly bytes: Uint8Array
}

/** What is uploaded: a file, or standard input. */
export interface ObjectSource {
  /** The path, or `-`. */
  readonly name: string
  /** Bytes; `undefined` where only its end will tell. */
  readonly size: number | undefined
  /** All of it, in pieces of `pieceSize` bytes, the last one shorter; one empty piece if it is empty. */
  pieces(pieceSize: number): AsyncGenerator<Piece>
}

/**
 * A file as source. Nothing is read yet.
 *
 * @throws CtlError of kind `usage` for what is not a file that can be read
 */
export async function fileSource(path: string): Promise<ObjectSource> {
  const file = await openFile(path)
  try {
    const before = await file.stat()
    if (before.isDirectory()) {
      throw new CtlError('usage', `${path} is a directory.`, {
        hint: 'With --recursive all files below it are uploaded.',
      })
    }
    if (!before.isFile())
      throw new CtlError('usage', `${path} is not a file.`, {
        hint: 'Pipe it in, and write `-` in the place of its name.',
      })
    if (before.size === 0 && (await fill(file, new Uint8Array(1), 0)) > 0) {
      throw new CtlError('usage', `${path} says that it is empty, and is not.`, {
        hint: 'The system makes such files as they are read. Pipe it in, and write `-` in the place of its name.',
      })
    }
    return { name: path, size: before.size, pieces: (size) => filePieces(path, before, size) }
  } finally {
    await file.close()
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (cause) {
    // Bytes that are no UTF-8 have become this, and what they were is lost.
    const isLost = path.includes('\uFFFD')
    throw new CtlError(
      'usage',
      `${path} can't be read: ${isLost ? 'its name is not UTF-8' : (whyNoFile(cause) ?? messageOf(cause))}.`,
      {
        hint: isLost
          ? 'Rename it, or pipe it in: write `-` in the place of its name, and the whole key.'
          : nearFiles(path),
        cause,
      },
    )
  }
}

async function* filePieces(
  path: string,
  before: { size: number; mtimeMs: number; ino: number },
  pieceSize: number,
): AsyncGenerator<Piece> {
  const file = await openFile(path)
  const changed = (): CtlError => new CtlError('failed', `${path} was changed while it was read; nothing was uploaded.`)
  try {
    let at = 0
    for (let number = 1; number === 1 || at < before.size; number++) {
      const wanted = Math.min(pieceSize, before.size - at)
      const bytes = new Uint8Array(wanted)
      if ((await fill(file, bytes, at)) < wanted) throw changed()
      at += wanted
      // Looked at before the last piece is handed on, for only then is the object complete.
      if (at >= before.size) {
        const after = await file.stat()
        if (after.size !== before.size || after.mtimeMs !== before.mtimeMs || after.ino !== before.ino) throw changed()
      }
      yield { number, bytes }
    }
  } finally {
    await file.close()
  }
}

async function fill(file: FileHandle, bytes: Uint8Array, at: number): Promise<number> {
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, at + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}

/** A stream of bytes as source, such as standard input. It can be read only once. */
export const streamSource = (stream: AsyncIterable<Uint8Array>): ObjectSource => ({
  name: '-',
  size: undefined,
  async *pieces(pieceSize) {
    let held: Uint8Array[] = []
    let size = 0
    let number = 1
    for await (const chunk of stream) {
      for (let rest = chunk; rest.length > 0;) {
        const part = rest.subarray(0, pieceSize - size)
        rest = rest.subarray(part.length)
        held.push(part)
        size += part.length
        if (size === pieceSize) {
          yield { number: number++, bytes: Buffer.concat(held) }
          held = []
          size = 0
        }
      }
    }
    if (size > 0 || number === 1) yield { number, bytes: Buffer.concat(held) }
  },
})
