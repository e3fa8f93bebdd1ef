import { CtlError } from '../errors.ts'

/** What helps where what is kept of a package can't be used. */
export const readAgain = 'Run the same command with --full, which reads the packages again.'

/**
 * Texts one behind another, in UTF-8: as they go into an index, so that nobody has to read them again. In front of them
 * stands where each ends, in 32 bits.
 */
export function packSections(texts: readonly string[]): Uint8Array {
  const front = texts.length * endLength
  // No code unit of a string takes more than three bytes.
  const room = texts.reduce((sum, text) => sum + text.length * 3, front)
  const bytes = room <= scratch.length ? scratch : Buffer.allocUnsafeSlow(room)
  let end = front
  texts.forEach((text, at) => {
    end += bytes.write(text, end)
    bytes.writeUInt32LE(end, at * endLength)
  })
  // With an ArrayBuffer of its own, which can be kept.
  return new Uint8Array(bytes.subarray(0, end))
}

const endLength = 4
const scratch = Buffer.allocUnsafeSlow(256 * 1024)

/** Some texts of {@link packSections}. */
export class Sections {
  readonly #bytes: Buffer
  readonly #count: number

  /**
   * @param count - of the texts that were packed
   * @throws CtlError (failed) where that many were not
   */
  constructor(bytes: Uint8Array, count: number) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#count = count
    if (bytes.length < count * endLength || this.#end(count - 1) !== bytes.length) {
      throw new CtlError('failed', 'what is kept of a package was not written by this version', {
        hint: readAgain,
      })
    }
  }

  bytes(at: number): Buffer {
    return this.#bytes.subarray(at === 0 ? this.#count * endLength : this.#end(at - 1), this.#end(at))
  }

  text(at: number): string {
    return this.bytes(at).toString('utf8')
  }

  #end(at: number): number {
    return this.#bytes.readUInt32LE(at * endLength)
  }
}
