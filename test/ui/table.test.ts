import { expect } from 'chai'

import { lay, layLines } from '../../src/ui/layout.ts'
import { Lazily } from '../../src/ui/lazily.ts'
import { noTerminal, type Screen } from '../../src/ui/screen.ts'
import { item, table, type Table, verbatim } from '../../src/text.ts'

const lines = (of: Table, columns: number, how: Partial<Screen> = {}): string[] =>
  lay([of], { columns, colour: false, unicode: true, ...how }).split('\n')

describe('a table', () => {
  const facts = table([
    ['Distribution', 'Deployed'],
    ['Secret', 'the previous one only: do not restart front servers'],
  ])

  it('has its columns aligned', () =>
    expect(lines(facts, 80)).to.deep.equal([
      'Distribution  Deployed',
      'Secret        the previous one only: do not restart front servers',
    ]))

  it('of any length has them aligned too, and none of its rows is kept', () => {
    let [alive, most] = [0, 0]
    const length = 200_000
    const rows = new Lazily(function* () {
      for (let number = 0; number < length; number++) {
        most = Math.max(most, ++alive)
        yield [String(number)]
        alive--
      }
    })
    let [count, last] = [0, '']
    for (const line of layLines([table(rows, ['NUMBER'])], noTerminal)) {
      count++
      last = line
    }
    expect([count, last, most]).to.deep.equal([length + 1, String(length - 1), 1])
  })

  it('counts wide characters, and those without a width, as a terminal does', () => {
    const wide = table([
      ['漢字', 'a'],
      ['e\u0301', 'b'],
      ['👩‍👩‍👧‍👦', 'c'],
    ])
    expect(lines(wide, 80)).to.deep.equal(['漢字  a', 'e\u0301     b', '👩‍👩‍👧‍👦    c'])
  })

  it('wraps in its cells what is too wide', () =>
    expect(lines(facts, 44)).to.deep.equal([
      'Distribution  Deployed',
      'Secret        the previous one only: do not',
      '              restart front servers',
    ]))

  it('puts the last cell beneath where words do not fit beside each other', () => {
    const one = table([
      [item('ok', 'ok'), 'KMS key', '1a2b3c4d-5e6f-4a7b-8c9d-000000000001'],
      [item('ok', 'ok'), 'IAM role', 'auth'],
    ])
    expect(lines(one, 40)).to.deep.equal([
      '✔ ok  KMS key',
      '    1a2b3c4d-5e6f-4a7b-8c9d-000000000001',
      '✔ ok  IAM role  auth',
    ])
    expect(lines(one, 12)).to.deep.equal([
      '✔ ok',
      '    KMS key',
      '    1a2b3c4d-5e6f-4a7b-8c9d-000000000001',
      '✔ ok',
      '    IAM role',
      '    auth',
    ])
  })

  const settings = table(
    [
      ['region', 'eu-central-1', '/etc/packagecloud/packagecloud.rb:4 (aws_region)'],
      ['cloudfront_distribution_id', 'E1EXAMPLE00001', '/etc/packagecloud/packagecloud.rb:8'],
    ],
    ['NAME', 'VALUE', 'SOURCE'],
  )

  it('does so under a head too', () =>
    expect(lines(settings, 60)).to.deep.equal([
      'NAME                        VALUE           SOURCE',
      'region                      eu-central-1',
      '    /etc/packagecloud/packagecloud.rb:4 (aws_region)',
      'cloudfront_distribution_id  E1EXAMPLE00001',
      '    /etc/packagecloud/packagecloud.rb:8',
    ]))

  it('puts what is long in the first column above the others', () => {
    const counts = table(
      [
        ['a/very/long/root/of/a/repository/', 'apt', 'packages', '1,234', '0'],
        ['7/11/', 'apt', 'metadata', '5', '0'],
      ],
      ['REPOSITORY', 'FORMAT', 'CLASS', 'OBJECTS', 'FAILED'],
    )
    expect(lines(counts, 40)).to.deep.equal([
      'REPOSITORY',
      '    FORMAT  CLASS     OBJECTS  FAILED',
      'a/very/long/root/of/a/repository/',
      '    apt     packages  1,234    0',
      '7/11/',
      '    apt     metadata  5        0',
    ])
  })

  const listed = table(
    [
      ['cf://E1EXAMPLE00001', 'd111111abcdef8.cloudfront.net', 'Deployed', ''],
      ['cf://E2EXAMPLE00002', 'd222222abcdef8.cloudfront.net', 'InProgress', 'cdn.example.org'],
    ],
    ['DISTRIBUTION', 'DOMAIN', 'STATUS', 'ALIASES'],
  )

  it('has a head', () =>
    expect(lines(listed, 80)).to.deep.equal([
      'DISTRIBUTION         DOMAIN                         STATUS      ALIASES',
      'cf://E1EXAMPLE00001  d111111abcdef8.cloudfront.net  Deployed',
      'cf://E2EXAMPLE00002  d222222abcdef8.cloudfront.net  InProgress  cdn.example.org',
    ]))

  it('is a list where ids would have to be broken, without what is empty', () =>
    expect(lines(listed, 60)).to.deep.equal([
      'DISTRIBUTION  cf://E1EXAMPLE00001',
      'DOMAIN        d111111abcdef8.cloudfront.net',
      'STATUS        Deployed',
      '',
      'DISTRIBUTION  cf://E2EXAMPLE00002',
      'DOMAIN        d222222abcdef8.cloudfront.net',
      'STATUS        InProgress',
      'ALIASES       cdn.example.org',
    ]))

  it('has its head in bold, wherever that stands', () => {
    for (const columns of [80, 60]) {
      const [first = ''] = lines(listed, columns, { colour: true })
      expect(first).to.match(/^\u001b\[1mDISTRIBUTION/)
      expect(lines(listed, columns, { colour: true }).join('\n')).not.to.match(/\u001b\[1m[^\u001b]*cf:/)
    }
  })

  it('does not wrap without a terminal', () => {
    const long = 'word '.repeat(100).trim()
    expect(lay([table([['a', long]])], noTerminal)).to.equal(`a  ${long}`)
  })

  it('breaks nothing that is verbatim', () => {
    const statement = JSON.stringify({ Sid: 'a b c', Effect: 'Allow' })
    expect(lines(table([['Statement', verbatim(statement)]]), 20)).to.deep.equal(['Statement', `    ${statement}`])
  })

  it('can be empty', () => {
    expect(lines(table([]), 80)).to.deep.equal([''])
    expect(lines(table([], ['A', 'B']), 80)).to.deep.equal(['A  B'])
  })
})
