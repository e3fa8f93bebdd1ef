/** What a CloudFront Function takes in njs, each in parts of one HMAC there: njs is slower than CloudFront or V8 are. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A request that the function serves, and what its store holds. */
export interface Served {
  readonly path: string
  readonly querystring: string
  readonly stored: string
}

/** Few at once: njs gives no memory back, and is slower the more it has. */
const calls = 40
const processes = 61

/** As one writes it first: by what was parsed, everything escaped anew, digests compared character by character. */
export const firstAttempt = `
async function handler(event) {
  const request = event.request
  const parts = request.querystring.t.value.split('_')
  const stored = await cf.kvs().get('secrets')
  const key = Buffer.from(JSON.parse(stored).c, 'base64')
  const path = decodeURIComponent(request.uri)
  const hex = crypto.createHmac('sha256', key).update(path + parts[0]).digest('hex')
  let difference = hex.length ^ parts[1].length
  for (let at = 0; at < hex.length; at++) difference |= hex.charCodeAt(at) ^ parts[1].charCodeAt(at)
  if (difference !== 0 || Number(parts[0]) < Date.now() / 1000) return { statusCode: 403 }
  request.uri = encodeURIComponent(path).replace(/%2F/g, '/')
  request.querystring = {}
  return request
}`

/**
 * Times calls of a handler.
 *
 * @param code - a script with a function called `handler`
 * @returns how many HMACs one call takes the time of, each from a process of its own
 */
export function inHmacs(code: string, { path, querystring, stored }: Served): number[] {
  const script = `
import crypto from 'crypto'
const cf = { kvs: () => ({ get: async (key) => ${JSON.stringify(stored)} }) }
${code.replace(/^import .*;(?=const)/, '')}
const hmac = () => crypto.createHmac('sha256', ${JSON.stringify(stored)}).update(${JSON.stringify(path)}).digest('hex')
const eventOf = () => ({ request: {
  method: 'GET', uri: ${JSON.stringify(path)}, headers: {}, cookies: {},
  querystring: { t: { value: ${JSON.stringify(querystring.slice(2))} } },
  rawQueryString: () => ${JSON.stringify(querystring)},
} })
async function measure() {
  const events = []
  for (let call = 0; call < ${calls}; call++) events.push(eventOf())
  console.time('handler')
  for (let call = 0; call < ${calls}; call++) {
    const said = await handler(events[call])
    if (said !== events[call].request) throw new Error('refused')
  }
  console.timeEnd('handler')
  console.time('hmac')
  for (let call = 0; call < ${calls}; call++) hmac()
  console.timeEnd('hmac')
}
measure()
`
  const folder = mkdtempSync(join(tmpdir(), 'pc-ctl-bench-njs-'))
  try {
    const file = join(folder, 'bench.js')
    writeFileSync(file, script)
    return Array.from({ length: processes }, () => {
      const printed = execFileSync('njs', [file], { encoding: 'utf8' })
      const [handler = NaN, hmac = NaN] = [...printed.matchAll(/: ([\d.]+)ms/g)].map(([, time]) => Number(time))
      return handler / hmac
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}
