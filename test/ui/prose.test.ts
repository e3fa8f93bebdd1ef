import { expect } from 'chai'

import { lay } from '../../src/ui/layout.ts'
import { readProse } from '../../src/ui/prose.ts'

const shown = (columns: number, ...source: string[]): string[] =>
  lay(readProse(source.join('\n')), { columns, colour: false, unicode: true }).split('\n')

describe('prose of templates', () => {
  it('is paragraphs, whose lines belong together', () =>
    expect(shown(80, 'One line', 'and another.', '', 'A new one.', '', '')).to.deep.equal([
      'One line and another.',
      'A new one.',
    ]))

  it('has verbatim lines, which are never broken', () => {
    const command = 'pc-ctl bootstrap-cloudfront --config /etc/packagecloud/packagecloud.rb'
    expect(
      shown(30, 'Add that line everywhere, then run:', '', '    one', `    ${command}`, 'The rest.'),
    ).to.deep.equal(['Add that line everywhere, then', 'run:', '  one', `  ${command}`, 'The rest.'])
  })

  it('has lists, with paragraphs and verbatim lines in their items', () =>
    expect(
      shown(
        30,
        'In this order:',
        '1. Put the two lines above in place',
        '   of line 7.',
        '',
        '   Remove line 9.',
        '2.     packagecloud-ctl reconfigure --verbose --and more',
        '3. Once:',
        '',
        '       pc-ctl bootstrap-cloudfront --and more',
        '',
        'That is all.',
      ),
    ).to.deep.equal([
      'In this order:',
      '  1. Put the two lines above',
      '     in place of line 7.',
      '     Remove line 9.',
      '  2. packagecloud-ctl reconfigure --verbose --and more',
      '  3. Once:',
      '       pc-ctl bootstrap-cloudfront --and more',
      'That is all.',
    ]))
})
