import { expect } from 'chai'

import { isAboutPlan, planAdvice } from '../../src/aws/flat-rate-plan.ts'

describe('refusals to distributions on flat-rate plans', () => {
  /** As AWS or, for what nobody has told, as it may word them; and what is to be advised. */
  const refusals: readonly (readonly [message: string, advised: RegExp])[] = [
    [
      "You can't remove or replace the web ACL for your distribution. Distributions with a pricing plan subscription must have a web ACL resource.",
      /keeps its web ACL/,
    ],
    [
      "You can't delete this distribution while it's subscribed to a pricing plan. Cancel the pricing plan, then you can delete the distribution.",
      /Cancel the plan/,
    ],
    ['Lambda@Edge is not supported on flat-rate pricing plans.', /--engine function/],
    ['Your flat rate plan does not include origin access identity', /--origin-access oac/],
    ["You're using configuration not available in this tier: custom cache policy", /Business/],
    ['The Pro pricing plan does not support more than 10 cache behaviors.', /10 \(Pro\)/],
    ['This feature needs another pricing plan.', /--engine function.*--origin-access oac.*Business/],
  ]
  for (const [message, advised] of refusals) {
    it(message, () => {
      expect(isAboutPlan(message)).to.equal(true)
      expect(planAdvice(message).join(' ')).to.match(advised)
    })
  }

  it('are not seen in other refusals', () => {
    for (const message of [
      'The parameter PriceClass has a value that is not valid.',
      'The request could not be satisfied, as planned.',
      'You are not allowed to use that runtime in this region.',
    ]) {
      expect(isAboutPlan(message), message).to.equal(false)
    }
  })
})
