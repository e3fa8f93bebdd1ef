/**
 * What AWS charges, in US dollars. The only place that prices stand in: one that AWS has changed is changed here, with the
 * date and where it was read.
 *
 * Where they differ by region, those of the United States and Europe (traffic), the United States (requests) and us-east-1.
 */
export const prices = {
  /** When these were last compared with their sources, ISO 8601. */
  asOf: '2026-11-28',
  sources: [
    'https://aws.amazon.com/cloudfront/pricing/ (traffic, requests, functions, what is free)',
    'https://aws.amazon.com/lambda/pricing/ (Lambda@Edge)',
    'https://aws.amazon.com/kms/pricing/ and https://aws.amazon.com/s3/pricing/',
    'Amazon CloudFront Developer Guide, "Flat-rate pricing plans"',
    'https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/',
  ],
  cloudfront: {
    /** Of each month, of the whole account. */
    free: { gigabytes: 1_000, requests: 10_000_000, functionRuns: 2_000_000, storeReads: 2_000_000 },
    /** A GB out to the internet, in steps of so many GB; the last has no end. */
    traffic: [
      { upTo: 10_000, perGigabyte: 0.085 },
      { upTo: 50_000, perGigabyte: 0.08 },
      { upTo: 150_000, perGigabyte: 0.06 },
      { upTo: 500_000, perGigabyte: 0.04 },
      { upTo: 1_024_000, perGigabyte: 0.03 },
      { upTo: 5_000_000, perGigabyte: 0.025 },
      { upTo: Infinity, perGigabyte: 0.02 },
    ],
    perMillionHttpsRequests: 1,
    perMillionFunctionRuns: 0.1,
    perMillionStoreReads: 0.03,
  },
  lambdaEdge: { perMillionRequests: 0.6, perGigabyteSecond: 0.000_050_01 },
  kms: { perKeyAndMonth: 1 },
  s3: { perMillionGets: 0.4 },
  costExplorer: { perQuestion: 0.01 },
  /** For a month and distribution; nothing is charged beyond. None takes `Lambda@Edge`. */
  plans: [
    { name: 'Free', monthly: 0, requests: 1_000_000, gigabytes: 100, store: false, cachePolicies: false },
    { name: 'Pro', monthly: 15, requests: 10_000_000, gigabytes: 50_000, store: true, cachePolicies: false },
    { name: 'Business', monthly: 200, requests: 125_000_000, gigabytes: 50_000, store: true, cachePolicies: true },
    { name: 'Premium', monthly: 1_000, requests: 500_000_000, gigabytes: 50_000, store: true, cachePolicies: true },
  ],
} as const
