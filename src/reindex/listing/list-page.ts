/** An object as a page of a listing tells it. */
export interface Listed {
  readonly key: string
  /** Bytes. */
  readonly size: number
  /** Without quotes. */
  readonly etag: string
  /** Seconds since the epoch: S3's dates have no more, whatever their form. */
  readonly modified: number
  readonly storageClass: string
}

/**
 * Reads a page of ListObjectsV2 with `encoding-type=url`. By hand: of all work for an object that needs nothing, this
 * is the most, and a parser of XML takes ten times as long. S3 writes the elements without attributes, and with that
 * encoding no character that is not ASCII.
 *
 * @throws Error if it is not a whole page, so that no object is taken for gone because of a broken answer
 */
export function readPage(xml: Buffer): { objects: Listed[]; truncated: boolean } {
  const end = xml.lastIndexOf('</ListBucketResult>')
  if (!xml.includes('<ListBucketResult') || xml.toString('latin1', end).trimEnd() !== '</ListBucketResult>')
    throw cutOff()
  const objects: Listed[] = []
  // No string of the whole page: a million objects would leave 400 MB of them behind. Nor one for each of its objects.
  for (let from = xml.indexOf(opening); from !== -1;) {
    const last = xml.lastIndexOf(closing, from + piece)
    const to = last > from ? last : xml.indexOf(closing, from)
    if (to === -1) throw cutOff()
    readObjects(xml.toString('latin1', from, to), objects)
    from = xml.indexOf(opening, to)
  }
  return { objects, truncated: xml.includes('<IsTruncated>true</IsTruncated>') }
}

const opening = '<Contents>'
const closing = '</Contents>'
/** Bytes of some ten objects. */
const piece = 4096
const cutOff = (): Error => new Error('S3 answered a listing that is cut off.')

/** @param text - whole elements, the last of which has no end */
function readObjects(text: string, objects: Listed[]): void {
  for (let from = 0; from !== -1;) {
    const end = text.indexOf(closing, from)
    objects.push(readObject(new Element(text, from, end === -1 ? text.length : end)))
    from = end === -1 ? -1 : text.indexOf(opening, end)
  }
}

const readObject = (element: Element): Listed => ({
  key: decodeKey(element.textOf('<Key>')),
  modified: secondsOf(element.textOf('<LastModified>')),
  etag: bare(element.textOf('<ETag>')),
  size: Number(element.textOf('<Size>')),
  storageClass: element.textOf('<StorageClass>') || 'STANDARD',
})

/** What stands in a text from a place to another. */
class Element {
  readonly #text: string
  readonly #from: number
  readonly #to: number
  /** Where the next child begins: S3's order is mostly the one in which is asked. */
  #next: number

  constructor(text: string, from: number, to: number) {
    this.#text = text
    this.#from = from
    this.#next = from + opening.length
    this.#to = to
  }

  textOf(tag: string): string {
    let open = this.#text.startsWith(tag, this.#next) ? this.#next : this.#find(tag, this.#next)
    if (open === -1) open = this.#find(tag, this.#from)
    if (open === -1) return ''
    const start = open + tag.length
    const end = this.#text.indexOf('<', start)
    this.#next = end + tag.length + 1
    return this.#text.slice(start, end)
  }

  #find(tag: string, from: number): number {
    const at = this.#text.indexOf(tag, from)
    return at < this.#to ? at : -1
  }
}

/** Seconds since the epoch. Dates as S3 writes them take a third of the time when they are read by their digits. */
function secondsOf(date: string): number {
  if (date.length !== dateForm.length || !date.endsWith('Z')) return Math.floor(Date.parse(date) / 1000)
  const number = (from: number): number => date.charCodeAt(from) * 10 + date.charCodeAt(from + 1) - zeros
  const day = Date.UTC(number(0) * 100 + number(2), number(5) - 1, number(8), number(11), number(14), number(17))
  return day / 1000
}
const dateForm = '2025-01-02T03:04:05.000Z'
/** What the codes of two digits come to that are zero. */
const zeros = 0x30 * 11

const quote = '&quot;'

/** An ETag without its quotes. */
const bare = (etag: string): string =>
  etag.startsWith(quote) && etag.indexOf('&', 1) === etag.length - quote.length && etag.endsWith(quote)
    ? etag.slice(quote.length, -quote.length)
    : etag.replaceAll(/&quot;|"|&#34;/g, '')

/**
 * What `encoding-type=url` and inventories write, spaces as `+`. Most keys have nothing to decode.
 *
 * @throws URIError for what is not written so
 */
export const decodeKey = (text: string): string =>
  /[%+]/.test(text) ? decodeURIComponent(text.replaceAll('+', ' ')) : text
