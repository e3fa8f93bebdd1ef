import { expect } from 'chai'
import * as fc from 'fast-check'

import { parseEdgeArn } from '../../src/resources/edge-engines.ts'
import { CtlError } from '../../src/errors.ts'

const ofCloudFront = 'arn:aws:cloudfront::123456789012:function/packagecloud_cloudfront_auth'
const name = 'arn:aws:lambda:us-east-1:123456789012:function:packagecloud_cloudfront_auth'

function wrong(arn: string): CtlError {
  try {
    parseEdgeArn(arn)
  } catch (error) {
    if (error instanceof CtlError) return error
  }
  return expect.fail(`"${arn}" was taken`)
}

describe('parseEdgeArn', () => {
  it('reads the parts of what bootstrap-cloudfront printed', () => {
    expect(parseEdgeArn(`${name}:12`)).to.deep.equal({
      engine: 'lambda',
      arn: `${name}:12`,
      accountId: '123456789012',
      functionName: 'packagecloud_cloudfront_auth',
      number: 12,
    })
  })

  it('reads a CloudFront Function', () => {
    expect(parseEdgeArn(ofCloudFront)).to.deep.equal({
      engine: 'function',
      arn: ofCloudFront,
      accountId: '123456789012',
      functionName: 'packagecloud_cloudfront_auth',
    })
  })

  it('suggests what makes one of the same installation', () => {
    const carried = ['--installation', 'second']
    for (const [arn, engine] of [
      [name, ''],
      [`${ofCloudFront}:1`, ' --engine function'],
    ] as const) {
      expect(() => parseEdgeArn(arn, carried))
        .to.throw(CtlError)
        .with.property('hint')
        .deep.equal([
          `Run \`pc-ctl bootstrap-cloudfront${engine} --installation second\` and copy the command that it prints.`,
        ])
    }
  })

  it('reads whatever version of whatever function', () => {
    const digits = fc.stringMatching(/^\d{12}$/)
    fc.assert(
      fc.property(
        digits,
        fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
        fc.integer({ min: 1 }),
        (accountId, functionName, number) => {
          const arn = `arn:aws:lambda:us-east-1:${accountId}:function:${functionName}:${number}`
          expect(parseEdgeArn(arn)).to.deep.equal({ engine: 'lambda', arn, accountId, functionName, number })
        },
      ),
    )
  })

  it('says what is wrong with each way to get it wrong', () => {
    const said: [string, RegExp][] = [
      [`${name}:1'`, /stray quote/],
      [`${name}:1"`, /stray quote/],
      [`'${name}:1`, /stray quote/],
      [name, /version number at the end is missing/],
      [`${name}:`, /version number at the end is missing/],
      [`${name}:$LATEST`, /version number at the end, not "\$LATEST"/],
      [`${name}:live`, /version number at the end, not "live"/],
      [`${name}:0`, /not "0"/],
      [`${name}:01`, /not "01"/],
      [`${name}:1 `, /not "1 "/],
      [`${name}:-1`, /not "-1"/],
      [`${name}:1:2`, /not the ARN of a Lambda function version/],
      [`${name.replace('us-east-1', 'eu-west-1')}:1`, /the function is in eu-west-1, but .* us-east-1/],
      [`${name.replace('us-east-1', '')}:1`, /us-east-1/],
      [`${name.replace('123456789012', '12345')}:1`, /twelve digits/],
      [`${name.replace('packagecloud_cloudfront_auth', '')}:1`, /name of the function is missing/],
      [`${name.replace('aws', 'aws-cn')}:1`, /not the ARN/],
      [`${name.replace('lambda', 's3')}:1`, /not the ARN/],
      ['arn:aws:cloudfront::123456789012:distribution/E1', /not the ARN/],
      ['arn:aws:cloudfront::123456789012:key-value-store/3f1c', /of a key value store, where the function's is needed/],
      [`${ofCloudFront}:1`, /neither version nor stage .* ":1"/],
      [`${ofCloudFront}/LIVE`, /neither version nor stage .* "\/LIVE"/],
      [ofCloudFront.replace('::', ':us-east-1:'), /has no region, not "us-east-1"/],
      [ofCloudFront.replace('123456789012', '12345'), /twelve digits/],
      [ofCloudFront.replace('packagecloud_cloudfront_auth', ''), /name of the function is missing/],
      [ofCloudFront.replace('/packagecloud_cloudfront_auth', ''), /name of the function is missing/],
      [ofCloudFront.replace('aws', 'aws-cn'), /not the ARN/],
      [`${ofCloudFront}'`, /stray quote/],
      ['packagecloud_cloudfront_auth:1', /not the ARN/],
      ['', /not the ARN/],
    ]
    for (const [arn, message] of said) {
      const error = wrong(arn)
      expect(error, arn).to.include({ failure: 'usage', exitCode: 2 })
      expect(error.message, arn).to.match(message).and.to.include(`"${arn}"`)
      expect(error.hint, arn).to.have.length(1)
    }
  })

  it('has the engine of what was typed in its advice', () => {
    expect(wrong(`${ofCloudFront}:1`).hint[0]).to.include('--engine function')
    expect(wrong(name).hint[0]).to.not.include('--engine')
  })

  it('shows the ARN without its stray quote, to be pasted', () => {
    expect(wrong(`${name}:3'`).hint).to.deep.equal([`Leave the quote out: ${name}:3`])
  })

  it('throws nothing but usage errors, whatever it is given', () => {
    const part = fc.constantFrom(
      'arn',
      'aws',
      'lambda',
      'cloudfront',
      'function/',
      'function/f/g',
      'us-east-1',
      '123456789012',
      'function',
      'f',
      '',
      '$LATEST',
      "'",
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 10 }), (parts) => {
        expect(wrong(parts.join(':')).failure).to.equal('usage')
      }),
    )
  })
})
