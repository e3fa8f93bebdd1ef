/**
 * The longest text that whatever a pattern matches has in it; empty if that can't be told. Looking for it first is many
 * times faster than the pattern, and almost every key is of none of the patterns.
 */
export function literalOf({ source, flags }: RegExp): string {
  if (flags.includes('i')) return ''
  let [longest, run] = ['', '']
  const end = (): void => {
    if (run.length > longest.length) longest = run
    run = ''
  }
  for (let at = 0; at < source.length; at++) {
    const sign = source[at] ?? ''
    if (sign === '|') return ''
    if (sign === '(' || sign === '[') {
      at = closing(source, at)
      end()
    } else if (/[*?{]/.test(sign)) {
      // What stands before may be missing.
      run = run.slice(0, -1)
      if (sign === '{') at = source.indexOf('}', at)
      end()
    } else if (sign === '\\') {
      const escaped = source[++at] ?? ''
      if (/\w/.test(escaped)) end()
      else run += escaped
    } else if (/[\^$.+]/.test(sign)) end()
    else run += sign
  }
  end()
  return longest
}

/** Where a group or class of a pattern ends that begins here. */
function closing(source: string, start: number): number {
  const isClass = source[start] === '['
  for (let at = start + 1, depth = 1; at < source.length; at++) {
    if (source[at] === '\\') at++
    else if (isClass) {
      if (source[at] === ']') return at
    } else if (source[at] === '[') at = closing(source, at)
    else if (source[at] === '(') depth++
    else if (source[at] === ')' && --depth === 0) return at
  }
  return source.length
}
