/** An archive that comes piece by piece (POSIX ustar): headers and the bodies that are wanted, and nothing else is kept. */

const block = 512

/** What follows a header: bytes of a body, which are left out where nothing takes them. */
export interface Member {
  /** Bytes. */
  readonly size: number
  /** Gets all of the body at once: who wants it has looked at its size. */
  readonly take?: ((body: Buffer) => void) | undefined
}

/**
 * Divides an archive. Nothing is unpacked to a place that a name tells; what a header means, and whether it is a sound one,
 * is for the one to say who looks for something.
 */
export class TarStream {
  readonly #member: (header: Buffer) => Member | undefined
  #header = Buffer.alloc(0)
  /** Bytes that nobody wants, before the next header. */
  #skip = 0
  #wanted:
    { readonly size: number; readonly take: (body: Buffer) => void; parts: Uint8Array[]; got: number } | undefined

  /**
   * @param member - is asked at each header, also a blank one, what follows it; undefined: the next header. What it throws
   *   {@link push} throws.
   */
  constructor(member: (header: Buffer) => Member | undefined) {
    this.#member = member
  }

  /** Is it inside of a body that is wanted? */
  get isTaking(): boolean {
    return this.#wanted !== undefined
  }

  /** Is it inside of anything, so that an archive which ends here was cut off? */
  get isInside(): boolean {
    return this.#wanted !== undefined || this.#skip > 0 || this.#header.length > 0
  }

  /** How many of the next bytes can be left out. */
  get skippable(): number {
    return this.#wanted === undefined ? this.#skip : 0
  }

  /** Leaves out bytes that are {@link skippable}. */
  skip(count: number): void {
    this.#skip -= count
  }

  /**
   * Takes the next piece, which is not kept.
   *
   * @param goesOn - is asked before each step; what comes after it has said no is not looked at
   */
  push(piece: Uint8Array, goesOn: () => boolean): void {
    for (let at = 0; at < piece.length && goesOn();) {
      if (this.#wanted !== undefined) {
        const { size, parts, got, take } = this.#wanted
        const more = piece.subarray(at, at + size - got)
        parts.push(Uint8Array.from(more))
        this.#wanted.got += more.length
        at += more.length
        if (this.#wanted.got < size) continue
        this.#wanted = undefined
        take(Buffer.concat(parts))
      } else if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, piece.length - at)
        this.#skip -= skipped
        at += skipped
      } else {
        const more = piece.subarray(at, at + block - this.#header.length)
        this.#header = Buffer.concat([this.#header, more])
        at += more.length
        if (this.#header.length === block) this.#next()
      }
    }
  }

  #next(): void {
    const header = this.#header
    this.#header = Buffer.alloc(0)
    const member = this.#member(header)
    if (member === undefined) return
    const { size, take } = member
    this.#skip = Math.ceil(size / block) * block
    if (take === undefined) return
    this.#skip -= size
    if (size === 0) take(Buffer.alloc(0))
    else this.#wanted = { size, take, parts: [], got: 0 }
  }
}
