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
  { pattern: /\bE[0-9A-Z]{13}\b(?<!EXAMPLE\d+)/g, example: (count) => `E${count}EXAMPLE${digits(count, 5)}` },
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
  { pattern: /\bAKIA[0-9A-Z]{16}\b/g, example: (count) => `AKIAIOSFODNN${count}EXAMPLE` },
  { pattern: /\b127\.0\.0\.1:\d+\b/g, example: (count) => `d${String(count).repeat(6)}abcdef8.cloudfront.net` },
]

/** Of what nobody has to recognise again, from one line to another. */
const fixed: readonly (readonly [RegExp, string])[] = [
  [/http(:\/\/d\d+abcdef8\.cloudfront\.net)/g, 'https$1'],
  [/\?t=\d{10}_[0-9a-f]{63}/g, `?t=1700000300_${digest('signature', 63)}`],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '2026-11-22T04:05:06Z'],
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '2026-11-22 04:05:06'],
  [/\b\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/g, 'Sun, 22 Nov 2026 04:05:06 GMT'],
  [/\bin 4 min 5\d s\b|\bin 5 min\b/g, 'in 4 min 59 s'],
  [/\b(good for )(?:29\d|300) s/g, '$1299 s'],
  [/^(x-amz-cf-id:?\s+).*$/gm, '$1EXAMPLE-FZnh9cQ=='],
  [/^(etag:?\s+).*$/gim, '$1"0123456789abcdef0123456789abcdef"'],
  [/\(PID \d+\)/g, '(PID 4711)'],
]

/** Puts examples in the place of what is real, and back. One for each page. */
export class Masks {
  private readonly real = new Map<string, string>()
  private readonly surroundings: Surroundings
  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings
  }

  /** What is shown of a real text. */
  mask(text: string): string {
    let shown = text
    for (const [real, example] of this.places()) shown = shown.replaceAll(real, example)
    for (const mask of masks) shown = shown.replace(mask.pattern, (found) => this.exampleOf(mask, found))
    for (const [pattern, replacement] of fixed) shown = shown.replace(pattern, replacement)
    for (const [example, real] of this.real) {
      shown = shown.replaceAll(`fingerprint ${digest(real, 8)}`, `fingerprint ${digest(example, 8)}`)
    }
    return shown
  }

  /** What a shown text really is. */
  unmask(text: string): string {
    let real = text
    for (const [example, value] of this.real) {
      real = real.replaceAll(`https://${example}`, `http://${value}`).replaceAll(example, value)
    }
    for (const [value, example] of this.places()) real = real.replaceAll(example, value)
    return real
  }

  private exampleOf({ example }: Mask, found: string): string {
    for (const [known, real] of this.real) if (real === found || known === found) return known
    const kind = new RegExp(`^${example(0).replace(/[.+/]/g, '\\$&').replace(/0+/g, '\\d+')}$`)
    const count = [...this.real.keys()].filter((known) => kind.test(known)).length + 1
    const name = example(count)
    this.real.set(name, found)
    return name
  }

  private places(): readonly (readonly [real: string, example: string])[] {
    const { folder, endpoint, frontUrl, frontToken } = this.surroundings
    return [
      [`${folder}/packagecloud.rb`, '/etc/packagecloud/packagecloud.rb'],
      [`${folder}/bin/packagecloud-ctl`, '/opt/packagecloud/bin/packagecloud-ctl'],
      [`${folder}/state`, '/root/.local/state'],
      [folder, '/root'],
      [endpoint, 'https://aws.example'],
      [frontUrl, 'https://packages.example.org'],
      [new URL(frontUrl).host, 'packages.example.org'],
      [frontToken, '0123456789abcdef0123456789abcdef0123456789abcdef'],
    ]
  }
}
