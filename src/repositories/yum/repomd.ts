import { unescapeXml } from '../xml.ts'

/** What repomd.xml says of one metadata file. */
export interface RepomdData {
  readonly type: string
  /** Relative to the repository's root. */
  readonly href: string
  /** As it is written, such as `sha256`. */
  readonly checksumType?: string
  readonly checksum?: string
  readonly openChecksum?: string
  readonly openChecksumType?: string
  readonly size?: number
  /** The whole element, unchanged. */
  readonly xml: string
}

/** A repomd.xml taken apart. */
export interface Repomd {
  readonly revision?: string
  readonly data: readonly RepomdData[]
  /** Whatever else it holds, such as `<tags>`: whole elements, unchanged. */
  readonly others: readonly string[]
  /** The opening tag, with the namespaces that carried elements may use. */
  readonly opening: string
}

const defaultOpening =
  '<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">'

/**
 * A tag, a comment, an instruction or CDATA. What has no end takes all the rest, and no `<` is within a tag: so
 * everything is scanned once, whatever the input.
 */
const markup = /<!--[^]*?(?:-->|$)|<!\[CDATA\[[^]*?(?:\]\]>|$)|<[?!/]?(?:[^<>"']|"[^"<]*"|'[^'<]*')*>/g

/** No repomd.xml comes near this. */
const lengthAtMost = 1024 * 1024

/**
 * Takes a repomd.xml apart, or returns undefined if it is none.
 *
 * @param xml - the document, decoded
 */
export function parseRepomd(xml: string): Repomd | undefined {
  if (xml.length > lengthAtMost) return undefined
  const root = topElements(xml)
  if (root === undefined) return undefined
  const revision = root.children.find(({ name }) => name === 'revision')
  return {
    ...(revision === undefined ? {} : { revision: textIn(revision.xml) }),
    data: root.children.filter(({ name }) => name === 'data').flatMap(({ xml: element }) => dataOf(element)),
    others: root.children
      .filter(({ name }) => name !== 'data' && name !== 'revision')
      .map(({ xml: element }) => element),
    opening: root.opening,
  }
}

interface Child {
  readonly name: string
  readonly xml: string
}

/** The root element's opening tag and the elements in it, or undefined if this is no whole `<repomd>` document. */
function topElements(xml: string): { opening: string; children: Child[] } | undefined {
  const children: Child[] = []
  let opening: string | undefined
  let depth = 0
  let start = { at: 0, name: '' }
  for (const { 0: tag, index } of xml.matchAll(markup)) {
    if (/^<[?!]/.test(tag)) continue
    if (!tag.startsWith('</')) {
      const name = /^<([^\s/>]+)/.exec(tag)?.[1] ?? ''
      if (depth === 0) opening = name === 'repomd' ? tag : undefined
      if (depth === 0 && opening === undefined) return undefined
      if (depth === 1) start = { at: index, name }
      if (!tag.endsWith('/>')) depth++
      else if (depth === 1) children.push({ name, xml: tag })
      continue
    }
    depth--
    if (depth === 1) children.push({ name: start.name, xml: xml.slice(start.at, index + tag.length) })
    if (depth === 0) return opening === undefined ? undefined : { opening, children }
  }
  return undefined
}

function dataOf(xml: string): RepomdData[] {
  const type = attributeOf(/^<data\s[^<>]*>/.exec(xml)?.[0] ?? '', 'type')
  const href = attributeOf(/<location\s[^<>]*>/.exec(xml)?.[0] ?? '', 'href')
  if (type === undefined || href === undefined) return []
  const checksum = elementIn(xml, 'checksum')
  const openChecksum = elementIn(xml, 'open-checksum')
  const size = elementIn(xml, 'size')
  return [
    {
      type,
      href,
      xml,
      ...(checksum === undefined ? {} : { checksum: checksum.text, ...asChecksumType(checksum.type) }),
      ...(openChecksum === undefined ? {} : { openChecksum: openChecksum.text }),
      ...(openChecksum?.type === undefined ? {} : { openChecksumType: openChecksum.type }),
      ...(size === undefined ? {} : { size: Number(size.text) }),
    },
  ]
}

const asChecksumType = (type: string | undefined): { checksumType?: string } =>
  type === undefined ? {} : { checksumType: type }

function elementIn(xml: string, name: string): { type?: string; text: string } | undefined {
  const found = new RegExp(`<${name}(\\s[^<>]*)?>([^<]*)</${name}\\s*>`).exec(xml)
  if (found === null) return undefined
  const type = attributeOf(found[1] ?? '', 'type')
  return { text: unescapeXml(found[2] ?? '').trim(), ...(type === undefined ? {} : { type }) }
}

const textIn = (xml: string): string => unescapeXml(xml.replace(markup, '')).trim()

/** The value of an attribute in a tag, resolved. */
export function attributeOf(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(tag)
  const value = found?.[1] ?? found?.[2]
  return value === undefined ? undefined : unescapeXml(value)
}

/** Renders a repomd.xml, in the shape that createrepo_c gives it. */
export function renderRepomd(
  revision: number,
  data: readonly string[],
  { others, opening }: Pick<Repomd, 'others' | 'opening'> = { others: [], opening: defaultOpening },
): string {
  const elements = [`<revision>${revision}</revision>`, ...others, ...data].map((xml) => `  ${xml}\n`)
  return `<?xml version="1.0" encoding="UTF-8"?>\n${opening}\n${elements.join('')}</repomd>\n`
}

/** Renders the element of a file that was written anew. */
export const renderData = (facts: {
  readonly type: string
  readonly href: string
  readonly sha256: string
  readonly openSha256: string
  readonly size: number
  readonly openSize: number
  readonly timestamp: number
}): string => `<data type="${facts.type}">
    <checksum type="sha256">${facts.sha256}</checksum>
    <open-checksum type="sha256">${facts.openSha256}</open-checksum>
    <location href="${facts.href}"/>
    <timestamp>${facts.timestamp}</timestamp>
    <size>${facts.size}</size>
    <open-size>${facts.openSize}</open-size>
  </data>`
