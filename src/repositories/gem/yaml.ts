/**
 * Gemspecs as YAML, which RubyGems would make objects of. Here they become plain descriptions of those: nothing is ever
 * instantiated, and no more than the classes of a gemspec may be named.
 *
 * Sources: RubyGems, `Gem::SafeYAML`; Psych, `ScalarScanner#tokenize` and `Visitors::ToRuby`.
 */
import { EVENT_ID, type Event, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException } from 'js-yaml'

import { BadPackageError } from '../format.ts'
import {
  type Ruby,
  RubyDay,
  RubyHash,
  RubyObject,
  RubyRequirement,
  RubyString,
  RubySymbol,
  RubyVersion,
} from './ruby.ts'

/** A requirement in a dependency in a specification is 7 deep. */
const deepest = 24

const bad = (why: string): BadPackageError => new BadPackageError(`its metadata ${why}`)

/**
 * The attributes of the gemspec that a text is.
 *
 * @throws BadPackageError where it is none, or would make objects that a gemspec has not
 */
export function gemspecOf(text: string): ReadonlyMap<string, Ruby> {
  let events: Event[]
  try {
    events = parseEvents(text, { maxDepth: deepest })
  } catch (error) {
    if (error instanceof YAMLException) throw bad(`is no YAML: ${error.reason}`)
    throw error
  }
  const found = new Builder(text, events).document()
  if (!(found instanceof RubyObject) || found.className !== 'Gem::Specification') throw bad('is no gemspec')
  return found.variables
}

class Builder {
  readonly #text: string
  readonly #events: readonly Event[]
  readonly #anchors = new Map<string, Ruby>()
  #at = 0

  constructor(text: string, events: readonly Event[]) {
    this.#text = text
    this.#events = events
  }

  document(): Ruby {
    if (this.#next()?.type !== EVENT_ID.DOCUMENT) throw bad('is empty')
    return this.#value(this.#next())
  }

  #next(): Event | undefined {
    return this.#events[this.#at++]
  }

