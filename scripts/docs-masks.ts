/** Makes what is different in each run, or secret, or of this machine, the same examples everywhere. */
import { createHash } from 'node:crypto'

/** Where a page's sessions really ran. */
export interface Surroundings {
  readonly folder: string
  readonly endpoint: string
  readonly frontUrl: string
  readonly frontToken: string
}

/** What has to be the same on each line of a page, and what stands for it: the n-th that is met gets the n-th name. */
interface Mask {
  readonly pattern: RegExp
  readonly example: (count: number) => string
}

const digest = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length)
const digits = (count: number, length: number): string => String(count).padStart(length, '0')

const masks: readonly Mask[] = [
  { pattern: /\bE[0-9A-Z]{13}\b/g, example: (count) => `E${count}EXAMPLE${digits(count, 5)}` },
  // Of an invalidation.
  { pattern: /\bI[0-9A-Z]{13}\b/g, example: (count) => `I${count}EXAMPLE${digits(count, 5)}` },
  {
    pattern: /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g,
    example: (count) => `1a2b3c4d-5e6f-4a7b-8c9d-${digits(count, 12)}`,
  },
  {
    // Written so that it decodes to text which says what it is.
    pattern: /(?<=secret'\] = ')[\w+/]{43}(?=')/g,
    example: (count) =>
      Buffer.from(`an example, not a secret, no. ${digits(count, 2)}`)
        .toString('base64')
        .slice(0, 43),
  },
  { pattern: /(?<=fingerprint )[0-9a-f]{8}\b/g, example: (count) => digest(`fingerprint ${count}`, 8) },
  { pattern: /\bAKIA[0-9A-Z]{16}\b/g, example: (count) => `AKIAIOSFODNN${count}EXAMPLE` },
  {
    pattern: /\b127\.0\.0\.1:(?!4566\b|8080\b)\d+\b/g,
    example: (count) => `d${String(count).repeat(6)}abcdef8.cloudfront.net`,
  },
]

/** Of what nobody has to recognise again, from one line to another. */
const fixed: readonly (readonly [RegExp, string | ((found: string) => string)])[] = [
  [/http(?=:\/\/d\d+abcdef8\.cloudfront\.net)/g, 'https'],
  [/(?<=\?t=\d{10}_)[0-9a-f]+/g, ({ length }) => digest('signature', length).padEnd(length, '0')],
  [/(?<=\?t=)\d{10}/g, '1700000300'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '2026-11-22T04:05:06Z'],
  [/(?<=\.)\d{8}T\d{6}Z(?=\.bak)/g, '20261122T040506Z'],
  [/\b\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z/g, '2026-11-22T04-05-06-789Z'],
  [/\b\d{8}T\d{6}Z(?=(?:-\d+)?\.bak)/g, '20261122T040506Z'],
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '2026-11-22 04:05:06'],
  [/\b\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/g, 'Sun, 22 Nov 2026 04:05:06 GMT'],
  [/\bin 4 min 5\d s\b|\bin 5 min\b/g, 'in 4 min 59 s'],
  [/(?<=expired )\d(?= s ago)/g, '2'],
  [/(?<=expired )8640\d(?= s ago)/g, '86401'],
  // An invalidation's caller reference names its paths and its distribution.
  [/\bpc-ctl-[0-9a-f]{16}(?=-\d{4}-\d\d-\d\dT)/g, `pc-ctl-${digest('invalidation', 16)}`],
  [/(?<=good for )(?:29\d|30\d)(?= s)/g, '299'],
  [/(?<=^x-amz-cf-id:?\s+)\S+$/gm, 'EXAMPLE-FZnh9cQ=='],
  [/(?<=^etag:?\s+)\S+$/gm, '"0123456789abcdef0123456789abcdef"'],
  [/(?<=^via.* )[0-9a-f]{32}(?=\.cloudfront\.net)/gm, digest('via', 32)],
  // Of S3, beside a request id.
  [/(?<=host id )[\w+/=]{40,}/g, 'EXAMPLEhostid0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno='],
  [/(?<=does-not-exist-)[0-9a-f]+/g, '1a2b3c4d'],
  [/(?<=AKIA…)\w{4}/g, 'MPLE'],
  [/(?<=AWS_SECRET_ACCESS_KEY=')[^']+/g, 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
  // The example is longer than what it stands for; columns keep their places.
  [/(?<=abcdef8\.cloudfront\.net) {16,}/g, (found) => found.slice(14)],
  [/\(PID \d+\)/g, '(PID 4711)'],
  // How long a run over a bucket took.
  [/(?<= (?:objects|packages|packages read) in )\d+ s$/gm, '0 s'],
  [/(?<= neither package nor metadata \()\d+ s(?=\)\.$)/gm, '0 s'],
]

/** What `pc-ctl sandbox` says of itself: the ports and the token are any. */
function rehearsal(text: string): string {
  const [, endpoint] = /^export AWS_ENDPOINT_URL='(.+)'$/m.exec(text) ?? []
  const [, token, front] = /curl -L -u (\w+): (\S+)\/KEY$/m.exec(text) ?? []
  if (endpoint === undefined || token === undefined || front === undefined) return text
  return text
    .replaceAll(endpoint, 'http://127.0.0.1:4566')
    .replaceAll(front, 'http://127.0.0.1:8080')
    .replaceAll(token, digest('token', 48))
}

/** Puts examples in the place of what is real, and back. One for each page. */
export class Masks {
  /** By example. */
  readonly #real = new Map<string, string>()
  readonly #counts = new Map<Mask, number>()
  readonly #surroundings: Surroundings
  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  /** What is shown of a real text. */
  mask(text: string): string {
    let shown = rehearsal(text)
    for (const [real, example] of this.#places()) shown = shown.replaceAll(real, example)
    for (const [example, real] of this.#real) shown = shown.replaceAll(real, example)
    for (const mask of masks) shown = shown.replace(mask.pattern, (found) => this.#exampleOf(mask, found))
    for (const [example, real] of this.#real) {
      shown = shown.replaceAll(digest(real, 8), digest(example, 8))
    }
    for (const [pattern, replacement] of fixed) {
      shown =
        typeof replacement === 'string' ? shown.replace(pattern, replacement) : shown.replace(pattern, replacement)
    }
    return shown
  }

  /** What a shown text really is. */
  unmask(text: string): string {
    let real = text
    for (const [example, value] of this.#real) {
      real = real.replaceAll(`https://${example}`, `http://${value}`).replaceAll(example, value)
    }
    for (const [value, example] of this.#places()) real = real.replaceAll(example, value)
    return real
  }

  #exampleOf(mask: Mask, found: string): string {
    for (const [known, real] of this.#real) if (found === known || found === real) return known
    const count = (this.#counts.get(mask) ?? 0) + 1
    this.#counts.set(mask, count)
    const example = mask.example(count)
    this.#real.set(example, found)
    return example
  }

  #places(): readonly (readonly [real: string, example: string])[] {
    const { folder, endpoint, frontUrl, frontToken } = this.#surroundings
    return [
      [`${folder}/packagecloud.rb`, '/etc/packagecloud/packagecloud.rb'],
      [`${folder}/bin/packagecloud-ctl`, '/opt/packagecloud/bin/packagecloud-ctl'],
      [`${folder}/state`, '/root/.local/state'],
      [folder, '/root'],
      [endpoint, 'https://s3.eu-central-1.amazonaws.com'],
      [new URL(endpoint).host, 's3.eu-central-1.amazonaws.com'],
      [frontUrl, 'https://packages.example.org'],
      [new URL(frontUrl).host, 'packages.example.org'],
      [frontToken, '0123456789abcdef0123456789abcdef0123456789abcdef'],
    ]
  }
}
