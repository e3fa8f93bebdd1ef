import { expect } from 'chai'
import fc from 'fast-check'
import { lexer, type Token, type Tokens } from 'marked'

import { difference, heading, item, nested, table, tree, verbatim, warning, whole } from '../../src/text.ts'
import { markdownOf } from '../../src/ui/markdown.ts'

/** What a reader sees of tokens, without what Markdown makes of it. */
const seen = (tokens: readonly Token[]): string =>
  tokens
    .map((token) => {
      const inner = 'tokens' in token ? token.tokens : undefined
      if (token.type === 'list') return seen((token as Tokens.List).items)
      if (inner !== undefined && token.type !== 'code') return seen(inner)
      return (token as Partial<Tokens.Text>).text ?? ''
    })
    .join('')

/** As HTML has it: that is all that is left of what looks like entities and tags. */
const plain = (text: string): string =>
  text.replace(
    /&(amp|lt|gt|quot|#39);/g,
    (_all, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[name] ?? '',
  )

/** All kinds of tokens in a document. */
const kinds = (tokens: readonly Token[]): string[] =>
  tokens.flatMap((token) => [
    token.type,
    ...kinds((token as { readonly tokens?: Token[] }).tokens ?? []),
    ...(token.type === 'list' ? kinds((token as Tokens.List).items) : []),
  ])

/** Without backticks, which say in prose what is code. */
const text = fc
  .string({ unit: fc.constantFrom(...Array.from('ab 1.)-+#*_[]()<>&~|!\\="\'/:é{}$^')), minLength: 1, maxLength: 30 })
  .filter((one) => one.trim() === one && !/ {2}/.test(one))

describe('a document of Markdown', () => {
  it('says what it was given, whatever that looks like', () => {
    fc.assert(
      fc.property(text, (one) => {
        const document = markdownOf('Title', [
          { heading: 'Part', blocks: [one, item('todo', one), `before \`${one}\``] },
        ])
        const tokens = lexer(document, { gfm: false })
        const [, , , , paragraph] = tokens
        expect(plain(seen([paragraph as Token])), document).to.equal(one)
        for (const kind of ['em', 'strong', 'link', 'html', 'blockquote', 'hr', 'image', 'del']) {
          expect(kinds(tokens), document).to.not.include(kind)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('has commands just as they are, in fences that nothing in them closes', () => {
    const line = fc.string({ unit: fc.constantFrom(...Array.from('ab`~ "\'$#\\')), maxLength: 30 })
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 4 }), (lines) => {
        fc.pre(lines.at(-1) !== '')
        const tokens = lexer(markdownOf('T', [{ heading: 'P', blocks: [whole(lines.join('\n'))] }]))
        const [code] = tokens.filter(({ type }) => type === 'code')
        expect((code as Tokens.Code).text).to.equal(lines.join('\n'))
      }),
      { numRuns: 300 },
    )
  })

  it('ticks what is done, and says in a word what else there is', () => {
    const blocks = [
      item('ok', 'right'),
      item('failed', 'wrong'),
      nested(['why', item('todo', 'what to do'), nested([verbatim('pc-ctl status')], 3)]),
      item('todo', verbatim('pc-ctl doctor')),
      item('note', 'a note'),
    ]
    expect(markdownOf('T', [{ heading: 'P', blocks }])).to.equal(
      [
        '# T\n\n## P\n',
        '- [x] right',
        '- [ ] **failed:** wrong\n',
        '  why\n',
        '  - [ ] what to do\n',
        '    ```\n    pc-ctl status\n    ```\n',
        '- [ ] `pc-ctl doctor`',
        '- a note\n',
      ].join('\n'),
    )
  })

  it('has every kind of block, no table, and no part without blocks', () => {
    const blocks = [
      heading('1. First_'),
      warning('careful'),
      table([['Name', 'a_b']]),
      table([['1', 'x']], ['N', 'What']),
      tree('root', [tree(item('ok', 'leaf'))]),
      difference('Field', undefined, ['a']),
      '',
    ]
    const document = markdownOf('T', [
      { heading: 'None', blocks: [] },
      { heading: 'P', blocks },
    ])
    expect(document).to.equal(
      [
        '# T\n\n## P\n\n### 1. First\\_\n',
        '**Warning:** careful\n',
        '- **Name:** a_b',
        '- N: 1; What: x',
        '- root\n',
        '  - leaf\n',
        '- Field: `(none)` → `["a"]`\n',
      ].join('\n'),
    )
  })
})
