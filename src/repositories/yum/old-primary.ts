import { Readable, type Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { decodeInThread } from '../compression/decode-in-thread.ts'
import { unxz } from '../compression/xz.ts'
import { looksOf, type OldEntry } from './old-entries.ts'
import { attributeOf } from './repomd.ts'
import { unescapeXml } from '../xml.ts'

/** An index that cannot be read. */
export class UnreadableIndex extends Error {
  override readonly name = 'UnreadableIndex'
}

/** No index is larger than this, uncompressed; nor is one package in it larger than that. */
const openSizeAtMost = 4 * 1024 ** 3
const packageAtMost = 64 * 1024 * 1024
const lookedThroughAtLeast = 256 * 1024

/**
 * Goes through the `<package>` elements of a list, holding one of them at a time.
 *
 * @param href - tells the compression by its end: `.gz`, `.zst`, `.xz`, `.bz2`, `.lzma` or none
 * @param root - the list's root element, such as `metadata`
 * @param opening - is told what stands before the first package
 * @throws UnreadableIndex if it is damaged, cut off or compressed otherwise
 */
export async function* oldElements(
  href: string,
  body: Uint8Array,
  root: ListRoot,
  opening: (xml: string) => void = () => undefined,
): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let size = 0
  let held = ''
  let fresh = ''
  let isOpen = false
  const taken = (text: string): Whole => {
    const whole = wholePackages(text)
    if (!isOpen && whole.packages.length > 0) opening(text.slice(0, text.indexOf(packageStart)))
    isOpen ||= whole.packages.length > 0
    return whole
  }
  for await (const chunk of decompressed(href, body)) {
    size += chunk.length
    if (size > openSizeAtMost) throw new UnreadableIndex(`${href} is absurdly large`)
    fresh += decoder.decode(chunk, { stream: true })
    // Looked through again only once it has doubled, so that a package without an end costs no more than its length.
    if (fresh.length < Math.max(held.length, lookedThroughAtLeast)) continue
    const { packages, rest } = taken(held + fresh)
    if (rest.length > packageAtMost) throw new UnreadableIndex(`${href} holds an absurdly large package`)
    yield* packages
    held = rest
    fresh = ''
  }
  const { packages, rest } = taken(held + fresh)
  yield* packages
  if (!listEnds[root].test(rest.slice(-1000))) throw new UnreadableIndex(`${href} is cut off`)
}

const listEnds = {
  metadata: /<\/metadata\s*>\s*$|<metadata\s[^<>]*\/>\s*$/,
  filelists: /<\/filelists\s*>\s*$|<filelists\s[^<>]*\/>\s*$/,
  otherdata: /<\/otherdata\s*>\s*$|<otherdata\s[^<>]*\/>\s*$/,
} as const

/** The root elements of primary, filelists and other. */
type ListRoot = keyof typeof listEnds

interface Whole {
  readonly packages: readonly string[]
  readonly rest: string
}

const packageStart = '<package'
const packageEnd = '</package>'

function wholePackages(text: string): Whole {
  const packages: string[] = []
  let from = 0
  for (;;) {
    const end = text.indexOf(packageEnd, from)
    if (end < 0) return { packages, rest: text.slice(from) }
    const start = text.indexOf(packageStart, from)
    from = end + packageEnd.length
    if (start >= 0 && start < end) packages.push(text.slice(start, from))
  }
}

/** What an element of primary.xml says; undefined if it names no place. */
export function entryOf(xml: string): OldEntry | undefined {
  const location = locationTag.exec(xml)?.[0] ?? ''
  const href = attributeOf(location, 'href')
  if (href === undefined) return undefined
  const [, checksumTag = '', checksum = ''] = /<checksum(\s[^<>]*)>([^<]*)</.exec(xml) ?? []
  const checksumType = attributeOf(checksumTag, 'type') ?? ''
  const time = timeTag.exec(xml)?.[0] ?? ''
  const size = Number(attributeOf(sizeTag.exec(xml)?.[0] ?? '', 'package'))
  return {
    checksumType,
    checksum: checksum.trim().toLowerCase(),
    href,
    base: attributeOf(location, 'xml:base') ?? '',
    fileTime: Number(attributeOf(time, 'file') ?? Number.NaN),
    size,
    looks: checksumType === 'sha256' ? '' : oldLooks(xml, size, attributeOf(time, 'build') ?? ''),
  }
}

const locationTag = /<location\s[^<>]*>/
const timeTag = /<time\s[^<>]*>/
const sizeTag = /<size\s[^<>]*>/

function oldLooks(xml: string, size: number, buildTime: string): string {
  const version = tagOf(xml, 'version')
  const range = tagOf(xml, 'rpm:header-range')
  const [epoch, ver, rel] = ['epoch', 'ver', 'rel'].map((name) => attributeOf(version, name) ?? '')
  const [start, end] = ['start', 'end'].map((name) => Number(attributeOf(range, name)))
  return looksOf({
    name: textOfElement(xml, 'name'),
    version: `${epoch}:${ver}-${rel}`,
    arch: textOfElement(xml, 'arch'),
    size,
    buildTime: Number(buildTime),
    headerStart: start ?? 0,
    headerEnd: end ?? 0,
  })
}

const tagOf = (xml: string, name: string): string => new RegExp(`<${name}\\s[^<>]*>`).exec(xml)?.[0] ?? ''

const textOfElement = (xml: string, name: string): string =>
  unescapeXml(new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? '')

/** Namespaces of lists that we write: an element that needs no others can be put into them as it is. */
const ownNamespaces: ReadonlySet<string> = new Set(['xmlns', 'xmlns:rpm'])

/** Whether elements behind this opening of a list mean the same in one of ours. */
export const isCarriable = (opening: string): boolean =>
  [...opening.matchAll(/\s(xmlns(?::[\w.-]+)?)\s*=/g)].every(([, name = '']) => ownNamespaces.has(name))

function decompressed(href: string, body: Uint8Array): AsyncIterable<Uint8Array> {
  if (href.endsWith('.gz')) return through(createGunzip(), href, body)
  if (href.endsWith('.zst')) return through(createZstdDecompress(), href, body)
  if (href.endsWith('.xz')) return sound(href, unxz(body))
  if (href.endsWith('.bz2')) return sound(href, decodeInThread('bzip2', body))
  if (href.endsWith('.lzma')) return sound(href, decodeInThread('lzma', body))
  if (href.endsWith('.xml')) return Readable.from([body])
  throw new UnreadableIndex(`${href} is compressed in a way that is not read here`)
}

async function* through(transform: Transform, href: string, body: Uint8Array): AsyncGenerator<Uint8Array> {
  transform.end(body)
  try {
    for await (const chunk of transform) if (chunk instanceof Uint8Array) yield chunk
  } catch (error) {
    throw new UnreadableIndex(`${href} is damaged`, { cause: error })
  }
}

async function* sound(href: string, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces
  } catch (error) {
    throw new UnreadableIndex(`${href} is damaged`, { cause: error })
  }
}
