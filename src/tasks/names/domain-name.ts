import { domainToASCII } from 'node:url'

import { CtlError } from '../../errors.ts'

/** RFC 1123, 2.1; with a wildcard as first label only, and underscores, which some have in their names. */
const shape = /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/

/**
 * A domain name as DNS has it: in lower case, what is not ASCII in punycode, without the dot at its end.
 *
 * @returns `undefined` for what can't be one
 */
export function domainName(word: string): string | undefined {
  const [, wildcard = '', rest = ''] = /^(\*\.)?(.*)$/s.exec(word) ?? []
  // What is ASCII already is only compared: domainToASCII would take escapes and IP addresses apart.
  const ascii = /^[\x21-\x7e]*$/.test(rest) ? rest.toLowerCase() : domainToASCII(rest)
  const name = `${wildcard}${ascii}`.replace(/\.$/, '')
  return shape.test(name) && name.length <= 253 ? name : undefined
}

/** @throws CtlError of kind `usage` for what can't be a domain name */
export const readAliases = (words: readonly string[]): string[] =>
  words.map((word) => {
    const alias = domainName(word)
    if (alias !== undefined) return alias
    throw new CtlError('usage', `${JSON.stringify(word)} can't be a domain name.`, {
      hint: 'Give each alias on its own, such as cdn.example.org or *.example.org.',
    })
  })
