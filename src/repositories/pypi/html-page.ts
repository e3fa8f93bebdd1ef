/**
 * Pages in HTML, edited in their own text: titles, comments, other links and attributes that we don't know stay.
 *
 * @see https://packaging.python.org/en/latest/specifications/simple-repository-api/
 */
import { type Anchor, anchorsIn, escaped, valueOf } from './html-text.ts'
import {
  type AddedEntry,
  isSameText,
  type Page,
  type PageEdit,
  type PageEntry,
  placesAmong,
  type Told,
} from './page.ts'

/** Reads a page. Anything is one, with no links at worst. */
export function readHtml(bytes: Uint8Array): Page {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const { anchors, base } = anchorsIn(text)
  const linked = anchors.filter(({ attributes }) => valueOf(attributes, 'href') !== undefined)
  const entries = linked.map(entryOf)
  return {
    entries,
    base,
    edited: (edit) => edited(text, linked, entries, edit),
  }
}

const hashNames = /^(?:md5|sha1|sha224|sha256|sha384|sha512)=/i

function entryOf({ attributes }: Anchor): PageEntry {
  const href = (valueOf(attributes, 'href') ?? '').trim()
  const [url = ''] = href.split('#', 1)
  const digests = fragmentOf(href)
  const sha256 = digestIn(digests, 'sha256', 64)
  const md5 = digestIn(digests, 'md5', 32)
  const yanked = valueOf(attributes, 'data-yanked')
  return {
    name: nameIn(url),
    url,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(md5 === undefined ? {} : { md5 }),
    ...(yanked === undefined ? {} : { yanked: yanked === '' ? true : yanked }),
  }
}

const fragmentOf = (href: string): string[] => (href.includes('#') ? href.slice(href.indexOf('#') + 1).split('&') : [])

const digestIn = (fragment: readonly string[], name: string, length: number): string | undefined =>
  fragment
    .map((part) => part.toLowerCase())
    .find((part) => part.startsWith(`${name}=`) && part.length === name.length + 1 + length)
    ?.slice(name.length + 1)

/** The last part of a path, as clients take it for the name of a file. */
export function nameIn(url: string): string {
  const [path = ''] = url.split('?', 1)
  const last = path.replace(/\/+$/, '').split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(last)
  } catch {
    return last
  }
}

/** What may stand between links, and belongs to none of them. */
const plain = /^(?:\s|<\/?(?:br|li|p|td|tr|div|dd|dt)\s*\/?>)*$/i

function edited(
  text: string,
  anchors: readonly Anchor[],
  entries: readonly PageEntry[],
  edit: PageEdit,
): Uint8Array | undefined {
  const between = anchors.map(({ start }, at) => text.slice(at === 0 ? 0 : (anchors[at - 1]?.end ?? 0), start))
  const tail = text.slice(anchors.at(-1)?.end ?? 0)
  const links: Link[] = []
  let isChanged = edit.added.length > 0
  let before: string | undefined
  anchors.forEach((anchor, at) => {
    const change = edit.change(at)
    const gap = before === undefined ? (between[at] ?? '') : before
    before = undefined
    if (change === 'gone') {
      isChanged = true
      const after = between[at + 1]
      // The first gap stays: what stands behind what is gone goes with it.
      before = after === undefined || plain.test(after) ? gap : gap + after
      return
    }
    const old = text.slice(anchor.start, anchor.end)
    const now = change === undefined ? old : told(text, anchor, change)
    isChanged ||= now !== old
    links.push({ gap, text: now, name: entries[at]?.name ?? '' })
  })
  if (!isChanged) return undefined
  const end = endOf(links.length === 0 ? (before ?? '') : '', links.length === 0 ? undefined : before, tail)
  const separator = separatorOf(between, tail)
  return Buffer.from(withAdded(links, end, separator, edit.added), 'latin1')
}

interface Link {
  /** What stands before it. */
  readonly gap: string
  readonly text: string
  readonly name: string
}

/** What stands behind the last link, where one or more before it are gone. */
function endOf(head: string, gap: string | undefined, tail: string): string {
  if (head !== '') return head + tail.replace(/^[^\S\n]*<br\s*\/?>/i, '')
  return gap === undefined || plain.test(gap) ? tail : gap + tail
}

const usual = '<br>\n'

