import type { CacheBehavior } from '../contracts/distribution-shape.ts'
import type { ResponseHeadersPolicyConfig } from '../contracts/policy-shape.ts'
import type { Answer } from './answer.ts'
import type { EdgeCloudFront } from '../contracts/edge-peers.ts'

interface PolicyHeader {
  name: string
  value: string
  override: boolean
}

/** Adds and removes what the behavior's response headers policy says. CORS and Server-Timing headers are left out. */
export function withPolicyHeaders(answer: Answer, behavior: CacheBehavior, cloudfront: EdgeCloudFront): Answer {
  const id = behavior.ResponseHeadersPolicyId
  const policy = id === undefined || id === '' ? undefined : cloudfront.responseHeadersPolicy(id)
  if (policy === undefined) return answer
  const removed = new Set((policy.RemoveHeadersConfig?.Items ?? []).map(({ Header }) => Header.toLowerCase()))
  const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !removed.has(name)))
  for (const { name, value, override } of [...customHeaders(policy), ...securityHeaders(policy)]) {
    if (override || headers[name] === undefined) headers[name] = value
  }
  return { ...answer, headers }
}

const customHeaders = (policy: ResponseHeadersPolicyConfig): PolicyHeader[] =>
  (policy.CustomHeadersConfig?.Items ?? []).map(({ Header, Value, Override }) => ({
    name: Header.toLowerCase(),
    value: Value,
    override: Override,
  }))

function securityHeaders({ SecurityHeadersConfig: security }: ResponseHeadersPolicyConfig): PolicyHeader[] {
  const headers: PolicyHeader[] = []
  const add = (name: string, value: string, override: boolean): void => void headers.push({ name, value, override })
  const { XSSProtection, FrameOptions, ReferrerPolicy, ContentSecurityPolicy } = security ?? {}
  const { ContentTypeOptions, StrictTransportSecurity } = security ?? {}
  if (XSSProtection !== undefined) {
    const { Protection, ModeBlock, ReportUri, Override } = XSSProtection
    const mode = ModeBlock === true ? '; mode=block' : ReportUri === undefined ? '' : `; report=${ReportUri}`
    add('x-xss-protection', Protection ? `1${mode}` : '0', Override)
  }
  if (FrameOptions !== undefined) add('x-frame-options', FrameOptions.FrameOption, FrameOptions.Override)
  if (ReferrerPolicy !== undefined) add('referrer-policy', ReferrerPolicy.ReferrerPolicy, ReferrerPolicy.Override)
  if (ContentSecurityPolicy !== undefined) {
    add('content-security-policy', ContentSecurityPolicy.ContentSecurityPolicy, ContentSecurityPolicy.Override)
  }
  if (ContentTypeOptions !== undefined) add('x-content-type-options', 'nosniff', ContentTypeOptions.Override)
  if (StrictTransportSecurity !== undefined) {
    const { AccessControlMaxAgeSec, IncludeSubdomains, Preload, Override } = StrictTransportSecurity
    const directives = [
      `max-age=${AccessControlMaxAgeSec}`,
      ...(IncludeSubdomains === true ? ['includeSubDomains'] : []),
      ...(Preload === true ? ['preload'] : []),
    ]
    add('strict-transport-security', directives.join('; '), Override)
  }
  return headers
}
