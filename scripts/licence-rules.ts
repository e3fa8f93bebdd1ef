/** Which licences the code of others may have, by SPDX's names. */

/** They ask for nothing but their text, which travels along. */
const permissive = [
  ...['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'CC0-1.0', 'ISC', 'MIT', 'PSF-2.0'],
  ...['Python-2.0', 'Unlicense', 'Zlib'],
]

/** What is under these may be in the product as a file of its own that anybody can replace, and in no other way. */
const replaceable = ['LGPL-3.0+', 'LGPL-3.0-or-later']

/** How the code of a package is used. */
export type Use = 'bundled' | 'a file of its own' | 'only to build'

/**
 * Whether a package may be used so.
 *
 * @param expression - SPDX's, of names, AND and OR; anything else may not
 */
export function mayBeUsed(expression: string, use: Use): boolean {
  const allowed = new Set(use === 'bundled' ? permissive : [...permissive, ...replaceable])
  const alternatives = expression.replace(/^\((.*)\)$/, '$1').split(' OR ')
  return alternatives.some((one) => one.split(' AND ').every((name) => allowed.has(name)))
}
