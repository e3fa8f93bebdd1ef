import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { FunctionSyntaxError, parseFunction } from '../../../src/sandbox/functions/language.ts'
import { metered } from '../../../src/sandbox/functions/metering.ts'

/** What runtime 2.0 has. */
const accepted = [
  'var a = { b() { return 1 }, c: 2, ["d"]: 3, get e() { return 4 } }; var b = 1; var s = { b }',
  'let a = 1; const b = 2; { let a = 3 }',
  'function f(first, ...rest) { return rest.length ** 2 } f(1, 2)',
  'var f = (a) => a + 1; var g = (a) => ({ a }); var h = (a) => (b) => a + b; h(1)(2)',
  'async function f() { await 1; try { await 2 } catch (e) {} finally {} return [await 3, `${await 4}`] }',
  'var f = async () => { for (var i = 0; i < 2; i++) await i }',
  'outer: for (;;) { for (var i in { a: 1 }) break outer }',
  'do var i = 1; while (i < 0)',
  'switch (1) { case 1: break; default: throw new Error("x") }',
  'var r = /(?<n>a)/gi, n = 1_000, t = `a${`b`}`',
  "import crypto from 'crypto'\nimport qs from 'querystring'\nvar h = crypto.createHash('md5')",
  'var a = 1; a **= 2; a = a > 1 ? 2 : 3, a++',
  'var old = function () { return this }; new old()',
]

/** What it has not, and what njs says of it. */
const refused: readonly (readonly [code: string, problem: string])[] = [
  ['class A {}', 'Token "class" not supported in this version in 1'],
  ['var a\nvar { a } = {}', 'Token "{" not supported in this version in 2'],
  ['var [a] = []', 'Token "[" not supported in this version in 1'],
  ['function f({ a }) {}', 'Token "{" not supported in this version in 1'],
  ['[a, b] = [1, 2]', 'Token "[" not supported'],
  ['f(...[])', 'Token "..." not supported'],
  ['var a = [...[]]', 'Token "..." not supported'],
  ['function f(a = 1) {}', 'Token "=" not supported'],
  ['a?.b', 'Token "?." not supported'],
  ['null ?? 1', 'Token "??" not supported'],
  ['var a = 1; a ??= 2', 'Unexpected token "="'],
  ['var a = 1; a ||= 2', 'Unexpected token "="'],
  ['for (var x of []) {}', 'Token "of" not supported'],
  ['function* g() {}', 'Unexpected token "*"'],
  ['import("crypto")', 'Non-default import is not supported'],
  ["import { createHmac } from 'crypto'", 'Non-default import is not supported'],
  ["import * as all from 'crypto'", 'Non-default import is not supported'],
  ["import fs from 'fs'", 'Cannot find module "fs"'],
  ['export default 1', 'Illegal export statement'],
  ['1n', 'Unexpected token "n"'],
  ['/a/u', 'Invalid RegExp flags "u"'],
  ['try {} catch {}', 'Token "{" not supported'],
  ['await 1', 'await is only valid in async functions'],
  ['async function f() { return f(await 1) }', 'await in arguments not supported'],
  ['function f() { return async function () {} }', 'async closures are not supported'],
  ['function F() { return new.target }', 'Token "." not supported'],
  ['with ({}) {}', 'SyntaxError'],
  ['function (', 'SyntaxError: Unexpected token'],
  ['var a = 1 <!-- 2', 'SyntaxError'],
]

const problemOf = (code: string, runtime: 'cloudfront-js-1.0' | 'cloudfront-js-2.0' = 'cloudfront-js-2.0'): string => {
  try {
    metered(code, runtime)
    return 'none'
  } catch (error) {
    if (error instanceof FunctionSyntaxError) return error.message
    throw error
  }
}

describe('the language of CloudFront Functions', () => {
  for (const code of accepted) it(`has ${code}`, () => expect(problemOf(code)).to.equal('none'))
  for (const [code, problem] of refused) it(`has not ${code}`, () => expect(problemOf(code)).to.contain(problem))

  it('had less in runtime 1.0', () => {
    const old = 'cloudfront-js-1.0'
    expect(problemOf('var a = (b, ...c) => `${b}`; var q = require("querystring")', old)).to.equal('none')
    expect(problemOf('const a = 1', old)).to.equal('SyntaxError: Token "const" not supported in this version in 1')
    expect(problemOf('let a = 1', old)).to.contain('Token "let"')
    expect(problemOf('async function f() {}', old)).to.contain('Token "async"')
    expect(problemOf("import crypto from 'crypto'", old)).to.contain('import')
  })

  it('refuses text that is nested deeper than can be read, and does not fail', () => {
    for (const code of [`${'('.repeat(5000)}1${')'.repeat(5000)}`, `${'['.repeat(5000)}${']'.repeat(5000)}`]) {
      expect(problemOf(code)).to.match(/^(?:none|SyntaxError: .*)$/)
    }
  })

  it('knows names that are spelled with escapes', () => {
    expect([...parseFunction('var \\u0024count = 1', 'cloudfront-js-2.0').names]).to.include('$count')
    expect(metered('var $count = 1', 'cloudfront-js-2.0').program).to.match(/^\(\(\$count\$,/)
  })

  it('has nothing that njs has not', function () {
    try {
      execFileSync('njs', ['-v'], { stdio: 'ignore' })
    } catch {
      this.skip()
    }
    const folder = mkdtempSync(join(tmpdir(), 'pc-ctl-njs-'))
    try {
      for (const code of accepted) {
        const file = join(folder, 'function.js')
        writeFileSync(file, code)
        const said = execFileSync('njs', ['-d', file], {
          stdio: ['ignore', 'pipe', 'pipe'],
          timeout: 60_000,
        }).toString()
        expect(said, code).not.to.contain('SyntaxError')
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
