/** Requests that tell engines apart if anything does, and what Lambda's handler answers to them. */
import fc from 'fast-check'

import type { EdgeRules } from '../../src/edge/config.ts'
import { createHandler } from '../../src/edge/handler.ts'
import { encodePath, pathOfKey } from '../../src/edge/path.ts'
import { decodeSecret } from '../../src/edge/secret-text.ts'
import { sign } from '../../src/edge/signature.ts'
import type { FunctionCase, Said } from '../support/cloudfront-function.ts'
import { keys, respellings } from './arbitraries.ts'
import { viewerRequest } from './viewer-request.ts'

/** What Lambda's handler says where its secrets are what the store holds. */
export async function lambdaSays(asked: FunctionCase, rules: EdgeRules): Promise<Said> {
  const secrets = () => textsIn(asked.stored).map(async (text) => decodeSecret(text as string))
  const handler = createHandler({ secrets, rules }, () => asked.now * 1000)
  const said = await handler(viewerRequest(asked.target, asked.method))
  if ('uri' in said) return { uri: said.uri, querystring: said.querystring }
  const headers = Object.fromEntries(Object.entries(said.headers).map(([name, [one]]) => [name, one?.value ?? '']))
  return { status: Number(said.status), phrase: said.statusDescription, headers, body: said.body }
}

/** Lambda's function gets them one by one; a store that can't be read is one that has a secret nobody knows. */
function textsIn(stored: string | null): unknown[] {
  try {
    const { c, p } = JSON.parse(stored ?? '') as { c?: unknown; p?: unknown }
    return p === undefined ? [c] : [c, p]
  } catch {
    return [undefined]
  }
}

const bytes = fc.uint8Array({ minLength: 16, maxLength: 80 }).map((some) => Buffer.from(some))
const secretTexts = fc
  .tuple(bytes, fc.constantFrom('base64', 'base64url', 'unpadded', 'mixed'))
  .map(([secret, form]) => {
    const text = secret.toString('base64')
    if (form === 'unpadded') return text.replace(/=+$/, '')
    if (form === 'mixed') return text.replace('+', '-')
    return form === 'base64url' ? secret.toString('base64url') : text
  })
/** What is no secret, and what is no text. */
const badSecrets = fc.constantFrom<unknown>(
  '',
  'c2hvcnQ=',
  'not base64, not at all',
  `${'A'.repeat(43)}\n`,
  null,
  7,
  [],
)
const stores = fc.oneof(
  { weight: 8, arbitrary: fc.record({ c: secretTexts }) },
  { weight: 8, arbitrary: fc.record({ c: secretTexts, p: secretTexts }) },
  { weight: 1, arbitrary: fc.record({ c: secretTexts, p: badSecrets }) },
  { weight: 1, arbitrary: fc.record({ c: badSecrets, p: secretTexts }) },
)
const brokenStores = fc.constantFrom(null, '', '{', 'null', '[]', '7', '{}', '{"p":"MDI2ZDhhYmMxYThiMjVmMTBlODM4OQ"}')

const now = fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 }).map((milliseconds) => milliseconds / 1000)
/** Around both ends of what is accepted, a second or less. */
const lives = fc.oneof(
  { weight: 4, arbitrary: fc.constant(300) },
  { weight: 2, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 1, arbitrary: fc.integer({ min: 597, max: 603 }) },
  { weight: 1, arbitrary: fc.constant(8e9) },
)

const path = fc.oneof(
  { weight: 8, arbitrary: keys.chain((key) => respellings(encodePath(pathOfKey(key)))) },
  { weight: 2, arbitrary: fc.webPath().map((some) => `/${some}`) },
  {
    weight: 2,
    arbitrary: fc
      .string({ unit: fc.constantFrom(...('ab/%.+~2BfFeEcC39é0A\u0000 \n📦'.match(/./gsu) ?? [])) })
      .map((some) => `/${some}`),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('/', '', 'x', '/%', '/%0a', '/a%0A', '/%ed%a0%80', '/a/..', '/%2e%2e/b', '/.pc-ctl/lock')
      .chain((some) => fc.constantFrom(some, some.replace('.pc', '%2Epc'), `/${some}`)),
  },
)

/** What a good token becomes on its way. */
const mangled: readonly ((token: string) => string)[] = [
  (token) => `t=${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`,
  (token) => `t=${token.slice(0, 11)}${token[11] === '0' ? '1' : '0'}${token.slice(12)}`,
  (token) => `t=${token.slice(0, 51)}`,
  (token) => `t=${token}0`,
  (token) => `t=${token.toUpperCase()}`,
  (token) => `t=${token.replace('_', '%5f')}`,
  (token) => `t=${token}&t=${token}`,
  (token) => `t=${token}&t`,
  (token) => `T=${token}`,
  (token) => `a=b&t=${token}&&=&tt=1`,
  (token) => `t=${token}\n`,
  (token) => `t=${token.slice(1)}`,
  (token) => `t=0${token}`,
  () => 't=',
  () => 't',
  () => '',
]

interface Drawn {
  readonly store: { c?: unknown; p?: unknown }
  readonly spelled: string
  readonly at: number
  readonly life: number
  readonly algorithm: 'sha256' | 'sha1'
  readonly by: 'c' | 'p' | 'other'
  readonly mangle: number
  readonly method: string
  readonly broken: string | null | undefined
}

/** Mostly URLs that are signed as they should be, of any key, and for each way to get one wrong some. */
export const requests: fc.Arbitrary<FunctionCase> = fc
  .record<Drawn>({
    store: stores,
    spelled: path,
    at: now,
    life: lives,
    algorithm: fc.constantFrom('sha256', 'sha1'),
    by: fc.constantFrom('c', 'c', 'p', 'p', 'other'),
    mangle: fc.oneof({ weight: 3, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(mangled.length - 1) }),
    method: fc.oneof({ weight: 20, arbitrary: fc.constantFrom('GET', 'HEAD') }, fc.constantFrom('POST', 'get', '')),
    broken: fc.oneof({ weight: 20, arbitrary: fc.constant(undefined) }, brokenStores),
  })
  .map((drawn) => ({
    method: drawn.method,
    target: targetOf(drawn),
    now: drawn.at,
    stored: drawn.broken === undefined ? JSON.stringify(drawn.store) : drawn.broken,
  }))

function targetOf({ store, spelled, at, life, algorithm, by, mangle }: Drawn): string {
  const expires = Math.min(9_999_999_999, Math.floor(at) + life)
  const token = sign({
    secret: keyOf(by === 'other' ? undefined : store[by]),
    path: decoded(spelled),
    expires,
    algorithm,
  })
  return `${spelled}?${mangled[mangle]?.(token) ?? `t=${token}`}`
}

/** Whatever it holds: what the edge refuses may be signed as well. */
function decoded(spelled: string): string {
  try {
    return decodeURIComponent(spelled)
  } catch {
    return spelled
  }
}

function keyOf(text: unknown): Uint8Array {
  try {
    return decodeSecret(text as string)
  } catch {
    return Buffer.from('a secret that nobody else has')
  }
}

/** What the handler logs where a secret is unusable is of no interest here. */
export function quietly(): void {
  const { error } = console
  before(() => (console.error = () => undefined))
  after(() => (console.error = error))
}
