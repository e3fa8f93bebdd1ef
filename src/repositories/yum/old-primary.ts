import { Readable, type Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import xz from 'xz-decompress'
import { attributeOf } from './repomd.ts'
import { unescapeXml } from './xml.ts'

/** What the present index says of a package and the package itself can't. */
export interface OldEntry {
  /** As it is written: `sha256`, or `sha`, `md5`, … in old repositories. */
  readonly checksumType: string
  readonly checksum: string
  /** Relative to the repository's root or to `base`; resolved. */
  readonly href: string
  readonly base?: string
  /** Unix seconds. */
  readonly fileTime: number
  /** The package file's bytes. */
  readonly size: number
  /** See {@link looksOf}. */
  readonly looks: string
}

/** An index that cannot be read. */
export class UnreadableIndex extends Error {
  override readonly name = 'UnreadableIndex'
}

/** No index is larger than this, uncompressed; nor is one package in it larger than that. */
const openSizeAtMost = 4 * 1024 ** 3
const packageAtMost = 64 * 1024 * 1024
const lookedThroughAtLeast = 256 * 1024

/**
 * Goes through the packages of a primary.xml, holding one of them at a time.
 *
 * @param href - tells the compression by its end: `.gz`, `.zst`, `.xz` or none
 * @throws UnreadableIndex if it is damaged, cut off or compressed otherwise
 */
export async function* oldEntries(href: string, body: Uint8Array): AsyncGenerator<OldEntry> {
  const decoder = new TextDecoder()
  let size = 0
  let held = ''
  let fresh = ''
  for await (const chunk of decompressed(href, body)) {
    size += chunk.length
    if (size > openSizeAtMost) throw new UnreadableIndex(`${href} is absurdly large`)
    fresh += decoder.decode(chunk, { stream: true })
    // Looked through again only once it has doubled, so that a package without an end costs no more than its length.
    if (fresh.length < Math.max(held.length, lookedThroughAtLeast)) continue
    const { packages, rest } = wholePackages(held + fresh)
    if (rest.length > packageAtMost) throw new UnreadableIndex(`${href} holds an absurdly large package`)
    for (const xml of packages) yield* entryOf(xml)
    held = rest
    fresh = ''
  }
  const { packages, rest } = wholePackages(held + fresh)
  for (const xml of packages) yield* entryOf(xml)
  if (!/<\/metadata\s*>\s*$|<metadata\s[^<>]*\/>\s*$/.test(rest.slice(-1000)))
    throw new UnreadableIndex(`${href} is cut off`)
}

function wholePackages(text: string): { packages: string[]; rest: string } {
  const packages: string[] = []
  let from = 0
  for (;;) {
    const end = text.indexOf('</package>', from)
    if (end < 0) return { packages, rest: text.slice(from) }
    const start = text.indexOf('<package', from)
    if (start >= 0 && start < end) packages.push(text.slice(start, end))
    from = end + '</package>'.length
  }
}

function entryOf(xml: string): OldEntry[] {
  const [, checksumTag = '', checksum = ''] = /<checksum(\s[^<>]*)>([^<]*)</.exec(xml) ?? []
  const location = tagOf(xml, 'location')
  const time = tagOf(xml, 'time')
  const size = Number(attributeOf(tagOf(xml, 'size'), 'package'))
  const href = attributeOf(location, 'href')
  if (href === undefined) return []
  const base = attributeOf(location, 'xml:base')
  return [
    {
      checksumType: attributeOf(checksumTag, 'type') ?? '',
      checksum: checksum.trim().toLowerCase(),
      href,
      ...(base === undefined ? {} : { base }),
      fileTime: Number(attributeOf(time, 'file')),
      size,
      looks: oldLooks(xml, size, attributeOf(time, 'build') ?? ''),
    },
  ]
}

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

/**
 * All by which a package can be found again in an index whose checksums are of a kind that is not known of it. Together
 * they are as good as unique: a package is not built twice in one second with headers of the same length.
 */
export const looksOf = (facts: {
  readonly name: string
  readonly version: string
  readonly arch: string
  readonly size: number
  readonly buildTime: number
  readonly headerStart: number
  readonly headerEnd: number
}): string =>
  [facts.name, facts.version, facts.arch, facts.size, facts.buildTime, facts.headerStart, facts.headerEnd].join(' ')

const tagOf = (xml: string, name: string): string => new RegExp(`<${name}\\s[^<>]*>`).exec(xml)?.[0] ?? ''

const textOfElement = (xml: string, name: string): string =>
  unescapeXml(new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? '')

function decompressed(href: string, body: Uint8Array): AsyncIterable<Uint8Array> {
  if (href.endsWith('.gz')) return through(createGunzip(), href, body)
  if (href.endsWith('.zst')) return through(createZstdDecompress(), href, body)
  if (href.endsWith('.xz')) return unxz(href, body)
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

async function* unxz(href: string, body: Uint8Array): AsyncGenerator<Uint8Array> {
  try {
    yield* new xz.XzReadableStream(new Blob([Uint8Array.from(body)]).stream())
  } catch (error) {
    throw new UnreadableIndex(`${href} is damaged`, { cause: error })
  }
}