/** As the page has it between its links. */
function separatorOf(between: readonly string[], tail: string): string {
  const [head = '', second] = between
  if (second !== undefined && second !== '' && plain.test(second)) return second
  const indent = /\n([ \t]*)$/.exec(head)?.[1] ?? ''
  const [, ending] = /^[^\S\n]*(<br\s*\/?>)/i.exec(tail) ?? []
  return (ending === undefined ? usual : `${ending}\n`) + indent
}

function withAdded(links: readonly Link[], end: string, separator: string, added: readonly AddedEntry[]): string {
  if (links.length === 0) {
    const lines = [...added].sort(byName).map((entry) => `    ${anchorOf(entry)}${usual}`)
    const at = /[ \t]*<\/(?:body|html)\s*>/i.exec(end)?.index ?? end.length
    return end.slice(0, at) + lines.join('') + end.slice(at)
  }
  const placeOf = placesAmong(links.map(({ name }) => name))
  const places = Map.groupBy([...added].sort(byName), ({ name }) => placeOf(name))
  let text = ''
  for (const [at, link] of [...links, undefined].entries()) {
    const fresh = (places.get(at) ?? []).map(anchorOf)
    if (link === undefined) text += fresh.map((anchor) => separator + anchor).join('') + end
    else text += link.gap + fresh.map((anchor) => anchor + separator).join('') + link.text
  }
  return text
}

const byName = (one: AddedEntry, other: AddedEntry): number => (one.name < other.name ? -1 : 1)

const metadataNames = ['data-core-metadata', 'data-dist-info-metadata']

function anchorOf({ name, url, sha256, requiresPython, metadata, yanked }: AddedEntry): string {
  const attributes: [string, string | undefined][] = [
    ['href', sha256 === undefined ? url : `${url}#sha256=${sha256}`],
    ['data-requires-python', requiresPython],
    ...metadataNames.map((one): [string, string | undefined] => [one, metadata && `sha256=${metadata}`]),
    ['data-yanked', yanked === true ? '' : yanked],
  ]
  const written = attributes.flatMap(([one, value]) => (value === undefined ? [] : `${one}="${escaped(value)}"`))
  return `<a ${written.join(' ')}>${escaped(name)}</a>`
}

/** An anchor that says of its package what that says of itself. */
function told(text: string, anchor: Anchor, { sha256, requiresPython, metadata }: Told): string {
  const href = valueOf(anchor.attributes, 'href') ?? ''
  const wanted = new Map<string, string>()
  if (sha256 !== undefined) wanted.set('href', withDigest(href, sha256))
  const required = valueOf(anchor.attributes, 'data-requires-python')
  if (requiresPython !== undefined && !isSameText(required, requiresPython)) {
    wanted.set('data-requires-python', requiresPython)
  }
  if (metadata !== undefined) for (const name of metadataNames) wanted.set(name, `sha256=${metadata}`)
  let open = text.slice(anchor.start, anchor.openEnd)
  const attributes = [...anchor.attributes].reverse()
  const missing: string[] = []
  for (const [name, value] of wanted) {
    if (valueOf(anchor.attributes, name) === value) wanted.delete(name)
    else if (!attributes.some((one) => one.name === name)) missing.push(` ${name}="${escaped(value)}"`)
  }
  open = open.replace(/\s*\/?>$/, (close) => missing.join('') + close)
  for (const { name, start, end } of attributes) {
    const value = wanted.get(name)
    if (value === undefined) continue
    const [from, to] = [start - anchor.start, end - anchor.start]
    open = `${open.slice(0, from)}${name}="${escaped(value)}"${open.slice(to)}`
  }
  return open + text.slice(anchor.openEnd, anchor.end)
}

/** With the digest of what is there, and none of what may have been. */
function withDigest(href: string, sha256: string): string {
  const fragment = fragmentOf(href)
  const hashes = fragment.filter((part) => hashNames.test(part))
  if (hashes.length === 1 && hashes[0]?.toLowerCase() === `sha256=${sha256}`) return href
  const others = fragment.filter((part) => !hashNames.test(part))
  return `${href.split('#', 1)[0] ?? ''}#${[`sha256=${sha256}`, ...others].join('&')}`
}

/** A page of all projects that lists none yet. */
export const htmlRoot = (): Uint8Array => emptyPage('Simple index')

export const htmlProject = (project: string): Uint8Array => emptyPage(`Links for ${project}`)

const emptyPage = (title: string): Uint8Array =>
  Buffer.from(`<!DOCTYPE html>
<html>
  <head>
    <meta name="pypi:repository-version" content="1.0">
    <title>${escaped(title)}</title>
  </head>
  <body>
    <h1>${escaped(title)}</h1>
  </body>
</html>
`)
