import type { EdgeFunctions } from './cloudfront-functions.ts'
import type { DistributionConfig } from './distribution-shape.ts'
import type { AwsRequest, AwsResponse, Service } from './service.ts'
import type {
  CachePolicyConfig,
  OriginAccessControlConfig,
  OriginRequestPolicyConfig,
  ResponseHeadersPolicyConfig,
} from './policy-shape.ts'

/** One distribution as the edge serves it. */
export interface EdgeDistribution {
  id: string
  arn: string
  /** `127.0.0.1:PORT`; the listener's address. */
  domainName: string
  port: number
  /** The configuration that is deployed at this moment; undefined while the first deployment is under way. */
  deployedConfig(): DistributionConfig | undefined
}

/** What the edge asks CloudFront for. */
export interface EdgeCloudFront extends EdgeFunctions {
  distributions(): readonly EdgeDistribution[]
  /** Called after a distribution was made, deployed, changed or deleted. Returns the way to stop listening. */
  onChange(listener: () => void): () => void
  /** Called when an invalidation is made; paths as in the batch (`/a/*`). Returns the way to stop listening. */
  onInvalidation(listener: (distributionId: string, paths: readonly string[]) => void): () => void
  /** Managed policies too, here and below. */
  cachePolicy(id: string): CachePolicyConfig | undefined
  originRequestPolicy(id: string): OriginRequestPolicyConfig | undefined
  responseHeadersPolicy(id: string): ResponseHeadersPolicyConfig | undefined
  originAccessControl(id: string): OriginAccessControlConfig | undefined
  /** The identity behind `origin-access-identity/cloudfront/ID`. */
  originAccessIdentity(id: string): { id: string; s3CanonicalUserId: string } | undefined
}

/** How the edge fetches from S3, in-process. */
export interface EdgeS3 extends Pick<Service, 'error'> {
  /** Carries a request out from operation to error document. Never rejects with an `AwsError`. */
  serve(request: AwsRequest): Promise<AwsResponse>
  /** Region and age of a bucket, which decide how its host names answer. */
  bucket(name: string): { region: string; createdAt: number } | undefined
}

/** How the edge runs a function version. */
export interface EdgeLambda {
  /** Runs a numbered version. Rejects only if the sandbox itself is at fault. */
  invoke(versionArn: string, event: unknown): Promise<EdgeInvocation>
}

export type EdgeInvocation =
  | { outcome: 'result'; payload: unknown }
  /** The function threw, timed out, ran out of memory or could not be loaded. */
  | { outcome: 'error'; errorType: string; errorMessage: string }
