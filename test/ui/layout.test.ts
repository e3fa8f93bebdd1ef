import { stripVTControlCharacters } from 'node:util'

import { expect } from 'chai'
import fc from 'fast-check'

import { lay } from '../../src/ui/layout.ts'
import { noTerminal, type Screen } from '../../src/ui/screen.ts'
import {
  advice,
  type Block,
  difference,
  heading,
  inOneLine,
  item,
  kept,
  labelled,
  nested,
  table,
  Verbatim,
  verbatim,
  warning,
  whole,
} from '../../src/text.ts'
import { widthOf } from '../../src/ui/wrap.ts'

const terminal = (columns: number, how: Partial<Screen> = {}): Screen => ({
  columns,
  colour: false,
  unicode: true,
  ...how,
})
const lines = (columns: number, ...blocks: Block[]): string[] => lay(blocks, terminal(columns)).split('\n')

const arn = 'arn:aws:lambda:us-east-1:999999999999:function:packagecloud_cloudfront_auth:1'
const command = `pc-ctl reconfigure-cloudfront-distribution ${arn} --config '/etc/a b.rb'`

describe('lay', () => {
  it('wraps prose to the width of a terminal, and not at all where there is none', () => {
    const text = 'A secret is being replaced: restart only once both are accepted.'
    expect(lines(30, text)).to.deep.equal(['A secret is being replaced:', 'restart only once both are', 'accepted.'])
    expect(lay([text], noTerminal)).to.equal(text)
  })

  it('takes line breaks in prose for spaces, and an empty text for an empty line', () => {
    expect(lines(80, 'one\n  two\r\nthree\tfour', '', 'five')).to.deep.equal(['one two three four', '', 'five'])
  })

  it('never breaks what is verbatim', () => {
    for (const columns of [20, 40, 80]) {
      expect(lines(columns, 'Then run:', nested([verbatim(command)]))).to.deep.equal(['Then run:', `    ${command}`])
    }
    expect(lines(20, whole('{\n  "a": 1\n}\n'))).to.deep.equal(['{', '  "a": 1', '}'])
  })

  it('shows a line break that is part of a verbatim line by its number', () =>
    expect(lines(80, verbatim('Comment: a\nStatus: b'))).to.deep.equal(['Comment: a\\u000aStatus: b']))

  it('puts what does not fit beneath the first word of an item', () => {
    expect(lines(24, item('ok', 'Create the IAM role: up to date'))).to.deep.equal([
      '✔ Create the IAM role:',
      '  up to date',
    ])
    expect(lines(24, item({ sign: '12.' }, 'Put the two lines above there.'))).to.deep.equal([
      '12. Put the two lines',
      '    above there.',
    ])
  })

  it('indents what is nested, with as much less room for it', () => {
    expect(lines(24, nested(['It could not be asked at all.', '', nested(['twice'])]))).to.deep.equal([
      '    It could not be',
      '    asked at all.',
      '',
      '        twice',
    ])
  })

  it('has ASCII marks where only that is shown', () => {
    const all = (['ok', 'failed', 'warning', 'skipped', 'busy', 'todo', 'keep', 'create', 'update'] as const).map(
      (mark) => item(mark, 'x'),
    )
    const ascii = lay([...all, difference('a', 1, 2), 'AKIA…MPLE', table([['key', 'AKIA…MPLE']])], {
      ...noTerminal,
      unicode: false,
    })
    expect(ascii).to.match(/^[\n -~]*$/)
    expect(ascii.split('\n')).to.deep.equal([
      '* x',
      'x x',
      '! x',
      '- x',
      '... x',
      '-> x',
      '= x',
      '+ x',
      '~ x',
      'a: 1 -> 2',
      'AKIA...MPLE',
      'key  AKIA...MPLE',
    ])
  })

  it('has colours for labels, marks and headings, and for nothing else', () => {
    const colourful = (block: Block): string => lay([block], { ...noTerminal, colour: true })
    expect(colourful(labelled('Error', 'it failed'))).to.equal('\u001b[31mError\u001b[39m: it failed')
    expect(colourful(warning('take care'))).to.equal('\u001b[33mWarning\u001b[39m: take care')
    expect(colourful(labelled('Note', 'x'))).to.equal('Note: x')
    expect(colourful(item('ok', 'done'))).to.equal('\u001b[32m✔\u001b[39m done')
    expect(colourful(item('failed', 'done'))).to.equal('\u001b[31m✖\u001b[39m done')
    expect(colourful(heading('One two'))).to.equal('\u001b[1mOne two\u001b[22m')
    expect(colourful(verbatim(command))).to.equal(command)
    expect(colourful('prose')).to.equal('prose')
    expect(colourful(difference('Enabled', true, false))).to.equal('Enabled: true → false')
  })

  it('shows a change on one line, or before and after beneath each other', () => {
    const change = difference('Policy.Statement', undefined, { Sid: 'Ours', Effect: 'Allow', Action: 's3:ListBucket' })
    expect(lay([change], noTerminal)).to.equal(
      'Policy.Statement: (none) → {"Sid":"Ours","Effect":"Allow","Action":"s3:ListBucket"}',
    )
    expect(lines(50, change)).to.deep.equal([
      'Policy.Statement:',
      '  (none)',
      '  → {',
      '      "Sid": "Ours",',
      '      "Effect": "Allow",',
      '      "Action": "s3:ListBucket"',
      '    }',
    ])
    expect(lines(30, difference('Comment', 'one two three four five six', 'six'))).to.deep.equal([
      'Comment:',
      '  "one two three four five',
      '  six"',
      '  → "six"',
    ])
  })
})

