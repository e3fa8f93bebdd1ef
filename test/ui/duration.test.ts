import { expect } from 'chai'

import { durationWord, formatDuration, parseDuration } from '../../src/ui/duration.ts'
import { CtlError } from '../../src/errors.ts'

describe('duration', () => {
  it('is read in seconds, minutes, hours and days', () => {
    expect(['30s', '5m', '2h', '1d'].map(parseDuration)).to.deep.equal([30, 300, 7200, 86_400])
  })

  it('is refused if it is nothing, negative or not understood', () => {
    for (const text of ['', '5', 'm', '0s', '-5m', '1.5h', '5 m', '5M', '1w', '9999999999d', '٣m']) {
      expect(() => parseDuration(text), text)
        .to.throw(CtlError)
        .with.property('failure', 'usage')
    }
  })

  it('is written as it is read', () => {
    expect([30, 90, 300, 7200, 86_400, 604_800].map(durationWord)).to.deep.equal(['30s', '90s', '5m', '2h', '1d', '7d'])
    for (const span of [1, 61, 3600, 90_000]) expect(parseDuration(durationWord(span))).to.equal(span)
  })

  it('is shown in its two largest units', () => {
    const spans = [0, 45, 60, 295, 3600, 12_000, 86_399, 86_400, 439_200]
    expect(spans.map(formatDuration)).to.deep.equal([
      '0 s',
      '45 s',
      '1 min',
      '4 min 55 s',
      '1 h',
      '3 h 20 min',
      '23 h 59 min',
      '1 d',
      '5 d 2 h',
    ])
  })
})