  #value(event: Event | undefined): Ruby {
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return this.#anchored(event, this.#scalar(event))
      case EVENT_ID.SEQUENCE: {
        const list: Ruby[] = []
        const tag = this.#tag(event)
        if (tag !== undefined) throw unknownTag(tag)
        this.#anchored(event, list)
        for (const item of this.#items()) list.push(item)
        return list
      }
      case EVENT_ID.MAPPING:
        return this.#mapping(event)
      case EVENT_ID.ALIAS: {
        const name = this.#text.slice(event.anchorStart, event.anchorEnd)
        const found = this.#anchors.get(name)
        if (found === undefined) throw bad('has an alias of nothing')
        return found
      }
      case EVENT_ID.DOCUMENT:
      case EVENT_ID.POP:
      case undefined:
        throw bad('ends in the middle')
    }
  }

  *#items(): Generator<Ruby> {
    for (let event = this.#next(); event?.type !== EVENT_ID.POP; event = this.#next()) yield this.#value(event)
  }

  #mapping(event: Extract<Event, { type: typeof EVENT_ID.MAPPING }>): Ruby {
    const tag = this.#tag(event)
    if (tag === undefined) {
      const hash = new RubyHash()
      this.#anchored(event, hash)
      for (const [key, value] of this.#pairs()) {
        const at = hash.entries.findIndex(([other]) => textOf(other) !== undefined && textOf(other) === textOf(key))
        if (at === -1) hash.entries.push([key, value])
        else hash.entries[at] = [hash.entries[at]?.[0] ?? key, value]
      }
      return hash
    }
    const className = classes[tag]
    if (className === undefined) throw unknownTag(tag)
    // Anchored before what is in it is known: it may refer to itself.
    if (className === 'Gem::Requirement') return this.#requirement(event)
    if (className === 'Gem::Version') return this.#anchored(event, versionOf(this.#variables()))
    const made = new RubyObject(className)
    this.#anchored(event, made)
    for (const [name, value] of this.#variables()) made.variables.set(name, value)
    return made
  }

  #requirement(event: Extract<Event, { type: typeof EVENT_ID.MAPPING }>): Ruby {
    const made = new RubyRequirement()
    this.#anchored(event, made)
    const { requirements } = Object.fromEntries(this.#variables())
    if (!Array.isArray(requirements)) throw bad('has a requirement that is none')
    made.requirements = requirements
    return made
  }

  #variables(): Map<string, Ruby> {
    const variables = new Map<string, Ruby>()
    for (const [key, value] of this.#pairs()) {
      const name = textOf(key)
      if (name === undefined || !/^[a-z_]\w*$/.test(name)) throw bad('has an attribute that is no name')
      variables.set(name, value)
    }
    return variables
  }

  *#pairs(): Generator<[Ruby, Ruby]> {
    for (let event = this.#next(); event?.type !== EVENT_ID.POP; event = this.#next()) {
      const key = this.#value(event)
      yield [key, this.#value(this.#next())]
    }
  }

  #scalar(event: Extract<Event, { type: typeof EVENT_ID.SCALAR }>): Ruby {
    const text = getScalarValue(this.#text, event)
    const tag = this.#tag(event)
    if (tag === undefined) return event.style === SCALAR_STYLE.PLAIN ? plain(text) : new RubyString(text)
    if (/^(?:!!|!|tag:yaml\.org,2002:)str$/.test(tag) || tag === '!') return new RubyString(text)
    if (tag === '!!null') return null
    if (tag === '!binary' || tag === '!!binary') return new RubyString(Buffer.from(text, 'base64').toString())
    throw unknownTag(tag)
  }

  #tag(event: { readonly tagStart: number; readonly tagEnd: number }): string | undefined {
    return event.tagStart === -1 ? undefined : this.#text.slice(event.tagStart, event.tagEnd)
  }

  #anchored<T extends Ruby>(event: { readonly anchorStart: number; readonly anchorEnd: number }, value: T): T {
    if (event.anchorStart !== -1) this.#anchors.set(this.#text.slice(event.anchorStart, event.anchorEnd), value)
    return value
  }
}

/** What a gemspec consists of, by its tag. */
const classes: Readonly<Record<string, string>> = {
  '!ruby/object:Gem::Specification': 'Gem::Specification',
  '!ruby/object:Gem::Version': 'Gem::Version',
  '!ruby/object:Gem::Requirement': 'Gem::Requirement',
  '!ruby/object:Gem::Version::Requirement': 'Gem::Requirement',
  '!ruby/object:Gem::Dependency': 'Gem::Dependency',
}

const unknownTag = (tag: string): BadPackageError => bad(`has ${tag.slice(0, 80)}, which no gemspec has`)

function versionOf(variables: ReadonlyMap<string, Ruby>): RubyVersion {
  const text = textOf(variables.get('version') ?? null)
  if (text === undefined) throw bad('has a version that is no text')
  return new RubyVersion(text)
}

export const textOf = (value: Ruby): string | undefined => (value instanceof RubyString ? value.text : undefined)

/** What a word without quotes stands for. Numbers other than whole ones, which no gemspec has, stay text. */
function plain(text: string): Ruby {
  if (text === '' || /^(?:~|null)$/i.test(text)) return null
  if (/^(?:yes|true|on)$/i.test(text)) return true
  if (/^(?:no|false|off)$/i.test(text)) return false
  if (text.startsWith(':') && text.length > 1) {
    const name = text.slice(1)
    // More would be left behind in whoever loads them.
    if (name !== 'runtime' && name !== 'development') throw bad(`has the symbol ${text.slice(0, 80)}`)
    return new RubySymbol(name)
  }
  if (/^[-+]?(?:0|[1-9]\d{0,8})$/.test(text)) return Number(text)
  const [, year, month, day] = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:$|[Tt]|\s+\d)/.exec(text) ?? []
  if (year === undefined) return new RubyString(text)
  return new RubyDay(Number(year), Number(month), Number(day))
}
