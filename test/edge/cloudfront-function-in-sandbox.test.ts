/** The CloudFront Function in the sandbox's own runtime: what rehearsals meet is what Lambda's handler answers too. */
import { expect } from 'chai'
import fc from 'fast-check'

import { buildFunction } from '../../scripts/build-function.ts'
import { firstRules } from '../../src/edge/config.ts'
import { functionCode } from '../../src/edge/function-code.ts'
import type { FunctionRun } from '../../src/sandbox/contracts/cloudfront-functions.ts'
import { createFunctions, type Functions } from '../../src/sandbox/functions/functions.ts'
import type { FunctionCase, Said } from '../support/cloudfront-function.ts'
import { lambdaSays, quietly, requests } from './both-engines.ts'

const storeArn = 'arn:aws:cloudfront::111122223333:key-value-store/11111111-2222-3333-4444-555555555555'

describe('CloudFront Function, in the runtime of the sandbox', () => {
  quietly()
  let functions: Functions
  let code: string
  let seconds = 0
  before(async () => {
    functions = createFunctions(() => seconds * 1000)
    code = functionCode((await buildFunction()).bundle, firstRules)
  })
  after(() => functions.close())

  const run = async ({ method, target, now, stored }: FunctionCase): Promise<FunctionRun> => {
    const mark = target.indexOf('?')
    seconds = now
    const event = {
      version: '1.0',
      context: { eventType: 'viewer-request' },
      viewer: { ip: '192.0.2.1' },
      request: { method, uri: mark === -1 ? target : target.slice(0, mark), querystring: {}, headers: {}, cookies: {} },
    }
    const values = new Map(stored === null ? [] : [['secrets', stored]])
    return functions.run(
      { arn: 'f', runtime: 'cloudfront-js-2.0', code, storeArn },
      event,
      { arn: storeArn, values, createdAt: 0, changedAt: 0 },
      { rawQueryString: mark === -1 ? undefined : target.slice(mark + 1) },
    )
  }

  const saidBy = ({ output, errorMessage }: FunctionRun): Said => {
    if (output === undefined) throw new Error(errorMessage)
    if ('request' in output) {
      const { uri, querystring } = output.request as { uri: string; querystring: object }
      return { uri, querystring: Object.keys(querystring).join('&') }
    }
    const { statusCode, statusDescription, headers, body } = output.response as {
      statusCode: number
      statusDescription: string
      headers: Record<string, { value: string }>
      body: { data: string }
    }
    const plain = Object.fromEntries(Object.entries(headers).map(([name, { value }]) => [name, value]))
    return { status: statusCode, phrase: statusDescription, headers: plain, body: body.data }
  }

  it('answers as Lambda does, and takes half of the time that it may at most', async () => {
    await fc.assert(
      fc.asyncProperty(
        // What does not begin with a slash is no path to the sandbox, nor to CloudFront.
        requests.filter(({ target }) => target.startsWith('/')),
        async (asked) => {
          const ended = await run(asked)
          expect(saidBy(ended)).to.deep.equal(await lambdaSays(asked, firstRules))
          expect(ended.computeUtilization).to.be.at.most(50)
        },
      ),
      { numRuns: 300 },
    )
  })
})
