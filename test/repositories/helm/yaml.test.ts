import { expect } from 'chai'
import fc from 'fast-check'
import { load, YAML11_SCHEMA } from 'js-yaml'

import { newestFirst } from '../../../src/repositories/helm/semver.ts'
import { writeYaml } from '../../../src/repositories/helm/write-yaml.ts'
import { isMap, readYaml, textOf, UnreadableYaml, type Yaml } from '../../../src/repositories/helm/yaml.ts'

const textIn = (text: string): string | undefined => {
  const value = readYaml(text)
  return textOf(isMap(value) ? value.get('v') : undefined)
}

describe('YAML as Helm reads it', () => {
  // What its library makes of them where it wants a text.
  const words: Readonly<Record<string, string>> = {
    ...{ '1.10': '1.1', '1.0': '1', '1e3': '1000', '1e20': '1e+20', '1234567.5': '1.2345675e+06', '0.00001': '1e-05' },
    ...{ '010': '8', '0o10': '8', '0x1F': '31', '0b101': '5', '1_000': '1000', '08': '8', '-0': '0', '+5': '5' },
    ...{ '18446744073709551615': '18446744073709551615', '.inf': '+Inf', '1:30': '1:30', '2020-01-01': '2020-01-01' },
    ...{ y: 'true', off: 'false', '"1.10"': '1.10', "'on'": 'on', '1.2.3': '1.2.3', '!!str 1.10': '1.10', _1: '_1' },
  }
  for (const [word, text] of Object.entries(words)) {
    it(`${word} is ${text}`, () => expect(textIn(`v: ${word}\n`)).to.equal(text))
  }

  it('knows aliases and merges, and how much they may stand for', () => {
    const merged = readYaml('a: &a {x: one, z: two}\nv:\n  <<: *a\n  z: three\n')
    expect(isMap(merged) && writeYaml(merged)).to.equal('a:\n  x: one\n  z: two\nv:\n  x: one\n  z: three\n')
    const laughs = ['a0: &a0 [lol]']
    for (let n = 1; n < 12; n++)
      laughs.push(
        `a${n}: &a${n} [${Array(9)
          .fill(`*a${n - 1}`)
          .join(', ')}]`,
      )
    for (const text of [
      laughs.join('\n'),
      'v: &v [*v]',
      'v: !!binary aGk=',
      'v: !ruby/object:X {}',
      `v: ${'['.repeat(99_999)}`,
    ]) {
      expect(() => readYaml(text), text.slice(0, 30)).to.throw(UnreadableYaml)
    }
  })
})

describe('YAML for Helm', () => {
  const odd = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.stringMatching(/^[-+.\d_xobeEyntf:, '"#&*!|>%@`{}[\]~?=\\/\n\t]{0,12}$/),
    fc.constantFrom(
      'yes',
      'No',
      'null',
      '~',
      '',
      '1e3',
      '0x1',
      '1.10',
      '2020-01-01',
      '<<',
      '=',
      '.inf',
      'a: b',
      'a #b',
      '- a',
    ),
    fc.constantFrom(
      '12:30:45',
      'on',
      'TRUE',
      '\u2028',
      '\u0085',
      '\ufeff',
      '0b11',
      '---',
      '...',
      ' a',
      'a ',
      'a\n',
      '{}',
      '\ud800',
    ),
  )

  it('says any text so that it is that text, by the rules of both versions of YAML', () => {
    fc.assert(
      fc.property(fc.dictionary(odd, fc.oneof(odd, fc.array(odd), fc.dictionary(odd, odd))), (tables) => {
        const value = new Map<string, Yaml>(
          Object.entries(tables).map(([name, one]) => [
            name,
            typeof one === 'string' || Array.isArray(one) ? one : new Map(Object.entries(one)),
          ]),
        )
        const text = writeYaml(value)
        const whole = JSON.stringify(JSON.parse(JSON.stringify(tables)))
        const read = (parsed: unknown): string => JSON.stringify(parsed)
        const sorted = (parsed: unknown): unknown => JSON.parse(read(parsed)) as unknown
        if (!/\\ud[89a-f]/i.test(whole)) {
          expect(sorted(load(text, { schema: YAML11_SCHEMA }) ?? {})).to.deep.equal(JSON.parse(whole))
          expect(sorted(load(text) ?? {})).to.deep.equal(JSON.parse(whole))
        }
        const again = readYaml(text)
        expect(isMap(again) && writeYaml(again)).to.equal(text)
      }),
      { numRuns: 500 },
    )
  })
})

describe('versions of charts', () => {
  it('come newest first, and last what is none', () => {
    const sorted = [
      '10.0.0',
      'v9',
      '1.2.3',
      '1.2.3-rc.10',
      '1.2.3-rc.2',
      '1.2.3-rc',
      '1.2.3-9',
      '0.1',
      'latest',
      'none',
    ]
    const shuffled = [...sorted].sort()
    expect(newestFirst(shuffled)).to.deep.equal(sorted)
    expect(newestFirst(['1.0.0+a', '1.0.0+b'])).to.deep.equal(['1.0.0+b', '1.0.0+a'])
  })
})
