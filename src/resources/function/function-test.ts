/** Tries the function before it is published, which is something that Lambda has no counterpart of. */
import { CloudFrontClient, TestFunctionCommand } from '@aws-sdk/client-cloudfront'

import type { Aws } from '../../aws/connect.ts'
import { edgeRegion } from '../../aws/names.ts'
import { propagation, type Talk, until } from '../../aws/patience.ts'
import { urlLife } from '../../edge/config.ts'
import { readFunctionCode } from '../../edge/function-code.ts'
import { encodePath } from '../../edge/path.ts'
import { decodeSecret } from '../../edge/secret-text.ts'
import { sign } from '../../edge/signature.ts'
import type { Algorithm } from '../../edge/token.ts'
import { CtlError } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import type { CloudFrontFunction } from './cloudfront-function.ts'

/** Percent of the time that CloudFront lets a function have, up to which it is sure never to be throttled. */
const mostUtilization = 50

/** One request, and what has to become of it. */
export interface TestCase {
  readonly title: string
  readonly method: string
  readonly uri: string
  readonly query: string
  /** The path that is fetched, or the status of the answer. */
  readonly expected: { readonly uri: string } | { readonly status: number }
}

/** What became of one. */
export interface Tried {
  readonly test: TestCase
  /** The path that is fetched, the status of the answer with its words, or what went wrong. */
  readonly found:
    | { readonly uri: string; readonly query: string }
    | { readonly status: number; readonly words: string }
    | { readonly trouble: string }
  readonly utilization: number
}

/** What all of them have shown. */
export interface TestOutcome {
  readonly requests: number
  /** The most that any of them took, in percent of what a function may take. */
  readonly utilization: number
}

/** Names of keys that clients and people write in more than one way. */
const oddKeys = ['a+b~1.0%41_é.deb', 'with blank (1)!.rpm', "it's*.gem"]

/**
 * The requests that a function is tried with. None is for anything that exists, and what is signed is good for minutes.
 *
 * @param secrets - as packagecloud.rb has them: the current one, then the previous one if there is one
 * @param now - Unix time in seconds
 */
export function testCases(
  { sha1 = true, longestLife }: { readonly sha1?: boolean | undefined; readonly longestLife?: number | undefined },
  secrets: readonly string[],
  now: number,
): TestCase[] {
  const keys = secrets.map(decodeSecret)
  const [current = new Uint8Array()] = keys
  const soon = Math.floor(now) + urlLife
  const plain = '/pc-ctl/test/package.deb'
  const token = (path: string, expires = soon, secret = current, algorithm: Algorithm = 'sha256'): string =>
    `t=${sign({ secret, path, expires, algorithm })}`
  const get = (title: string, query: string, expected: TestCase['expected'], uri = plain): TestCase => ({
    title,
    method: 'GET',
    uri,
    query,
    expected,
  })
  const through = { uri: plain }
  const refused = { status: 403 }
  const forged = token(plain).replace(/.$/, (last) => (last === '0' ? '1' : '0'))
  return [
    ...keys.map((secret, index) =>
      get(`signed with the ${index === 0 ? 'current' : 'previous'} secret`, token(plain, soon, secret), through),
    ),
    ...oddKeys.map((key) => {
      const path = `/pc-ctl/test/${key}`
      return get(`signed, for ${key}`, token(path), { uri: encodePath(path) }, encodeURI(path))
    }),
    get('signed with HMAC-SHA1', token(plain, soon, current, 'sha1'), sha1 ? through : refused),
    get('signed for another path', token('/pc-ctl/test/other.deb'), refused),
    get('forged', forged, refused),
    get('expired', token(plain, soon - 86_400), refused),
    ...(longestLife === undefined ? [] : [get('good for too long', token(plain, soon + longestLife), refused)]),
    get('unsigned', '', refused),
    get('malformed', 't=1', refused),
    { ...get('signed, but a PUT', token(plain), { status: 405 }), method: 'PUT' },
  ]
}

/** As CloudFront's documents have it: what it chooses itself is left out. */
const eventOf = ({ method, uri, query }: TestCase): object => ({
  version: '1.0',
  context: { eventType: 'viewer-request' },
  viewer: { ip: '192.0.2.1' },
  request: {
    method,
    uri,
    querystring: query === '' ? {} : { t: { value: query.slice(2) } },
    headers: { host: { value: 'packages.example.org' } },
    cookies: {},
  },
})

/**
 * Has CloudFront run the function in development, once for each request.
 *
 * @throws CtlError of kind `refused` where it answers anything else than it has to, or takes too long
 */
