import { type RubyFile, readRuby } from '../../../src/settings/ruby/read.ts'
import { RubyArray, RubyHash, RubySymbol, Unknown, type Value } from '../../../src/settings/ruby/value.ts'

export const ruby = (source: string, environment: NodeJS.ProcessEnv = {}): Promise<RubyFile> =>
  readRuby(Buffer.from(source), 'f.rb', environment)

/** The value of an expression, plain: symbols as `:name` except for keys of mashes, unknowns as `?REASON`. */
export async function valueOf(expression: string, environment: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const file = await ruby(`answer = (${expression}\n)`, environment)
  return plain(file.variable('answer'))
}

export function plain(value: Value | undefined): unknown {
  if (value instanceof Unknown) return `?${value.reason}`
  if (value instanceof RubySymbol) return `:${value.name}`
  if (value instanceof RubyArray) return value.items.map(plain)
  if (value instanceof RubyHash) {
    const name = (key: Value) => (value.mash && key instanceof RubySymbol ? key.name : String(plain(key)))
    return Object.fromEntries([...value.entries.values()].map((entry) => [name(entry.key), plain(entry.value)]))
  }
  return value
}
