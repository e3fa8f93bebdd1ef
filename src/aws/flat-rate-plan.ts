/**
 * What CloudFront refuses to a distribution on a flat-rate plan. No call of CloudFront's API tells whether one is on a
 * plan, and which; its refusals do, in words that no document lists.
 *
 * Source: Amazon CloudFront Developer Guide, "CloudFront flat-rate pricing plans".
 */
const words = /pricing plan|flat[- ]?rate|plan subscription|not available (?:in|on|with) (?:this|your) (?:tier|plan)/i

/** Whether a refusal is one that only a plan explains. */
export const isAboutPlan = (message: string): boolean => words.test(message)

const byWhatIsNamed: readonly (readonly [named: RegExp, advice: readonly string[]])[] = [
  [
    /\bdelete\b/i,
    ['Cancel the plan in the CloudFront console. It ends with the month, and the distribution can be deleted then.'],
  ],
  [
    /web ?acl/i,
    ['A distribution on a plan keeps its web ACL. pc-ctl leaves that as it is: take back what else was to change it.'],
  ],
  [
    /polic(?:y|ies)/i,
    [
      "Policies of one's own, such as the cache policy that pc-ctl makes, are in a plan from Business on: change the plan in the " +
        'CloudFront console, or pay by use.',
    ],
  ],
  [
    /key ?value ?store/i,
    [
      'CloudFront Functions that keep secrets in a KeyValueStore are in a plan from Pro on, the cache policy that pc-ctl makes from Business on.',
    ],
  ],
  [
    /behaviou?rs/i,
    ['A plan has 5 behaviors (Free), 10 (Pro), 50 (Business) or 100 (Premium): take some away, or change the plan.'],
  ],
  [
    /lambda/i,
    [
      'No plan has Lambda@Edge. Run `pc-ctl bootstrap-cloudfront --engine function` and the command that it prints: a CloudFront ' +
        'Function checks the same URLs, with pc-ctl from the plan Business on.',
    ],
  ],
  [
    /origin access identit|\bOAI\b/i,
    ['No plan has origin access identities: run the same command with --origin-access oac.'],
  ],
]

/** What helps, by what the refusal names; all that may be meant where it names nothing that is known. */
export function planAdvice(message: string): readonly string[] {
  const found = byWhatIsNamed.find(([named]) => named.test(message))
  return (
    found?.[1] ?? [
      'The distribution is on a flat-rate plan. No plan has Lambda@Edge (use `pc-ctl bootstrap-cloudfront --engine function`) or ' +
        'origin access identities (use --origin-access oac); a cache policy of our own is in it from Business on.',
    ]
  )
}
