/** Reads as much of HCL as exports are written in, for tests: blocks, arguments, literals, references, `jsonencode`. */

export interface HclBlock {
  readonly type: string
  readonly labels: readonly string[]
  /** Values of arguments; a reference is an object with its text. */
  readonly args: Readonly<Record<string, unknown>>
  readonly blocks: readonly HclBlock[]
}

interface Reference {
  readonly reference: string
}

const tokens = /\s*(?:("(?:[^"\\]|\\.)*")|([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)|(-?\d+(?:\.\d+)?)|([{}[\](),=]))/y

/** @throws Error for what it can't read */
export function readHcl(text: string): HclBlock[] {
  return new Reader(text).blocks()
}

class Reader {
  readonly #tokens: string[] = []
  #at = 0

  constructor(text: string) {
    tokens.lastIndex = 0
    while (/\S/.test(text.slice(tokens.lastIndex))) {
      const from = tokens.lastIndex
      const found = tokens.exec(text)
      if (found === null) throw new Error(`not HCL as exports have it: ${text.slice(from, from + 60)}`)
      this.#tokens.push(found[0].trim())
    }
  }

  blocks(): HclBlock[] {
    const all: HclBlock[] = []
    while (this.#at < this.#tokens.length) all.push(this.#block(this.#next()))
    return all
  }

  #block(type: string): HclBlock {
    const labels: string[] = []
    while (this.#peek() !== '{') labels.push(String(literal(this.#next())))
    this.#expect('{')
    const args: Record<string, unknown> = {}
    const blocks: HclBlock[] = []
    while (this.#peek() !== '}') {
      const name = this.#next()
      if (this.#peek() === '=') {
        this.#expect('=')
        if (name in args) throw new Error(`${name} twice`)
        args[name] = this.#value()
      } else blocks.push(this.#block(name))
    }
    this.#expect('}')
    return { type, labels, args, blocks }
  }

  #value(): unknown {
    const token = this.#next()
    if (token === 'jsonencode') {
      this.#expect('(')
      const document = this.#value()
      this.#expect(')')
      return document
    }
    if (token === '[') {
      const items: unknown[] = []
      while (this.#peek() !== ']') {
        items.push(this.#value())
        if (this.#peek() !== ']') this.#expect(',')
      }
      this.#expect(']')
      return items
    }
    if (token === '{') {
      const members: [string, unknown][] = []
      while (this.#peek() !== '}') {
        const key = this.#next()
        this.#expect('=')
        members.push([key.startsWith('"') ? String(literal(key)) : key, this.#value()])
      }
      this.#expect('}')
      return Object.fromEntries(members)
    }
    return literal(token)
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at]
  }

  #next(): string {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw new Error('HCL ends too early')
    return token
  }

  #expect(token: string): void {
    const found = this.#next()
    if (found !== token) throw new Error(`${token} expected, not ${found}`)
  }
}

function literal(token: string): unknown {
  if (token.startsWith('"')) {
    // What opens a template is written twice; a code is none of that.
    const marked = token.replace(/([$%])\1\{/g, (_all, sign: string) => `${sign === '$' ? '\\ue000' : '\\ue001'}{`)
    if (/[$%]\{/.test(marked)) throw new Error(`a template: ${token}`)
    return (JSON.parse(marked) as string).replace(/\ue000/g, '$').replace(/\ue001/g, '%')
  }
  if (token === 'true' || token === 'false') return token === 'true'
  return /^-?\d/.test(token) ? Number(token) : ({ reference: token } satisfies Reference)
}
