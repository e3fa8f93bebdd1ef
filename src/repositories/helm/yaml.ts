/**
 * YAML as Helm reads it: words are resolved by the rules of the Go library that it uses, those of YAML 1.1 mostly, and what
 * comes of them is no more than JSON has.
 *
 * Source: sigs.k8s.io/yaml, `convertToJSONableObject`; gopkg.in/yaml.v2, `resolve`.
 */
import { EVENT_ID, type Event, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException } from 'js-yaml'

/** Nothing is an object of a class, and keys are in the order of the text. */
export type Yaml = null | boolean | string | YamlNumber | readonly Yaml[] | YamlMap
export type YamlMap = ReadonlyMap<string, Yaml>

/** A number as it is written, so that it can be written again. */
export class YamlNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What is no YAML, or more of it than there is. */
export class UnreadableYaml extends Error {
  override readonly name = 'UnreadableYaml'
}

const deepest = 32
/** Aliases may stand for as much as this, beside what is written. */
const mostAliased = 100_000

/**
 * The first document of a text.
 *
 * @throws UnreadableYaml
 */
export function readYaml(text: string): Yaml {
  let events: Event[]
  try {
    events = parseEvents(text, { maxDepth: deepest })
  } catch (error) {
    if (error instanceof YAMLException) throw new UnreadableYaml(`it is no YAML: ${error.reason}`)
    throw error
  }
  return new Builder(text, events).document()
}

export const isMap = (value: Yaml | undefined): value is YamlMap => value instanceof Map
export const isList = (value: Yaml | undefined): value is readonly Yaml[] => Array.isArray(value)

/** What Helm makes of a value where it wants a text; undefined where it takes none. */
export function textOf(value: Yaml | undefined): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  return value instanceof YamlNumber ? goNumber(value.text) : undefined
}

class Builder {
  readonly #text: string
  readonly #events: readonly Event[]
  readonly #anchors = new Map<string, { readonly value: Yaml; readonly nodes: number }>()
  #at = 0
  #nodes = 0
  #aliased = 0

  constructor(text: string, events: readonly Event[]) {
    this.#text = text
    this.#events = events
  }

  document(): Yaml {
    if (this.#next()?.type !== EVENT_ID.DOCUMENT) return null
    return this.#value(this.#next())
  }

  #next(): Event | undefined {
    return this.#events[this.#at++]
  }

  #value(event: Event | undefined): Yaml {
    const before = this.#nodes++
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return this.#anchored(event, this.#scalar(event), before)
      case EVENT_ID.SEQUENCE: {
        this.#refuseTag(event, 'seq')
        const list: Yaml[] = []
        for (let item = this.#next(); item?.type !== EVENT_ID.POP; item = this.#next()) list.push(this.#value(item))
        return this.#anchored(event, list, before)
      }
      case EVENT_ID.MAPPING:
        this.#refuseTag(event, 'map')
        return this.#anchored(event, this.#mapping(), before)
      case EVENT_ID.ALIAS: {
        const found = this.#anchors.get(this.#text.slice(event.anchorStart, event.anchorEnd))
        if (found === undefined) throw new UnreadableYaml('it has an alias of nothing')
        this.#spend(found.nodes)
        this.#nodes += found.nodes
        return found.value
      }
      case EVENT_ID.DOCUMENT:
      case EVENT_ID.POP:
      case undefined:
        return null
    }
  }

  #spend(nodes: number): void {
    this.#aliased += nodes
    if (this.#aliased > mostAliased) throw new UnreadableYaml('its aliases stand for too much')
  }

  #mapping(): YamlMap {
    const map = new Map<string, Yaml>()
    const merged: Yaml[] = []
    for (let event = this.#next(); event?.type !== EVENT_ID.POP; event = this.#next()) {
      const isMerge =
        event?.type === EVENT_ID.SCALAR && event.style === SCALAR_STYLE.PLAIN && this.#plain(event) === '<<'
      const key = this.#value(event)
      const value = this.#value(this.#next())
      const name = textOf(key)
      if (isMerge) merged.push(...(isList(value) ? value : [value]))
      else if (name === undefined) throw new UnreadableYaml('it has a key that is no text')
      else map.set(name, value)
    }
    for (const one of merged) {
      if (!isMap(one)) throw new UnreadableYaml('it merges what is no table')
      this.#spend(one.size)
      for (const [name, value] of one) if (!map.has(name)) map.set(name, value)
    }
    return map
  }

  #plain(event: Extract<Event, { type: typeof EVENT_ID.SCALAR }>): string {
    return getScalarValue(this.#text, event)
  }

  #scalar(event: Extract<Event, { type: typeof EVENT_ID.SCALAR }>): Yaml {
    const text = this.#plain(event)
    const tag = this.#tag(event)
    if (tag === undefined) return event.style === SCALAR_STYLE.PLAIN ? resolve(text) : text
    if (tag === '!' || tag === 'str') return text
    if (!/^(?:int|float|bool|null)$/.test(tag)) throw unknownTag(tag)
    return resolve(text)
  }

  /** `int` of `!!int`. */
  #tag(event: { readonly tagStart: number; readonly tagEnd: number }): string | undefined {
    if (event.tagStart === -1) return undefined
    const tag = this.#text.slice(event.tagStart, event.tagEnd)
    return tag.replace(/^(?:!!|!<tag:yaml\.org,2002:(?=.*>$))/, '').replace(/>$/, '')
  }

  #refuseTag(event: { readonly tagStart: number; readonly tagEnd: number }, usual: string): void {
    const tag = this.#tag(event)
    if (tag !== undefined && tag !== usual) throw unknownTag(tag)
  }

  #anchored<T extends Yaml>(
    event: { readonly anchorStart: number; readonly anchorEnd: number },
    value: T,
    before: number,
  ): T {
    if (event.anchorStart !== -1) {
      const name = this.#text.slice(event.anchorStart, event.anchorEnd)
      this.#anchors.set(name, { value, nodes: this.#nodes - before })
    }
    return value
  }
}

