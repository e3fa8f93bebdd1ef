import type { FunctionsRuntime } from './cloudfront-functions.ts'
import type { EdgeCloudFront } from './edge-peers.ts'
import type { KeyValueStores } from './key-value-stores.ts'
import type { FunctionRoles, LambdaService, TaggedResources } from './lambda-peers.ts'
import type { FlatRatePlans } from './plan-peers.ts'
import type { OriginAccessIdentityPrincipal } from './s3-peers.ts'
import type { Service } from './service.ts'

/** A certificate as CloudFront looks at it. */
export interface ViewerCertificate {
  arn: string
  status: string
  /** Domain name and subject alternative names. */
  names: readonly string[]
}

/** What CloudFront asks of the other services. */
export interface CloudFrontPeers {
  readonly lambda: Pick<LambdaService, 'version' | 'protectReplicated'>
  readonly roles: Pick<FunctionRoles, 'assumableBy'>
  /** ACM: certificates of us-east-1. */
  readonly certificates: CertificateLookup
  /** What runs CloudFront Functions. */
  readonly functions: FunctionsRuntime
}

interface CertificateLookup {
  certificate(arn: string): ViewerCertificate | undefined
}

/** The ACM service as the others see it. */
export interface AcmService extends Service, CertificateLookup {}

/** The CloudFront service as the others see it. */
export interface CloudFrontService extends Service, EdgeCloudFront, KeyValueStores, FlatRatePlans, TaggedResources {
  originAccessIdentities(): Iterable<OriginAccessIdentityPrincipal>
  /** Stops its timers. */
  close(): void
}
