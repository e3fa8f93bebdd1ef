/**
 * What AWS charges, in US dollars. The only place that prices stand in: one that AWS has changed is changed here, with the
 * date and where it was read.
 *
 * Where they differ by region, those of the United States and Europe (traffic), the United States (requests) and us-east-1.
 */
export const prices = {
  /** When these were last compared with their sources, ISO 8601. */
  asOf: '2026-11-29',
  /** Of what downloads cost. */
  sources: [
    'https://aws.amazon.com/cloudfront/pricing/ (traffic, plans, what is free)',
    'Not read from AWS but as others quote its price list, 2026: CloudFront Functions, and their reads of key value stores',
    'Not read from AWS but as others quote it: AWS Price List, AmazonCloudFront, US-Requests-Tier2-HTTPS, October 2026 (requests)',
    'https://aws.amazon.com/lambda/pricing/ (Lambda@Edge)',
    'https://aws.amazon.com/kms/pricing/ and https://aws.amazon.com/s3/pricing/',
    'Amazon CloudFront Developer Guide, "Flat-rate pricing plans"; levels and prices of the plans in part as others quote them',
    'https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/',
  ],
  cloudfront: {
    /** Of each month, of the whole account. */
    free: { gigabytes: 1_000, requests: 10_000_000, functionRuns: 2_000_000, storeReads: 2_000_000 },
    /** A GB out to the internet, in steps of so many GB, 1,024 of which are AWS's TB; the last has no end. */
    traffic: [
      { upTo: 10_240, perGigabyte: 0.085 },
      { upTo: 51_200, perGigabyte: 0.08 },
      { upTo: 153_600, perGigabyte: 0.06 },
      { upTo: 512_000, perGigabyte: 0.04 },
      { upTo: 1_048_576, perGigabyte: 0.03 },
      { upTo: 5_242_880, perGigabyte: 0.025 },
      { upTo: Infinity, perGigabyte: 0.02 },
    ],
    perMillionHttpsRequests: 1,
    perMillionFunctionRuns: 0.1,
    perMillionStoreReads: 0.03,
    /** Of an invalidation, beyond the first 1,000 of a month. */
    perInvalidationPath: 0.005,
  },
  lambdaEdge: { perMillionRequests: 0.6, perGigabyteSecond: 0.000_050_01 },
  /** On arm64. Not read from AWS but as others quote its price list, October 2026; so are the next ones. */
  lambda: { perMillionRequests: 0.2, perGigabyteSecond: 0.000_013_333_4 },
  /** S3 Batch Operations. */
  batch: { perJob: 0.25, perMillionTasks: 1, perGigabyteChecksummed: 0.004 },
  kms: { perKeyAndMonth: 1 },
  s3: { perMillionGets: 0.4, perMillionPuts: 5 },
  costExplorer: { perQuestion: 0.01 },
  /**
   * For a month and distribution, each in levels of use; nothing is charged beyond. None takes `Lambda@Edge`. `store`: has a
   * KeyValueStore. `ownCachePolicy`: takes others than AWS's own.
   */
  plans: [
    {
      name: 'Free',
      store: false,
      ownCachePolicy: false,
      levels: [{ monthly: 0, requests: 1_000_000, gigabytes: 100 }],
    },
    {
      name: 'Pro',
      store: true,
      ownCachePolicy: false,
      levels: [{ monthly: 15, requests: 10_000_000, gigabytes: 50_000 }],
    },
    {
      name: 'Business',
      store: true,
      ownCachePolicy: true,
      levels: [{ monthly: 200, requests: 125_000_000, gigabytes: 50_000 }],
    },
    {
      name: 'Premium',
      store: true,
      ownCachePolicy: true,
      levels: [
        { monthly: 1_000, requests: 500_000_000, gigabytes: 50_000 },
        { monthly: 1_450, requests: 750_000_000, gigabytes: 75_000 },
        { monthly: 2_250, requests: 1_250_000_000, gigabytes: 125_000 },
        { monthly: 3_500, requests: 2_000_000_000, gigabytes: 200_000 },
        { monthly: 6_000, requests: 3_500_000_000, gigabytes: 350_000 },
        { monthly: 10_000, requests: 6_000_000_000, gigabytes: 600_000 },
      ],
    },
  ],
} as const
