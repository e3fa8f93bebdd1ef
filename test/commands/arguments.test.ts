import { expect } from 'chai'

import { runCli } from '../support/run-cli.ts'

describe('A flag that can be given several times', () => {
  it('takes one value each time, and leaves the argument behind it alone', async () => {
    const arn = "arn:aws:lambda:us-east-1:999999999999:function:packagecloud_cloudfront_auth:1'"
    const args = ['reconfigure-cloudfront-distribution', '--bucket', 'b-test', '--alias', 'packages.example.org', arn]
    const { stderr, code } = await runCli(args)
    expect(code).to.equal(2)
    expect(stderr).to.contain('stray quote')
  })
})