const unknownTag = (tag: string): UnreadableYaml =>
  new UnreadableYaml(`it has a tag that is none of Helm's: ${JSON.stringify(tag.slice(0, 80))}`)

const float = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:e[-+]?\d+)?$/i
const integer = /^[-+]?(?:0x[\da-f]+|0b[01]+|0[0-7]*|0o[0-7]+|[1-9]\d*)$/i

/** What a word without quotes stands for. Dates stay texts. */
export function resolve(text: string): null | boolean | string | YamlNumber {
  if (text === '' || /^(?:~|null|Null|NULL)$/.test(text)) return null
  if (/^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/.test(text)) return true
  if (/^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/.test(text)) return false
  if (/^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/.test(text)) return new YamlNumber(text)
  // Of numbers only those that begin with a digit or a sign may have blanks for the eye.
  const plain = /^[-+\d]/.test(text) ? text.replaceAll('_', '') : text
  const isNumber = integer.test(plain) || (float.test(plain) && Number.isFinite(Number(plain)))
  return isNumber ? new YamlNumber(text) : text
}

/** A number as Go writes it where a text is wanted: what is no whole number in single precision. */
function goNumber(text: string): string {
  const plain = text.replaceAll('_', '').toLowerCase()
  if (plain.includes('inf')) return plain.startsWith('-') ? '-Inf' : '+Inf'
  if (plain.includes('nan')) return 'NaN'
  const sign = plain.startsWith('-') ? '-' : ''
  const digits = plain.replace(/^[-+]/, '')
  if (integer.test(plain)) {
    const isOctal = /^0[0-7]+$/.test(digits)
    const whole = BigInt(isOctal ? `0o${digits.slice(1)}` : digits)
    if (whole < 2n ** (sign === '' ? 64n : 63n)) return whole === 0n ? '0' : `${sign}${whole}`
  }
  return goFloat(Number(plain))
}

/** `strconv.FormatFloat(value, 'g', -1, 32)`. */
function goFloat(value: number): string {
  const single = Math.fround(value)
  if (!Number.isFinite(single)) return single < 0 ? '-Inf' : '+Inf'
  if (single === 0) return Object.is(single, -0) ? '-0' : '0'
  let [mantissa, exponent] = ['', '']
  for (let digits = 0; digits <= 9; digits++) {
    ;[mantissa = '', exponent = ''] = single.toExponential(digits).split('e')
    if (Math.fround(Number(`${mantissa}e${exponent}`)) === single) break
  }
  // Of two that are as near the even one.
  const even = mantissa.replace(/[13579]$/, (digit) => String(Number(digit) - 1))
  const nearby = Number(`${even}e${exponent}`)
  const isTie = Math.abs(single - nearby) === Math.abs(Number(`${mantissa}e${exponent}`) - single)
  if (isTie && Math.fround(nearby) === single) mantissa = even
  const power = Number(exponent)
  if (power < -4 || power >= 6) return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
  const digits = mantissa.replace(/[-.]/g, '')
  const sign = mantissa.startsWith('-') ? '-' : ''
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${digits}`
  const whole = digits.slice(0, power + 1).padEnd(power + 1, '0')
  const rest = digits.slice(power + 1)
  return `${sign}${whole}${rest === '' ? '' : `.${rest}`}`
}
