import { expect } from 'chai'

import { isChanging } from '../../../src/sandbox/host/call-log.ts'
import { errorOf, FaultPlan, FaultSyntaxError, parseDuration, parseFault } from '../../../src/sandbox/host/faults.ts'

const services = [
  { names: ['kms'], operations: ['Encrypt', 'Decrypt'] },
  { names: ['iam'], operations: ['Encrypt', 'GetRole'] },
]

describe('sandbox faults', () => {
  it('reads every part of the grammar', () => {
    expect(parseFault('cloudfront:CreateDistribution:2:after:ServiceUnavailable')).to.deep.equal({
      service: 'cloudfront',
      operation: 'CreateDistribution',
      calls: 2,
      when: 'after',
      what: { kind: 'error', code: 'ServiceUnavailable' },
    })
    expect(parseFault('kms:CreateKey:1:cut').what).to.deep.equal({ kind: 'cut' })
    expect(parseFault('s3:CopyObject:2:after:kill')).to.deep.include({ when: 'after', what: { kind: 'kill' } })
    expect(parseFault('*:*:drop').what).to.deep.equal({ kind: 'drop' })
    expect(parseFault('s3:PutObject:1-3:throttle')).to.deep.include({ calls: [1, 3], when: 'before' })
    expect(parseFault('kms:Encrypt:*:before:delay=1.5s').what).to.deep.equal({ kind: 'delay', milliseconds: 1500 })
    expect(parseFault('iam:GetRole:code=Odd,status=418,message=a:b,c=d').what).to.deep.equal({
      kind: 'error',
      code: 'Odd',
      status: 418,
      message: 'a:b,c=d',
    })
  })

  it('refuses what it does not know', () => {
    for (const text of [
      '',
      'kms',
      'kms:Encrypt',
      'kms:Encrypt:0:drop',
      'kms:Encrypt:3-2:drop',
      'kms:Encrypt:Unheard',
      'a:b:delay=3',
    ]) {
      expect(() => parseFault(text), text).to.throw(FaultSyntaxError)
    }
    expect(() => parseDuration('5')).to.throw(FaultSyntaxError)
  })

  it('counts the calls that match, from when it was added', () => {
    const plan = new FaultPlan(services)
    plan.add('kms:Encrypt:2:throttle')
    plan.add('kms:*:2-3:drop')
    const take = (operation: string): string[] => plan.take('kms', operation).map(({ what }) => what.kind)
    expect(take('Encrypt')).to.deep.equal([])
    expect(take('Encrypt')).to.deep.equal(['throttle', 'drop'])
    expect(take('Decrypt')).to.deep.equal(['drop'])
    expect(take('Encrypt')).to.deep.equal([])
    expect(plan.take('iam', 'Encrypt')).to.deep.equal([])
  })

  it('are refused where no call could meet them, with what there is instead', () => {
    const plan = new FaultPlan(services)
    const slipIn = (fault: string): FaultSyntaxError['slip'] => {
      try {
        plan.add(fault)
      } catch (error) {
        if (error instanceof FaultSyntaxError) return error.slip
      }
      return undefined
    }
    expect(slipIn('kns:Encrypt:drop')).to.deep.equal({ word: 'kns', known: ['kms', 'iam'] })
    expect(slipIn('kms:GetRole:drop')).to.deep.equal({ word: 'GetRole', known: ['Encrypt', 'Decrypt'] })
    expect(slipIn('*:GetRoles:drop')?.known).to.include.members(['Decrypt', 'GetRole'])
    expect(slipIn('kms:Encrypt:SlowDwon')?.known).to.include.members(['SlowDown', 'drop'])
    expect(plan.list()).to.be.empty
    for (const fault of ['*:GetRole:drop', 'iam:*:drop', '*:*:drop']) expect(slipIn(fault)).to.equal(undefined)
    plan.add({ operation: 'GetRole', what: { kind: 'drop' } })
    expect(plan.list()).to.have.length(4)
  })

  it('throttles in the words of each service', () => {
    const code = (service: string): unknown => {
      const error = errorOf({ kind: 'throttle' }, service)
      return [error?.status, error?.code]
    }
    expect(code('cloudfront')).to.deep.equal([400, 'Throttling'])
    expect(code('s3')).to.deep.equal([503, 'SlowDown'])
    expect(code('lambda')).to.deep.equal([429, 'TooManyRequestsException'])
    expect(code('kms')).to.deep.equal([400, 'ThrottlingException'])
  })

  it('tells reads from changes', () => {
    for (const name of ['GetRole', 'ListKeys', 'DescribeKey', 'HeadBucket', 'Decrypt', 'AssumeRole', 'Invoke']) {
      expect(isChanging(name), name).to.equal(false)
    }
    for (const name of [
      'CreateRole',
      'PutObject',
      'TagRole',
      'CopyObject',
      'UploadPart',
      'PublishVersion',
      'EnableKey',
    ]) {
      expect(isChanging(name), name).to.equal(true)
    }
  })
})
