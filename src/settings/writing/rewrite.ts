/** Sets keys in the text of packagecloud.rb, and leaves all else as it stands, byte by byte. */
import { CtlError } from '../../errors.ts'
import { rails, type RailsKey } from '../../options.ts'
import { rubyLiteral } from '../../ui/template.ts'
import { readRuby, type RubyFile } from '../ruby/read.ts'
import {
  isKey,
  keyOf,
  Procedure,
  Reference,
  RubyArray,
  RubyHash,
  RubySymbol,
  Unknown,
  type Value,
} from '../ruby/value.ts'
import { managerIn } from './managed.ts'
import { readSyntax, type Literal, type Site, type Span, type Syntax } from './syntax.ts'

/** The keys of `packagecloud_rails` to set. */
export type Wanted = ReadonlyMap<RailsKey, string | boolean>

/** A line of the difference. Secrets are masked in it. */
export interface Edit {
  readonly key: string
  /** Where it stands: of what is added, where it will. */
  readonly line: number
  readonly before: string | null
  readonly after: string
}

export interface Rewritten {
  readonly bytes: Buffer
  /** None where the file says what is wanted already. */
  readonly edits: readonly Edit[]
}

/**
 * Sets keys: replaces the literal of one that is set once, adds a line at the end for one that is not set.
 *
 * @param content - of the file
 * @param file - its name, for messages
 * @param environment - what `ENV` holds in it
 * @throws CtlError of kind `configuration` for what is not Ruby; of kind `refused` for a file that something else manages,
 *   for a key that is set in several places or to something that is no literal, and for whatever the result would not
 *   say as wanted
 */
export async function rewrite(
  content: Buffer,
  file: string,
  wanted: Wanted,
  environment: NodeJS.ProcessEnv,
): Promise<Rewritten> {
  const old = await readRuby(content, file, environment)
  const changes = [...wanted].filter(([key, value]) => !saysAlready(old, key, value))
  if (changes.length === 0) return { bytes: content, edits: [] }
  const syntax = await readSyntax(content)
  assertUnmanaged(syntax, content, file)
  const parts = changes.map(([key, value]) => partOf({ key, value, old, syntax, content, file }))
  const { bytes, edits } = put(parts, content, syntax.end)
  await assertAsWanted(bytes, file, { old, wanted, environment })
  return { bytes, edits }
}

const saysAlready = (ruby: RubyFile, key: RailsKey, value: string | boolean): boolean =>
  ruby.get('packagecloud_rails', key)?.value === value

function assertUnmanaged({ comments }: Syntax, content: Buffer, file: string): void {
  for (const { from, to } of comments) {
    for (const [at, text] of content.toString('utf8', from, to).split('\n').entries()) {
      const manager = managerIn(text)
      if (manager === undefined) continue
      const message = `${file}:${lineAt(content, from) + at} says that ${manager} manages this file, so it was not written.`
      throw new CtlError('refused', message, {
        hint: `What is written there would be lost with the next run of ${manager}: change it where that takes it from.`,
        code: 'Managed',
      })
    }
  }
}

/** A piece of the text that is replaced by another. */
interface Part {
  readonly edit: Edit
  /** `undefined`: a line at the end. */
  readonly literal: Literal | undefined
  readonly text: string
}

interface Asked {
  readonly key: RailsKey
  readonly value: string | boolean
  readonly old: RubyFile
  readonly syntax: Syntax
  readonly content: Buffer
  readonly file: string
}

function partOf(asked: Asked): Part {
  const { key, value, syntax, content, file } = asked
  const [site, ...others] = syntax.sites.filter((each) => each.key === key)
  if (others.length > 0 && site !== undefined) {
    const lines = [site, ...others].map(({ span }) => lineAt(content, span.from))
    throw refused(`${file}: ${rails(key)} is set in several places: lines ${lines.join(', ')}.`)
  }
  if (site === undefined) return addition(asked)
  const line = lineAt(content, site.span.from)
  const { literal } = site
  if (literal === undefined) {
    throw refused(`${file}:${line}: ${rails(key)} is not set to a plain value there, or not always.`)
  }
  const text = literalFor(value, literal)
  return { edit: { key, line, ...shown(key, site, literal, text, content) }, literal, text }
}

/** Nothing may set the key already, seen or unseen. */
function addition({ key, value, old, content, file, syntax }: Asked): Part {
  const entry = old.get('packagecloud_rails', key)
  const note = old.notes.find((each) => each.sets(key) === 'surely')
  const there = entry === undefined || (entry.value === null && entry.line === 0) ? note?.line : entry.line
  if (there !== undefined) throw refused(`${file}:${there}: this sets ${rails(key)}, or may, and not as a plain value.`)
  if (old.doubts('packagecloud_rails', key)) throw refused(`${file} may set ${rails(key)} without naming it.`)
  const text = `${rails(key)} = ${rubyLiteral(value)}`
  const after = isSecret(key) ? `${rails(key)} = ${mask}` : text
  return { edit: { key, line: lineAt(content, syntax.end), before: null, after }, literal: undefined, text }
}

