import type { PolicyDocument } from './policy-document.ts'
import type { Caller } from './service.ts'

/** What KMS asks of IAM. */
export interface KmsPeers {
  /** A user, role, role session, account id or account root; `settled` asks that AWS has had time to notice it. */
  principalExists(principal: string, settled?: boolean): boolean
  identityPolicies(caller: Caller): readonly PolicyDocument[]
}
