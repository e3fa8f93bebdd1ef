import { once } from 'node:events'
import { createGunzip, type Gunzip } from 'node:zlib'

/**
 * Unpacks the beginning of something packed by gzip, which comes piece by piece, for as long as somebody wants it. No more
 * than what Node unpacks at a time is in memory, however much a piece unpacks to.
 */
export class GunzipFront {
  readonly #gunzip: Gunzip
  #error: Error | undefined
  #isDone = false

  /** @param take - gets what is unpacked, and returns whether it wants more; a piece is its own to keep */
  constructor(take: (bytes: Uint8Array) => boolean) {
    this.#gunzip = createGunzip()
    this.#gunzip.on('error', (error) => (this.#error ??= error))
    this.#gunzip.on('data', (bytes: Uint8Array) => {
      if (this.#isDone || this.#error !== undefined) return
      try {
        if (!take(bytes)) this.close()
      } catch (error) {
        this.#error = error instanceof Error ? error : new Error(String(error))
        this.#gunzip.destroy()
      }
    })
  }

  /** Nobody wants more. */
  get isDone(): boolean {
    return this.#isDone
  }

  /**
   * Returns when all of a piece is unpacked, or nobody wants more.
   *
   * @throws what zlib or `take` throws
   */
  async push(piece: Uint8Array): Promise<void> {
    if (this.#isDone) return
    if (this.#error === undefined && !this.#gunzip.destroyed) {
      await new Promise<void>((resolve) => {
        this.#gunzip.once('close', resolve)
        this.#gunzip.write(piece, () => {
          this.#gunzip.off('close', resolve)
          resolve()
        })
      })
    }
    if (this.#error !== undefined) throw this.#error
  }

  /**
   * There are no more pieces.
   *
   * @throws as {@link push}; also where it is cut off
   */
  async end(): Promise<void> {
    if (this.#isDone) return
    if (this.#error === undefined && !this.#gunzip.destroyed) {
      const closed = once(this.#gunzip, 'close')
      this.#gunzip.end()
      await closed.catch(() => undefined)
    }
    if (this.#error !== undefined) throw this.#error
    this.#isDone = true
  }

  close(): void {
    this.#isDone = true
    this.#gunzip.destroy()
  }
}
