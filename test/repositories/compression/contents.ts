/** What is compressed in tests. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'

export const isThere = (command: string): boolean => spawnSync(command, ['--version']).error === undefined

/** As a tool of the machine compresses it. */
export const packed = (command: string, input: Uint8Array | string, ...flags: readonly string[]): Buffer =>
  execFileSync(command, ['-c', ...flags], { input, maxBuffer: 2 ** 28 })

/** `lines`: compresses well, and repeats itself in many ways. `noise`: does not. */
export function bytesOf(kind: 'lines' | 'noise'): Buffer {
  if (kind === 'lines') {
    return Buffer.from(Array.from({ length: 8000 }, (_, at) => `Package: p${at % 97}\nVersion: ${at}\n`).join(''))
  }
  return Buffer.concat(Array.from({ length: 2000 }, (_, at) => createHash('sha512').update(String(at)).digest()))
}

/** 459 MB of zeros, as bzip2 packs them: ten streams of 69 bytes, one after another. */
export const tooLarge = Buffer.concat(
  Array.from({ length: 10 }, () =>
    Buffer.from(
      'QlpoOTFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZsfdASwAAAEAAQAAgACEYRoLuSKcKEhW8kL6g',
      'base64',
    ),
  ),
)
