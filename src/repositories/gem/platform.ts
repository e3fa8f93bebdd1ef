import { type Ruby, RubyObject, RubyString } from './ruby.ts'

/** What gems are called that are for all platforms. One object, as in Ruby. */
export const anyPlatform = new RubyString('ruby')

/**
 * The `Gem::Platform` that RubyGems makes of a platform's name.
 *
 * Source: RubyGems, `Gem::Platform#initialize` (lib/rubygems/platform.rb).
 */
export function platformOf(name: string): RubyObject {
  const { cpu, os, version } = partsOf(name)
  const of = (text: string | null): Ruby => (text === null ? null : new RubyString(text))
  return new RubyObject(
    'Gem::Platform',
    new Map([
      ['cpu', of(cpu)],
      ['os', of(os)],
      ['version', of(version)],
    ]),
  )
}

/** How a platform is called in the names of files: `x86-linux` for `i686-linux`. */
export function normalPlatform(name: string): string {
  const { cpu, os, version } = partsOf(name)
  return [cpu, os, version].filter((part) => part !== null).join('-')
}

interface Parts {
  cpu: string | null
  os: string
  version: string | null
}

function partsOf(name: string): Parts {
  const words = splitAtDashes(name)
  // `x86-linux-gnu` is of two words.
  if (words.length > 2 && !/\d/.test(words.at(-1) ?? '')) {
    const extra = words.pop() ?? ''
    words.push(`${words.pop() ?? ''}-${extra}`)
  }
  const first = words.shift() ?? ''
  const cpu = /i\d86/.test(first) ? 'x86' : first
  if (words.length === 2 && /^\d+(?:\.\d+)?$/m.test(words[1] ?? '')) {
    return { cpu, os: words[0] ?? '', version: words[1] ?? '' }
  }
  const [os] = words
  const found = systemOf(os ?? first)
  return { cpu: os === undefined ? (found.cpu ?? null) : cpu, os: found.os, version: found.version }
}

/** As Ruby's `split`: what is empty at the end is none. */
function splitAtDashes(name: string): string[] {
  const words = name.split('-')
  while (words.at(-1) === '') words.pop()
  return words
}

/** By the first pattern that is in the name; a group is its version. */
const systems: readonly (readonly [RegExp, string])[] = [
  [/aix(\d+)?/, 'aix'],
  [/cygwin/, 'cygwin'],
  [/darwin(\d+)?/, 'darwin'],
  [/^macruby$/m, 'macruby'],
  [/freebsd(\d+)?/, 'freebsd'],
  [/hpux(\d+)?/, 'hpux'],
  [/^j(?:ava|ruby)$/m, 'java'],
  [/^java([\d.]*)/m, 'java'],
  [/^dalvik(\d+)?$/m, 'dalvik'],
  [/^dotnet$/m, 'dotnet'],
  [/^dotnet([\d.]*)/m, 'dotnet'],
  [/linux-?((?!gnu)\w+)?/, 'linux'],
  [/mingw32/, 'mingw32'],
  [/mingw-?(\w+)?/, 'mingw'],
]
const systemsBehindWindows: readonly (readonly [RegExp, string])[] = [
  [/netbsdelf/, 'netbsdelf'],
  [/openbsd(\d+\.\d+)?/, 'openbsd'],
  [/bitrig(\d+\.\d+)?/, 'bitrig'],
  [/solaris(\d+\.\d+)?/, 'solaris'],
]

function systemOf(os: string): { os: string; version: string | null; cpu?: string } {
  const found = firstOf(systems, os)
  if (found !== undefined) return found
  const [, windows, version = null] = /(mswin\d+)(?:_(\d+))?/.exec(os) ?? []
  if (windows !== undefined) return { os: windows, version, ...(windows.endsWith('32') ? { cpu: 'x86' } : {}) }
  const [, other, number = null] = /^(\w+_platform)(\d+)?/m.exec(os) ?? []
  return firstOf(systemsBehindWindows, os) ?? { os: other ?? 'unknown', version: number }
}

function firstOf(patterns: readonly (readonly [RegExp, string])[], os: string) {
  for (const [pattern, name] of patterns) {
    const found = pattern.exec(os)
    if (found !== null) return { os: name, version: found[1] ?? null }
  }
  return undefined
}
