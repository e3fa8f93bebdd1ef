/** What may keep packages from being served, or from being guarded. */
import type { Line } from '../text.ts'

/** One thing that is in the way. */
export interface Hindrance {
  /** The kind of resource that it is a part of. */
  readonly of: 'CloudFront distribution' | 'S3 bucket policy' | 'KMS key policy'
  /** A clause. */
  readonly why: string
  /** What to change, and where. */
  readonly todo: readonly Line[]
}

export interface InTheWay {
  readonly found: readonly Hindrance[]
  /** Clauses about what could not be known. */
  readonly notDecided: readonly string[]
}
