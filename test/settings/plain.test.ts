import { expect } from 'chai'
import fc from 'fast-check'

import { readPlain } from '../../src/settings/plain.ts'
import { readRuby } from '../../src/settings/ruby/read.ts'

const keys = ['s3_bucket', 'aws_region', 'cloudfront_enabled'] as const

/** Parts of lines; most are plain, and some are what looks like it. */
const owners = fc.constantFrom('packagecloud_rails', 'packagecloud_rails', 'packagecloud_rails', 'nginx', 'redis', 'q')
const key = fc
  .tuple(fc.constantFrom(...keys), fc.constantFrom("'", "'", '"', ':'))
  .map(([name, quote]) => (quote === ':' ? `:${name}` : `${quote}${name}${quote}`))
const characters = fc.constantFrom(
  'a',
  'Z',
  '0',
  ' ',
  '#',
  '{',
  '}',
  '/',
  '+',
  '=',
  '\t',
  '\\',
  "'",
  '"',
  '\u00e9',
  '\n',
  '',
)
const text = fc.array(characters, { maxLength: 6 }).map((all) => all.join(''))
const value = fc.oneof(
  text.map((inner) => `'${inner}'`),
  text.map((inner) => `"${inner}"`),
  fc.constantFrom(
    'true',
    'false',
    'nil',
    '0',
    '17',
    '017',
    '1_0',
    '1.5',
    '-1',
    'packages',
    "'a' 'b'",
    ':a',
    '[1]',
    '?a',
  ),
)
const space = fc.constantFrom('', ' ', ' ', '\t', '  ')
const comment = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  text.map((inner) => `# ${inner}`),
)
const line = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(space, owners, key, space, space, value, space, comment)
      .map(
        ([before, of, of2, left, right, set, after, said]) =>
          `${before}${of}[${of2}]${left}=${right}${set}${after}${said}`,
      ),
  },
  fc.tuple(space, value, comment).map(([between, set, said]) => `external_url ${between}${set} ${said}`),
  comment,
  fc.constantFrom(
    '',
    '#!/bin/sh',
    '# coding: utf-8',
    '# -*- frozen_string_literal: true -*-',
    '=begin',
    '=end',
    '__END__',
    '\r',
  ),
)
const file = fc.array(line, { maxLength: 6 }).map((lines) => lines.join('\n'))

describe('a packagecloud.rb of plain values', () => {
  it('sets what Ruby sets', () =>
    fc.assert(
      fc.asyncProperty(file, async (source) => {
        const plain = readPlain(Buffer.from(source))
        if (plain === undefined) return
        const ruby = await readRuby(Buffer.from(source), 'f.rb', {})
        expect(ruby.notes).to.deep.equal([])
        for (const one of keys) {
          const { value, line } = ruby.get('packagecloud_rails', one) ?? { value: null, line: 0 }
          const found = plain.find(one)
          expect(ruby.doubts('packagecloud_rails', one)).to.equal(false)
          if (value === null) expect(found).to.equal(undefined)
          else {
            const isNumber = typeof value === 'bigint'
            expect(found).to.include({ key: one, line, unknown: undefined, isDoubtful: false })
            expect(found?.value).to.equal(isNumber ? undefined : value)
            expect(found?.type).to.equal(
              isNumber ? 'an Integer' : value === true ? 'a true' : value === false ? 'a false' : 'a String',
            )
          }
        }
      }),
      { numRuns: 1000 },
    )).timeout(60_000)

  it('is told from others', () => {
    const isPlain = (...lines: readonly string[]): boolean => readPlain(Buffer.from(lines.join('\n'))) !== undefined
    expect(
      isPlain("external_url 'https://packages.example.org'", '', 'packagecloud_rails[\'s3_bucket\'] = "b" # ours'),
    ).to.equal(true)
    expect(isPlain("\tnginx['enable']=true", "packagecloud_rails['aws_region'] = nil", '#')).to.equal(true)
    for (const other of ["ENV['A']", '"#{a}"', "'a\\n'", "'a' if b", 'a', '<<~T', "'é'", '1_000', "'a'; abort"]) {
      expect(isPlain(`packagecloud_rails['s3_bucket'] = ${other}`), other).to.equal(false)
    }
    for (const other of ['# coding: shift_jis', '#!/usr/bin/ruby', '=begin', '__END__', "puts['s3_bucket'] = 'b'"]) {
      expect(isPlain(other), other).to.equal(false)
    }
  })
})
