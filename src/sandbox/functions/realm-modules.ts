import type { RealmBridge, RealmBuffers } from './realm-buffer.ts'

/** How a function reads its key value store; answers are texts, or what went wrong. */
export interface RealmStore {
  /** The id in the store's ARN; undefined where the function has none. */
  readonly id: string | undefined
  /** @param question - `get KEY`, `exists KEY`, `count` or `meta` */
  readonly ask: (question: string) => Promise<string | undefined>
}

/**
 * The built-in modules of CloudFront Functions by name. Developer guide, "JavaScript runtime 2.0 features", Built-in
 * modules, and "Helper methods for key value stores". It goes over into the realm as its own source text, so it must not
 * use anything from outside its body.
 */
export function realmModules(
  bridge: RealmBridge,
  charge: (cost: number) => void,
  buffers: () => RealmBuffers,
  store: RealmStore,
): (name: string) => unknown {
  'use strict'
  const digester = (algorithm: unknown, key: string | undefined) => {
    if (!/^(?:md5|sha1|sha256)$/.test(String(algorithm))) {
      throw new TypeError(`not supported algorithm: "${String(algorithm)}"`)
    }
    charge(key === undefined ? 40 : 100)
    let bytes: string | undefined = ''
    return {
      update(data: unknown, encoding?: unknown) {
        if (bytes === undefined) throw new Error('Digest already called')
        bytes += buffers().bytesOf(data, encoding)
        return this
      },
      digest(encoding?: unknown) {
        if (bytes === undefined) throw new Error('Digest already called')
        charge(bytes.length / 8)
        const digest = bridge.digest(String(algorithm), key, bytes)
        bytes = undefined
        return buffers().result(digest, encoding)
      },
    }
  }
  const crypto = {
    createHash: (algorithm: unknown) => digester(algorithm, undefined),
    createHmac: (algorithm: unknown, key: unknown) => digester(algorithm, buffers().bytesOf(key)),
  }

  const escape = (text: unknown): string => encodeURIComponent(String(text))
  const unescape = (text: unknown): string => {
    try {
      return decodeURIComponent(String(text))
    } catch {
      return String(text)
    }
  }
  interface QueryOptions {
    decodeURIComponent?: (text: string) => string
    encodeURIComponent?: (text: string) => string
    maxKeys?: number
  }
  const parse = (text: unknown, separator?: string, equal?: string, options: QueryOptions = {}): object => {
    const parsed: Record<string, string | string[]> = Object.create(null) as Record<string, string>
    const decode = options.decodeURIComponent ?? unescape
    const { maxKeys = 1000 } = options
    const pairs = String(text).split(separator ?? '&')
    for (const pair of maxKeys > 0 ? pairs.slice(0, maxKeys) : pairs) {
      if (pair === '') continue
      const sign = equal ?? '='
      const at = pair.indexOf(sign)
      const plain = (part: string): string => decode(part.replace(/\+/g, ' '))
      const name = plain(at === -1 ? pair : pair.slice(0, at))
      const value = at === -1 ? '' : plain(pair.slice(at + sign.length))
      const former = parsed[name]
      parsed[name] = former === undefined ? value : Array.isArray(former) ? former.concat(value) : [former, value]
    }
    return parsed
  }
  const stringify = (value: unknown, separator?: string, equal?: string, options: QueryOptions = {}): string => {
    const encode = options.encodeURIComponent ?? escape
    const written = (one: unknown): string =>
      /^(?:string|number|boolean)$/.test(typeof one) ? encode(String(one)) : ''
    return Object.entries(value ?? {})
      .map(([name, one]: [string, unknown]) =>
        (Array.isArray(one) ? one : [one]).map((item) => `${encode(name)}${equal ?? '='}${written(item)}`),
      )
      .map((pairs) => pairs.join(separator ?? '&'))
      .join(separator ?? '&')
  }
  const querystring = { parse, decode: parse, stringify, encode: stringify, escape, unescape }

  const failed = (what: string): Error => new Error(`KeyValueStore: ${what}`)
  const asked = async (question: string): Promise<string> => {
    charge(20)
    const answer = await store.ask(question)
    if (answer === undefined) throw failed('Key not found')
    return answer
  }
  const handle = {
    async get(key: unknown, options?: { format?: string }): Promise<unknown> {
      const format = options?.format ?? 'string'
      if (!/^(?:string|json|bytes)$/.test(format)) throw failed(`format ${format} is not supported`)
      const value = await asked(`get ${String(key)}`)
      if (format === 'bytes') return buffers().result(bridge.decoded(value, 'utf8'), undefined)
      return format === 'json' ? (JSON.parse(value) as unknown) : value
    },
    exists: async (key: unknown): Promise<boolean> => (await asked(`exists ${String(key)}`)) === 'true',
    count: async (): Promise<number> => Number(await asked('count')),
    meta: async (): Promise<unknown> => JSON.parse(await asked('meta')) as unknown,
  }
  const notModelled = (name: string) => (): never => {
    throw new Error(`The sandbox does not model cf.${name}().`)
  }
  const cloudfront = {
    kvs(id?: unknown): typeof handle {
      if (store.id === undefined || (id !== undefined && id !== store.id)) {
        throw failed('the function is not associated with this key value store')
      }
      return handle
    },
    edgeLocation: { name: 'LHR', serverIp: '127.0.0.1', region: 'eu-west-2' },
    updateRequestOrigin: notModelled('updateRequestOrigin'),
    selectRequestOriginById: notModelled('selectRequestOriginById'),
    createRequestOriginGroup: notModelled('createRequestOriginGroup'),
  }
  return (name) => {
    switch (name) {
      case 'crypto':
        return crypto
      case 'querystring':
        return querystring
      case 'cloudfront':
        return cloudfront
      case 'buffer':
        return { Buffer: buffers().Buffer }
      default:
        throw new Error(`Cannot find module "${name}"`)
    }
  }
}