describe('advice', () => {
  const hint = ['To have it made, run:', verbatim(command), 'Then look again.']

  it('has what is typed beneath what it is for', () =>
    expect(lay(advice(hint), noTerminal).split('\n')).to.deep.equal([hint[0], `  ${command}`, hint[2]]))

  it('can be one paragraph, and text in JSON', () => {
    expect(inOneLine(hint)).to.equal(`To have it made, run: \`${command}\` Then look again.`)
    expect(JSON.stringify(hint)).to.equal(JSON.stringify(hint.map(String)))
    expect(String(hint[1])).to.equal(command)
  })

  it('keeps together what comes from outside', () => {
    expect(kept('a/b.deb')).to.equal('a/b.deb')
    expect(lines(20, `${kept('a b.deb')} is cut off`)).to.deep.equal(['`a b.deb` is cut off'])
    expect(lines(20, `Look whether it is ${kept('a b.deb')}`)).to.deep.equal(['Look whether it is', '`a b.deb`'])
  })
})

/** Text that is hostile: of any code points, with all that does something to a terminal. */
const any = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ maxLength: 60 }),
  fc.constantFrom(
    'a\u001b[31mred\u001b[0m',
    '\u009b2J',
    '\r',
    '漢字 漢字',
    '👩‍👩‍👧‍👦',
    arn,
    command,
    'one two three four five six',
  ),
)
const line = fc.oneof(
  any,
  any.map((text) => verbatim(text)),
)
const mark = fc.constantFrom('ok', 'failed', 'warning', 'skipped', 'busy', 'create')
const cell = fc.oneof(
  line,
  fc.tuple(mark, any).map(([of, text]) => item(of, text)),
)
const leaf: fc.Arbitrary<Block> = fc.oneof(
  line,
  fc.tuple(mark, line).map(([of, text]) => item(of, text)),
  any.map(heading),
  any.map(warning),
  fc.tuple(any, any, any).map(([field, before, after]) => difference(field, before, { after })),
  fc
    .integer({ min: 2, max: 4 })
    .chain((length) => fc.array(fc.array(cell, { minLength: length, maxLength: length }), { maxLength: 4 }))
    .map((rows) => table(rows)),
  fc
    .array(fc.array(line, { minLength: 3, maxLength: 3 }), { maxLength: 4 })
    .map((rows) => table(rows, ['NAME', 'VALUE', 'SOURCE'])),
)
const block = fc.oneof(
  leaf,
  fc.array(leaf, { maxLength: 3 }).map((blocks) => nested(blocks)),
  fc.array(leaf, { maxLength: 3 }).map((blocks) => nested([nested(blocks, 2)], 2)),
)
const width = fc.integer({ min: 20, max: 130 })

