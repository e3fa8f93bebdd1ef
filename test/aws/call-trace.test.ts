import { expect } from 'chai'

import { CallSums, type EndedCall, lineOf } from '../../src/aws/call-trace.ts'

const call: EndedCall = {
  action: 's3:HeadBucket',
  region: 'eu-central-1',
  status: 200,
  attempts: 1,
  milliseconds: 34.4,
  requestId: '4442587FB7D0A2F9',
}

describe('the trace of calls', () => {
  it('tells a call in one line', () => {
    expect(lineOf(call)).to.equal('aws s3:HeadBucket eu-central-1: 200, 1 attempt, 34 ms, request id 4442587FB7D0A2F9')
    expect(lineOf({ ...call, status: 503, code: 'SlowDown', attempts: 3 })).to.include(': 503 SlowDown, 3 attempts,')
    expect(lineOf({ ...call, status: undefined, code: 'Error', requestId: undefined, region: undefined })).to.equal(
      'aws s3:HeadBucket no region: no answer Error, 1 attempt, 34 ms, no request id',
    )
  })

  it('sums up what is too much to be read, but for what did not go well at once', () => {
    const lines: string[] = []
    let now = 0
    const sums = new CallSums(
      (line) => lines.push(line),
      () => now,
    )
    for (let number = 0; number < 1000; number++) sums.note(call)
    expect(lines).to.have.length(1000)
    for (let number = 0; number < 500; number++) sums.note({ ...call, requestId: `id-${number}`, milliseconds: 10 })
    expect(lines).to.have.length(1000)
    sums.note({ ...call, attempts: 2 })
    sums.note({ ...call, status: 403, code: 'AccessDenied' })
    expect(lines.slice(1000)).to.have.length(2)
    now = 10_000
    sums.note({ ...call, milliseconds: 10 })
    expect(lines.at(-1)).to.equal(
      'aws s3:HeadBucket eu-central-1: 200, 501 calls of 10 ms each, the first with request id id-0',
    )
    sums.end()
    expect(lines).to.have.length(1003)
  })
})
