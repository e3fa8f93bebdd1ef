/** One distribution as the edge serves it. */
export interface EdgeDistribution {
  id: string
  arn: string
  /** `127.0.0.1:PORT`; the listener's address. */
  domainName: string
  port: number
  /**
   * The configuration that is deployed now (the DistributionConfig of the API, with the API's member names), or
   * undefined while the first deployment is under way.
   */
  deployedConfig: Readonly<Record<string, unknown>> | undefined
}

/** What the edge asks CloudFront for. The configurations have the API's member names. */
export interface EdgeCloudFront {
  distributions(): readonly EdgeDistribution[]
  /** Called after a distribution was made, deployed, changed or deleted. Returns the way to stop listening. */
  onChange(listener: () => void): () => void
  /** Called when an invalidation is made; paths as in the batch (`/a/*`). Returns the way to stop listening. */
  onInvalidation(listener: (distributionId: string, paths: readonly string[]) => void): () => void
  /** CachePolicyConfig, managed ones too. */
  cachePolicy(id: string): Readonly<Record<string, unknown>> | undefined
  /** OriginRequestPolicyConfig, managed ones too. */
  originRequestPolicy(id: string): Readonly<Record<string, unknown>> | undefined
  /** ResponseHeadersPolicyConfig, managed ones too. */
  responseHeadersPolicy(id: string): Readonly<Record<string, unknown>> | undefined
  /** OriginAccessControlConfig. */
  originAccessControl(id: string): Readonly<Record<string, unknown>> | undefined
  /** The identity behind `origin-access-identity/cloudfront/ID`. */
  originAccessIdentity(id: string): { id: string; s3CanonicalUserId: string } | undefined
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
