import type { Location } from '@ruby/prism/src/nodes.js'

/**
 * Whatever has a place in the file, which is all that is asked of a node by what only says where something is: `Node` is a
 * union of 150 classes, and each type that is made of it is compared with all of them.
 */
export interface Located {
  readonly location: Location
}

/** The text that is being evaluated, by byte offsets as the syntax tree has them. */
export class Source {
  readonly file: string
  /** UTF-8. */
  readonly bytes: Buffer
  /** Whether the file was valid UTF-8. */
  readonly valid: boolean
  /** For text that stands in a line of another one, or is run from there. */
  readonly #within: number | undefined
  /** Tells the code of one text from that of another. */
  readonly id: string
  /** How many texts this one is run from within. */
  readonly depth: number
  #starts: readonly number[] | undefined

  constructor(file: string, bytes: Buffer, valid = true, within?: { line: number; id: string; depth: number }) {
    this.file = file
    this.bytes = bytes
    this.valid = valid
    this.#within = within?.line
    this.id = within?.id ?? ''
    this.depth = within?.depth ?? 0
  }

  /** The line of the file, counted from 1. */
  lineAt(offset: number): number {
    return this.#within ?? this.#ownLineAt(offset)
  }

  text({ startOffset, length }: Location): string {
    return this.bytes.toString('utf8', startOffset, startOffset + length)
  }

  /** The whole lines that something stands in. */
  linesOf({ startOffset, length }: Location): string {
    this.#starts ??= startsOf(this.bytes)
    const [first, last] = [this.#ownLineAt(startOffset), this.#ownLineAt(startOffset + length)]
    return this.bytes.toString('utf8', this.#starts[first - 1], this.#starts[last] ?? this.bytes.length)
  }

  /** By halving: there may be very many lines, and every node asks. */
  #ownLineAt(offset: number): number {
    const starts = (this.#starts ??= startsOf(this.bytes))
    let [low, high] = [0, starts.length]
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if ((starts[middle] ?? Infinity) <= offset) low = middle
      else high = middle
    }
    return low + 1
  }
}

function startsOf(bytes: Buffer): readonly number[] {
  const starts = [0]
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) starts.push(at + 1)
  return starts
}
