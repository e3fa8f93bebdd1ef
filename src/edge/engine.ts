/**
 * What checks signed URLs at CloudFront's edge: a function of Lambda's, or one of CloudFront's own with its KeyValueStore.
 * Both accept the same ones.
 */
export type Engine = 'lambda' | 'function'
