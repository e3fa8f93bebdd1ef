/**
 * Something too long to be held: it is made anew, piece by piece, each time it is gone through. In JSON it is an array.
 */
export class Lazily<T> implements Iterable<T> {
  readonly #begin: () => Iterator<T>

  /** @param begin - to be called any number of times; what it needs must stay as it is */
  constructor(begin: () => Iterator<T>) {
    this.#begin = begin
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#begin()
  }

  map<U>(make: (piece: T) => U): Lazily<U> {
    const pieces = { [Symbol.iterator]: this.#begin }
    return new Lazily(function* () {
      for (const piece of pieces) yield make(piece)
    })
  }

  /** All of it, where somebody has to have it at once. */
  toJSON(): T[] {
    return [...this]
  }
}

/** What `JSON.stringify(document, undefined, 2)` makes of a document, in pieces: its long lists are never whole. */
export function* jsonPieces(document: unknown, indent = ''): Generator<string> {
  if (isList(document)) yield* listPieces(document, `${indent}  `)
  else if (typeof document !== 'object' || document === null || 'toJSON' in document) yield inside(document, indent)
  else yield* objectPieces(document, `${indent}  `)
}

function* objectPieces(document: object, indent: string): Generator<string> {
  let before = '{'
  for (const [name, value] of Object.entries(document)) {
    if (!isList(value) && !isTold(value)) continue
    yield `${before}\n${indent}${JSON.stringify(name)}: `
    before = ','
    yield* jsonPieces(value, indent)
  }
  yield before === '{' ? '{}' : `\n${indent.slice(2)}}`
}

function* listPieces(list: Iterable<unknown>, indent: string): Generator<string> {
  let before = '['
  for (const entry of list) {
    // What JSON can't tell is null in an array.
    yield `${before}\n${indent}${inside(isTold(entry) ? entry : null, indent)}`
    before = ','
  }
  yield before === '[' ? '[]' : `\n${indent.slice(2)}]`
}

/** Functions and what is undefined are nothing in JSON, which its type does not say. */
const isTold = (value: unknown): boolean =>
  typeof value !== 'function' &&
  typeof value !== 'symbol' &&
  (isPlain(value) || (JSON.stringify(value) as string | undefined) !== undefined)

/** What stands in JSON for certain, without making it to see that. */
const isPlain = (value: unknown): boolean => typeof value === 'object' && (value === null || !('toJSON' in value))

const isList = (value: unknown): value is Iterable<unknown> => Array.isArray(value) || value instanceof Lazily

/** As it stands within others. Line feeds in texts are escaped, so that all there are are between pieces. */
const inside = (value: unknown, indent: string): string =>
  JSON.stringify(value, undefined, 2).replaceAll('\n', `\n${indent}`)