const refused = (message: string): CtlError =>
  new CtlError('refused', message, {
    hint: 'Nothing was written. Set it there by hand, and run this without --write-config.',
    code: 'NotPlain',
  })

const mask = "'********'"

const isSecret = (key: RailsKey): boolean => key.includes('secret')

function shown(
  key: RailsKey,
  { span: { from } }: Site,
  { span }: Literal,
  text: string,
  content: Buffer,
): Pick<Edit, 'before' | 'after'> {
  const name = content.toString('utf8', from, span.from)
  if (isSecret(key)) return { before: `${name}${mask}`, after: `${name}${text.length > 2 ? mask : text}` }
  return { before: `${name}${content.toString('utf8', span.from, span.to)}`, after: `${name}${text}` }
}

/** In the quotes that stand there, where that makes no difference. */
const literalFor = (value: string | boolean, { isDouble }: Literal): string =>
  isDouble && typeof value === 'string' && /^[\w+/=.:-]*$/.test(value) ? `"${value}"` : rubyLiteral(value)

function put(parts: readonly Part[], content: Buffer, end: number): Rewritten {
  const added = parts.filter(({ literal }) => literal === undefined)
  const cuts = parts
    .flatMap(({ literal, text }): { span: Span; text: string }[] =>
      literal === undefined
        ? []
        : [{ span: literal.span, text }, ...(literal.body === undefined ? [] : [{ span: literal.body, text: '' }])],
    )
    .sort((one, other) => one.span.from - other.span.from)
  const pieces: Buffer[] = []
  let at = 0
  for (const { span, text } of [...cuts, { span: { from: end, to: end }, text: addedText(added, content, end) }]) {
    pieces.push(content.subarray(at, span.from), Buffer.from(text))
    at = span.to
  }
  const first = lineAt(content, end) + (end === 0 || content[end - 1] === 10 ? 0 : 1)
  const edits = parts.map(({ edit }) => {
    const index = added.findIndex((part) => part.edit === edit)
    return index < 0 ? edit : { ...edit, line: first + index }
  })
  return { bytes: Buffer.concat([...pieces, content.subarray(at)]), edits }
}

function addedText(added: readonly Part[], content: Buffer, end: number): string {
  if (added.length === 0) return ''
  const last = content.lastIndexOf(10)
  const lineEnd = last > 0 && content[last - 1] === 13 ? '\r\n' : '\n'
  const before = end === 0 || content[end - 1] === 10 || isMark(content, end) ? '' : lineEnd
  return before + added.map(({ text }) => `${text}${lineEnd}`).join('')
}

/** A file of nothing but a byte order mark. */
const isMark = (content: Buffer, end: number): boolean => end === 3 && content.toString('utf8', 0, end) === '\ufeff'

async function assertAsWanted(
  bytes: Buffer,
  file: string,
  { old, wanted, environment }: { old: RubyFile; wanted: Wanted; environment: NodeJS.ProcessEnv },
): Promise<void> {
  const why = await readRuby(bytes, file, environment).then(
    (now) => whyDifferent(old, now, wanted),
    () => 'it would not be Ruby any more',
  )
  if (why === undefined) return
  throw refused(`${file} can not be changed so that it says just what is wanted: ${why}.`)
}

function whyDifferent(old: RubyFile, now: RubyFile, wanted: Wanted): string | undefined {
  for (const [key, value] of wanted) {
    if (now.get('packagecloud_rails', key)?.value !== value) return `${rails(key)} would be something else`
  }
  const notes = (ruby: RubyFile): string => ruby.notes.map(({ text }) => text).join('\n')
  return restOf(old, wanted) === restOf(now, wanted) && notes(old) === notes(now)
    ? undefined
    : 'another setting depends on it'
}

/** All that a file sets but for the keys that are wanted, as a text to compare. */
function restOf({ settings }: RubyFile, wanted: Wanted): string {
  const all = new Map(settings)
  const ours = all.get('packagecloud_rails')
  if (ours instanceof RubyHash) {
    all.set(
      'packagecloud_rails',
      [...wanted.keys()].reduce((hash, key) => hash.without(key), ours),
    )
  } else if (ours === undefined) all.set('packagecloud_rails', new RubyHash(undefined, true))
  return JSON.stringify([...all].map(([name, value]) => [name, comparable(value)]).sort())
}

function comparable(value: Value): unknown {
  if (value instanceof RubyArray) return value.items.map(comparable)
  if (value instanceof RubyHash) {
    const entries = [...value.entries.values()].map(({ key, value: of }) => [
      isKey(key) ? keyOf(key, value.mash) : '',
      comparable(of),
    ])
    return { mash: value.mash, entries, open: value.open.length }
  }
  if (value instanceof Unknown) return { unknown: value.reason }
  if (value instanceof RubySymbol) return { symbol: value.name }
  if (value instanceof Reference || value instanceof Procedure) return { kind: 'opaque' }
  return value === null ? null : { [typeof value]: String(value) }
}

/** The line of a byte, counted from 1. */
function lineAt(content: Buffer, offset: number): number {
  let line = 1
  for (let at = content.indexOf(10); at !== -1 && at < offset; at = content.indexOf(10, at + 1)) line++
  return line
}
