import { mayBe, type Pattern } from './pattern.ts'

/** Why a value is not known that stands there as a name, which may be the value itself. */
export const notInQuotes = 'is not in quotes'

/** How likely a line that is not evaluated sets a key: `surely` where it names it, or runs what cannot be seen. */
export type Likelihood = 'no' | 'maybe' | 'surely'

/** What a line that is not evaluated could do to `packagecloud_rails`. */
export interface Effect {
  /** The keys that it could set. */
  readonly keys: Pattern | 'none'
  /** Whether it runs code or a file that cannot be seen. */
  readonly blind?: boolean
  /** The text of the line. */
  readonly source?: string
}

/** Something in the file that is not evaluated although it could change settings. */
export class Note {
  readonly file: string
  readonly line: number
  /** What it is. Holds neither literals of the file nor names that could be one. */
  readonly text: string
  readonly #effects: Effect[] = []

  constructor(file: string, line: number, text: string) {
    this.file = file
    this.line = line
    this.text = text
  }

  add(effect: Effect): void {
    this.#effects.push(effect)
  }

  /** Whether this could set a key of `packagecloud_rails`. */
  sets(key: string): Likelihood {
    const all = this.#effects.map((effect) => likelihood(effect, key))
    return all.includes('surely') ? 'surely' : all.includes('maybe') ? 'maybe' : 'no'
  }
}

function likelihood({ keys, blind, source }: Effect, key: string): Likelihood {
  if (blind === true || source?.includes(key) === true) return 'surely'
  return keys !== 'none' && mayBe(keys, key) ? 'maybe' : 'no'
}
