import { expect } from 'chai'

import { editDocument } from '../../src/aws/xml-edit.ts'
import { parseTree, printTree } from '../../src/xml-tree.ts'

/** The document after an edit, and what it would lose. */
function edited(received: string, before: string, after: string): { text: string; lost: readonly string[] } {
  const { document, lost } = editDocument(parseTree(received), parseTree(before), parseTree(after))
  return { text: printTree(document), lost }
}
const kept = (text: string) => ({ text, lost: [] })

describe('editDocument', () => {
  it('changes a text and nothing around it', () => {
    const received = `<C xmlns="u">\n  <New a='1'>x &amp; <![CDATA[<y>]]></New>\n  <Comment>a&#x41;</Comment>\n  <On>true</On><Z/>\n</C>`
    expect(edited(received, '<C><On>true</On><Comment>aA</Comment></C>', '<C><On>true</On><Comment>b</Comment></C>'))
      // Members are in another order here and there; the one received stays.
      .to.deep.equal(kept(received.replace('a&#x41;', 'b')))
  })

  it('leaves what is not changed as it is to the byte, however it is written', () => {
    const received = '<C><A x="1"><!-- c --><B> 1 </B></A><D></D><E/><On>false</On></C>'
    const rest = '<A><B>1</B></A><D/><E/>'
    expect(edited(received, `<C>${rest}<On>false</On></C>`, `<C>${rest}<On>true</On></C>`)).to.deep.equal(
      kept(received.replace('false', 'true')),
    )
  })

  it('adds members behind those that they are behind in the edit, and lets others follow', () => {
    expect(edited('<C><New/><B>1</B><U/></C>', '<C><B>1</B></C>', '<C><A>0</A><B>1</B><D>2</D></C>')).to.deep.equal(
      kept('<C><New/><A>0</A><B>1</B><U/><D>2</D></C>'),
    )
  })

  it('fills an element that is empty', () => {
    expect(edited('<C><A x="1" /></C>', '<C><A/></C>', '<C><A><B>1</B></A></C>')).to.deep.equal(
      kept('<C><A x="1"><B>1</B></A></C>'),
    )
    expect(edited('<C><A/><U/></C>', '<C><A></A></C>', '<C><A>1</A></C>')).to.deep.equal(kept('<C><A>1</A><U/></C>'))
  })

  it('lets what is unknown in a text stay when the text changes', () => {
    expect(edited('<C><A b="1">x<U/></A></C>', '<C><A>x</A></C>', '<C><A>y</A></C>')).to.deep.equal(
      kept('<C><A b="1">y<U/></A></C>'),
    )
  })

  it('takes a member away, with its white space and without what is beside it', () => {
    const received = '<C>\n  <A>1</A>\n  <U/>\n  <B><D/></B>\n  <V/>\n</C>'
    expect(edited(received, '<C><A>1</A><B><D/></B></C>', '<C><A>1</A></C>')).to.deep.equal(
      kept('<C>\n  <A>1</A>\n  <U/>\n  <V/>\n</C>'),
    )
  })

  it('names what would go with what it stands in', () => {
    const received = '<C><A><B p:x="1" xmlns:p="u"><New><B/></New></B><p:Mode/></A></C>'
    expect(edited(received, '<C><A><B/></A></C>', '<C/>').lost).to.deep.equal(['A.B@p:x', 'A.B.New', 'A.p:Mode'])
  })

  const origin = (id: string, inside = '', more = '') => `<Origin><Id>${id}</Id>${inside}${more}</Origin>`
  const list = (...items: string[]) =>
    `<C><Origins><Quantity>${items.length}</Quantity><Items>${items.join('')}</Items></Origins></C>`

  it('tells items of a list by what they are about, wherever they go', () => {
    const received = list(origin('a', '<T>1</T>', '<U1/>'), origin('b', '<T>2</T>', '<U2/>'))
    const before = list(origin('a', '<T>1</T>'), origin('b', '<T>2</T>'))
    const after = list(origin('b', '<T>3</T>'), origin('n'), origin('a', '<T>1</T>'))
    expect(edited(received, before, after)).to.deep.equal(
      kept(list(origin('b', '<T>3</T>', '<U2/>'), origin('n'), origin('a', '<T>1</T>', '<U1/>'))),
    )
  })

  it('names an item that goes by what it is about', () => {
    const received = list(origin('a', '', '<U1/>'), origin('b'))
    expect(edited(received, list(origin('a'), origin('b')), list(origin('b'))).lost).to.deep.equal([
      'Origins.Items[a].U1',
    ])
    // One with nothing unknown in it is nobody's loss.
    expect(edited(received, list(origin('a'), origin('b')), list(origin('a')))).to.deep.equal(
      kept(list(origin('a', '', '<U1/>'))),
    )
  })

  it('tells items without a name by their position', () => {
    const item = (text: string, more = '') => `<I><Value>${text}</Value>${more}</I>`
    expect(
      edited(list(item('1'), item('2', '<U/>')), list(item('1'), item('2')), list(item('1'), item('3'))),
    ).to.deep.equal(kept(list(item('1'), item('3', '<U/>'))))
  })

  it('counts items of an unknown kind as they were counted', () => {
    const received = list(origin('a'), '<OriginV2/>')
    const before = list(origin('a'), '').replace('<Quantity>1', '<Quantity>2')
    expect(edited(received, before, list(origin('a')))).to.deep.equal(kept(received))
    expect(edited(received, before, list(origin('a'), origin('b'))).text).to.equal(
      list(origin('a'), '<OriginV2/>', origin('b')),
    )
    // Those that were not counted are not now.
    const uncounted = received.replace('<Quantity>2', '<Quantity>1')
    expect(edited(uncounted, list(origin('a')), list(origin('a'), origin('b'))).text).to.include('<Quantity>2<')
  })

  it('keeps a list of which only what is unknown is left', () => {
    const empty = '<C><Origins><Quantity>0</Quantity></Origins></C>'
    expect(edited(list(origin('a'), '<U/>'), list(origin('a')), empty)).to.deep.equal(
      kept('<C><Origins><Quantity>0</Quantity><Items><U/></Items></Origins></C>'),
    )
    expect(edited(list(origin('a', '<V/>'), '<U/>'), list(origin('a')), empty).lost).to.deep.equal([
      'Origins.Items[a].V',
    ])
  })

  it('reads texts of lists as what they are about', () => {
    const names = (...all: string[]) => list(...all.map((name) => `<CNAME>${name}</CNAME>`))
    expect(
      edited(names('a', 'b').replace('b</CNAME>', 'b</CNAME><U/>'), names('a', 'b'), names('b', 'c')),
    ).to.deep.equal(kept(names('b', 'c').replace('b</CNAME>', 'b</CNAME><U/>')))
  })
})
