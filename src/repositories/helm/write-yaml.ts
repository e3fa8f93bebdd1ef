/**
 * YAML as Helm writes it: tables in the order of their keys, lists not indented; no line is folded. Whatever might be no
 * text to Helm, whose rules are not those of today's YAML, stands in quotes.
 */
import { isList, isMap, resolve, type Yaml, type YamlMap, YamlNumber } from './yaml.ts'

export function writeYaml(map: YamlMap): string {
  if (map.size === 0) return '{}\n'
  const lines: string[] = []
  writeMap(map, '', '', lines)
  lines.push('')
  return lines.join('\n')
}

/** @param first - what stands before the first key, in place of the indent */
function writeMap(map: YamlMap, first: string, indent: string, lines: string[]): void {
  let before = first
  for (const key of [...map.keys()].sort()) {
    const value = map.get(key) ?? null
    const name = `${before}${scalar(key)}:`
    before = indent
    if (isMap(value) && value.size > 0) {
      lines.push(name)
      writeMap(value, `${indent}  `, `${indent}  `, lines)
    } else if (isList(value) && value.length > 0) {
      lines.push(name)
      writeList(value, indent, indent, lines)
    } else lines.push(`${name} ${scalar(value)}`)
  }
}

function writeList(list: readonly Yaml[], first: string, indent: string, lines: string[]): void {
  let before = first
  for (const item of list) {
    const dash = `${before}- `
    before = indent
    if (isMap(item) && item.size > 0) writeMap(item, dash, `${indent}  `, lines)
    else if (isList(item) && item.length > 0) writeList(item, dash, `${indent}  `, lines)
    else lines.push(dash + scalar(item))
  }
}

function scalar(value: Yaml): string {
  if (value === null) return 'null'
  if (typeof value === 'boolean') return String(value)
  if (value instanceof YamlNumber) return value.text
  if (typeof value === 'string') return isPlain(value) ? value : quoted(value)
  return isMap(value) ? '{}' : '[]'
}

/** Most texts are told by this alone, and fast. */
const simple = /^[A-Za-z/][\w./+@-]*$/
/** Begins with a letter, and has nothing that could mean more than itself. */
const word = /^[\p{L}/](?:[\p{L}\p{M}\d_./+@()%&;!?='"$~^<>|*,-]|:(?=\S)| (?=[^ #:]))*$/u
/** What is no number to anybody, though it begins with a digit. */
const version = /^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]*)?$/
const digest = /^(?=.*[acdf])[0-9a-f]{64}$/

/** May it stand without quotes, and is a text to Helm and to readers of other versions of YAML? */
const isPlain = (text: string): boolean =>
  text.length < 4096 &&
  (simple.test(text) || word.test(text)
    ? typeof resolve(text) === 'string' && !isWord(text)
    : version.test(text) || digest.test(text))

const isWord = (text: string): boolean => /^(?:y|n|yes|no|on|off|true|false|null)$/i.test(text)

/** JSON is YAML but for line breaks and marks that YAML knows and JSON does not, and halves of characters. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
