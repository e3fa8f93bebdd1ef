import { expect } from 'chai'
import fc from 'fast-check'

import { s3cmdLines } from '../../src/ui/s3cmd-labels.ts'

describe('s3cmd’s labelled lines', () => {
  it('are as s3cmd prints them', () => {
    const lines = s3cmdLines([
      ['Origin', 's3://bucket/'],
      ['CNAMEs', undefined],
      ['Comment', ''],
      ['Enabled', true],
      ['DefaultRootObject', 'index.html'],
      ['Nr of paths', 3],
    ])
    expect(lines.lines).to.deep.equal([
      'Origin:         s3://bucket/',
      'Comment:        ',
      'Enabled:        True',
      'DefaultRootObject: index.html',
      'Nr of paths:    3',
    ])
  })

  it('give back label and value to whoever splits at the first colon', () => {
    const label = fc.stringMatching(/^[A-Za-z ]{1,20}[A-Za-z]$/)
    fc.assert(
      fc.property(label, fc.stringMatching(/^[!-~]{1,40}$/), (name, value) => {
        const [line = ''] = s3cmdLines([[name, value]]).lines
        expect([line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]).to.deep.equal([
          name,
          value,
        ])
        expect(line.length).to.equal(Math.max(15, name.length + 1) + 1 + value.length)
      }),
    )
  })
})
