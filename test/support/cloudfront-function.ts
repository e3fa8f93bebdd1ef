/** Runs the code of a CloudFront Function, where it is to be held against Lambda's handler: in Node, and in njs. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import vm from 'node:vm'

/** A request, and what the function finds when it comes. */
export interface FunctionCase {
  readonly method: string
  /** Path and query string as sent. */
  readonly target: string
  /** Unix time in seconds. */
  readonly now: number
  /** The value in the store; `null` where it can't be read. */
  readonly stored: string | null
  /** What CloudFront has made of the query string, where that is all that there is of it. */
  readonly parsed?: object
}

/** What both engines' answers are compared as. */
export type Said =
  | { readonly uri: string; readonly querystring: string }
  | {
      readonly status: number
      readonly phrase: string
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }

/** Whether njs, nginx's JavaScript, whose modules and language are those of CloudFront Functions, is installed. */
export const njsIsThere = (): boolean => spawnSync('njs', ['-v']).status === 0

/** What CloudFront brings: njs has `crypto`, but neither store nor events. */
const importOfStore = "import cf from 'cloudfront';"

/**
 * In both: makes an event of a case, calls the handler, and tells what it said. The language is the function's; the
 * clock stands still while it runs, as CloudFront's does.
 */
const harness = `
async function answerTo(asked) {
  Date.now = () => asked.now * 1000
  cf.kvs = () => ({ get: async (key) => {
    if (key !== 'secrets' || asked.stored === null) throw new Error('KeyNotFound')
    return asked.stored
  } })
  const at = asked.target.indexOf('?')
  const request = {
    method: asked.method,
    uri: at < 0 ? asked.target : asked.target.slice(0, at),
    querystring: asked.parsed || (at < 0 ? {} : { t: { value: 'not what came' } }),
    headers: { host: { value: 'd111111abcdef8.cloudfront.net' } },
    cookies: {},
    rawQueryString: () => (at < 0 || asked.parsed ? undefined : asked.target.slice(at + 1)),
  }
  const said = await handler({ version: '1.0', context: {}, viewer: { ip: '192.0.2.1' }, request: request })
  if (said === request) return { uri: said.uri, querystring: Object.keys(said.querystring).join('&') }
  const headers = {}
  Object.keys(said.headers).forEach((name) => { headers[name] = said.headers[name].value })
  if (said.body.encoding !== 'text') throw new Error(said.body.encoding)
  return { status: said.statusCode, phrase: said.statusDescription, headers: headers, body: said.body.data }
}
`

/** In Node, in a context that has nothing but what CloudFront's has. */
export function inNode(code: string): (asked: FunctionCase) => Promise<Said> {
  const context = vm.createContext({ Buffer, cf: {}, crypto: { createHmac }, console: { log: () => undefined } })
  const [first = '', ...lines] = code.split('\n')
  const script = [first.replace(/import \w+ from '\w+';/g, ''), ...lines].join('\n')
  return vm.runInContext(`${script}\n${harness}\nanswerTo`, context) as (asked: FunctionCase) => Promise<Said>
}

/** How many one process answers: njs never gives memory back, and is slower the more it has. */
const atOnce = 500

/** In njs. */
export function inNjs(code: string, asked: readonly FunctionCase[]): Said[] {
  const folder = mkdtempSync(join(tmpdir(), 'pc-ctl-njs-'))
  const script = join(folder, 'function.js')
  const cases = join(folder, 'cases')
  try {
    writeFileSync(script, `${code.replace(importOfStore, 'const cf = {};')}\n${harness}\n${batch(cases)}`)
    const said: Said[] = []
    while (said.length < asked.length) {
      const some = asked.slice(said.length, said.length + atOnce)
      writeFileSync(cases, some.map((one) => JSON.stringify(one)).join('\n'))
      const answers = execFileSync('njs', [script], { encoding: 'utf8', maxBuffer: 2 ** 26 })
      const marked = answers.split('\n').filter((line) => line.startsWith('= '))
      if (marked.length !== some.length) throw new Error(`njs gave ${marked.length} of ${some.length} answers`)
      said.push(...marked.map((line) => JSON.parse(line.slice(2)) as Said))
    }
    return said
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** One after the other. What the function logs stands between the answers. */
const batch = (cases: string): string => `
const fs = require('fs')
async function answerAll(lines) {
  for (let index = 0; index < lines.length; index++) {
    const said = await answerTo(JSON.parse(lines[index]))
    console.log('= ' + JSON.stringify(said))
  }
}
answerAll(fs.readFileSync(${JSON.stringify(cases)}, 'utf8').split('\\n'))
`
