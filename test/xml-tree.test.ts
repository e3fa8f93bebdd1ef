import { expect } from 'chai'
import * as fc from 'fast-check'

import { attributesOf, elementsOf, parseTree, printTree, withoutAttributes } from '../src/xml-tree.ts'

/** Whatever an element may hold, in every way of writing it. */
const { element } = fc.letrec<{ element: string; content: string }>((tie) => ({
  element: fc
    .tuple(
      fc.constantFrom('Origin', 'v2:Mode', 'constructor', '__proto__', 'Items', 'a.b-c', 'Ä'),
      fc.array(fc.constantFrom(` a="1"`, ` b='"'`, ` v2:c = "&lt;>"`, `\n d="/>"`), { maxLength: 2 }),
      fc.option(tie('content'), { nil: undefined }),
      fc.constantFrom('', ' ', '\n'),
    )
    .map(([name, attributes, content, space]) => {
      const start = `${name}${[...new Set(attributes)].join('')}${space}`
      return content === undefined ? `<${start}/>` : `<${start}>${content}</${name}${space}>`
    }),
  content: fc
    .array(
      fc.oneof(
        tie('element'),
        fc.constantFrom(...['text', ' ', '\r\n  ', '&amp;&#13;&quot;', 'é𝒳', ']]', '<![CDATA[ <x> & </x> ]]>']),
        fc.constantFrom('<!-- <Origin> -->', '<?pi <x> ?>', '<![CDATA[]]>'),
      ),
      { maxLength: 4 },
    )
    .map((parts) => parts.join('')),
}))

describe('parseTree', () => {
  it('loses nothing: what is printed again is what was read', () => {
    fc.assert(
      fc.property(element, fc.constantFrom('', '<?xml version="1.0"?>\n', '<!-- <A> -->'), (root, before) => {
        expect(printTree(parseTree(`${before}${root}\n`))).to.equal(root)
      }),
      { numRuns: 500 },
    )
  })

  it('tells elements from all that may stand between them', () => {
    const tree = parseTree(`<A x='1' xmlns:v="u">t<B/>&lt;C/><!-- <D/> --><v:E y=">">1</v:E><![CDATA[<F/>]]></A>`)
    expect(elementsOf(tree).map(({ name }) => name)).to.deep.equal(['B', 'v:E'])
    expect(Object.fromEntries(attributesOf(tree))).to.deep.equal({ x: "x='1'", 'xmlns:v': 'xmlns:v="u"' })
    expect(printTree(withoutAttributes(tree))).to.equal('<A>t<B/>&lt;C/><!-- <D/> --><v:E>1</v:E><![CDATA[<F/>]]></A>')
  })

  it('refuses what is not well-formed', () => {
    for (const text of ['', 'text', '<A', '<A>', '<A><B></A>', '<A></B>']) {
      expect(() => parseTree(text), text).to.throw()
    }
  })

  it('reads what is nested deeply', () => {
    const deep = `${'<n>'.repeat(1000)}${'</n>'.repeat(1000)}`
    expect(printTree(parseTree(deep))).to.equal(deep)
  })
})