export async function testFunction(
  aws: Aws,
  name: string,
  { development }: CloudFrontFunction,
  secrets: readonly string[],
  talk: Talk,
): Promise<TestOutcome> {
  const rules = readFunctionCode(development.code)?.rules ?? {}
  const tryAll = async (): Promise<Tried[]> => {
    const tried: Tried[] = []
    const cases = testCases(rules, secrets, Date.now() / 1000)
    talk.tell(`${cases.length} requests, one after the other`)
    for (const test of cases) {
      tried.push(await tryOne(aws, name, development.etag, test))
    }
    return tried
  }
  // What was just written into the store may not be there for the function for a moment.
  const tried = await until(
    'the function to see what is in its store',
    async () => {
      const all = await tryAll()
      return all.some(seesNoSecret) ? undefined : all
    },
    propagation,
    talk,
  ).catch(async (error: unknown) => {
    if (error instanceof CtlError && error.failure === 'failed') return tryAll()
    throw error
  })
  return judge(name, tried)
}

/** A request that is signed with a secret of the store is taken for one that is not, or for one that can't be checked. */
const seesNoSecret = ({ test, found }: Tried): boolean =>
  'uri' in test.expected && 'status' in found && (found.status === 503 || /bad signature/.test(found.words))

/** Pure. @throws CtlError of kind `refused`, as {@link testFunction} */
export function judge(name: string, tried: readonly Tried[]): TestOutcome {
  const wrong = tried.find((one) => !isAsExpected(one))
  if (wrong !== undefined) {
    throw new CtlError(
      'refused',
      `The CloudFront function ${name} is not published: a request that is ${wrong.test.title} ${became(wrong)}.`,
      {
        hint: [
          'What edges run has not changed. Either CloudFront runs the function in another way than it was made for, or ' +
            "somebody else is changing it or its secrets, or this machine's clock is wrong.",
          'Run the same command again; if it stays so, use --engine lambda.',
        ],
        code: 'FunctionTest',
      },
    )
  }
  const utilization = Math.max(0, ...tried.map((one) => one.utilization))
  if (utilization > mostUtilization) {
    throw new CtlError(
      'refused',
      `The CloudFront function ${name} is not published: it takes ${utilization} % of the time that CloudFront lets a ` +
        `function have, and above ${mostUtilization} % it may be throttled.`,
      {
        hint: ['What edges run has not changed.', 'Run the same command again; if it stays so, use --engine lambda.'],
        code: 'FunctionTooSlow',
      },
    )
  }
  return { requests: tried.length, utilization }
}

function isAsExpected({ test: { expected }, found }: Tried): boolean {
  if ('uri' in expected) return 'uri' in found && found.uri === expected.uri && found.query === '{}'
  return 'status' in found && found.status === expected.status
}

function became({ test: { expected }, found }: Tried): string {
  const wanted = 'uri' in expected ? `fetch ${expected.uri}` : `be answered with ${expected.status}`
  if ('trouble' in found) return `has it fail: ${found.trouble.replace(/\.$/, '')}`
  const is =
    'uri' in found
      ? `fetches ${found.uri}${found.query === '{}' ? '' : ' with its query string'}`
      : `is answered with ${found.status} ${found.words}`
  return `${is}, and has to ${wanted}`
}

async function tryOne(aws: Aws, Name: string, IfMatch: string, test: TestCase): Promise<Tried> {
  const EventObject = Buffer.from(JSON.stringify(eventOf(test)))
  const command = new TestFunctionCommand({ Name, IfMatch, Stage: 'DEVELOPMENT', EventObject })
  const { TestResult: result = {} } = await aws.client(CloudFrontClient, edgeRegion).send(command)
  const utilization = Number(result.ComputeUtilization ?? Number.NaN)
  const { FunctionErrorMessage: trouble = '', FunctionOutput: output = '' } = result
  return {
    test,
    found: trouble === '' ? foundIn(output) : { trouble },
    utilization: Number.isNaN(utilization) ? 100 : utilization,
  }
}

/** Reads what a function has returned. */
export function foundIn(output: string): Tried['found'] {
  let document: unknown
  try {
    document = JSON.parse(output)
  } catch {
    return { trouble: 'CloudFront tells no output of it' }
  }
  const { request, response } = isObject(document) ? document : {}
  if (isObject(request)) {
    return { uri: String(request['uri']), query: JSON.stringify(request['querystring'] ?? {}) }
  }
  if (!isObject(response)) return { trouble: 'CloudFront tells neither a request nor an answer' }
  const words = response['statusDescription']
  return { status: Number(response['statusCode']), words: typeof words === 'string' ? words : '' }
}