/** The verbatim lines of a block, as deep as they are. */
function verbatimIn(of: unknown): string[] {
  if (of instanceof Verbatim) return of.lines.map((text) => lay([verbatim(text)], noTerminal))
  return typeof of === 'object' && of !== null ? Object.values(of).flatMap(verbatimIn) : []
}

/** The lines of the documents that change, as deep as they are. */
function documentsIn(of: unknown): string[] {
  if (typeof of !== 'object' || of === null) return []
  const inner = Object.values(of).flatMap(documentsIn)
  const document = 'after' in of && typeof of.after === 'object' ? whole(JSON.stringify(of.after, undefined, 2)) : ''
  return [...inner, ...verbatimIn(document)]
}

describe('any text, on any terminal', () => {
  it('does nothing to the terminal, and has the same lines with colours as without', () => {
    fc.assert(
      fc.property(block, width, (of, columns) => {
        const plain = lay([of], terminal(columns))
        const coloured = lay([of], terminal(columns, { colour: true }))
        expect(plain.replaceAll('\n', '')).not.to.match(/\p{Cc}/u)
        expect(stripVTControlCharacters(coloured)).to.equal(plain)
        // What is begun on a line ends there, and nothing but the ends of lines is left.
        for (const text of coloured.split('\n')) {
          expect(text.replace(/\u001b\[(?:1m[^\u001b]*\u001b\[22m|3[123]m[^\u001b]*\u001b\[39m)/g, '')).not.to.match(
            /\p{Cc}/u,
          )
        }
      }),
    )
  })

  it('never breaks and never colours what is verbatim', () => {
    fc.assert(
      fc.property(block, width, (of, columns) => {
        const laid = lay([of], terminal(columns, { colour: true })).split('\n')
        for (const text of verbatimIn(of))
          expect(
            laid.some((one) => one.includes(text.trimEnd())),
            text,
          ).to.equal(true)
      }),
    )
  })

  it('is never wider than the terminal, but for what may not be broken', () => {
    fc.assert(
      fc.property(block, width, (of, columns) => {
        for (const text of lay([of], terminal(columns)).split('\n')) {
          if (widthOf(text) <= columns) continue
          const unbroken = [...verbatimIn(of), ...documentsIn(of), ...(text.match(/(?:`[^`]*`|[^ ])+/g) ?? [])]
          expect(
            unbroken.some((one) => widthOf(one) > columns - 30 && text.includes(one.trimEnd())),
            text,
          ).to.equal(true)
        }
      }),
    )
  })

  it('says the same on every terminal', () => {
    const words = (text: string): string[] =>
      text
        .split(/\s+/)
        .filter((word) => word !== '')
        .sort()
    const prose = fc.oneof(
      any.map(heading),
      any,
      fc.tuple(mark, any).map(([of, text]) => item(of, text)),
      any.map(warning),
    )
    fc.assert(
      fc.property(fc.array(prose), width, (blocks, columns) => {
        expect(words(lay(blocks, terminal(columns)))).to.deep.equal(words(lay(blocks, noTerminal)))
        const rows = table(blocks.flatMap((of) => (typeof of === 'string' ? [[of, of]] : [])))
        expect(words(lay([rows], terminal(columns)))).to.deep.equal(words(lay([rows], noTerminal)))
      }),
    )
  })
})
