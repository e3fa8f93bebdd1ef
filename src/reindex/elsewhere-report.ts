import type { PlanLine } from '../ui/plan.ts'

/** How much there is to be done. */
export interface Amount {
  readonly shards: number
  readonly objects: number
  /** Objects whose headers are to be looked at, which mostly means that they are copied. */
  readonly attributes: number
  readonly reads: number
  /** Bytes of what is to be read, at most. */
  readonly bytes: number
}

/** What of a run functions do that S3 Batch Operations invokes. */
export interface ElsewhereReport {
  /** Of a dry run: what there is to do, what it would cost, and what would be made for it. */
  readonly planned?: Amount & { readonly estimate: BatchEstimate; readonly plan: readonly PlanLine[] }
  /** Of a run: what became of its job. */
  readonly job?: { readonly id: string; readonly status: string; readonly shards: number; readonly failed: number }
}

/** From prices and typical times alone. */
export interface BatchEstimate {
  /** US dollars. */
  readonly dollars: {
    readonly job: number
    readonly function: number
    readonly requests: number
    readonly total: number
  }
  /** From the job's beginning to its end. */
  readonly seconds: number
  /** Of the prices, ISO 8601. */
  readonly pricesAsOf: string
}

/** How much there is for jobs to do that compute checksums. */
export interface ChecksumAmount {
  /** One after the other. */
  readonly jobs: number
  /** Packages whose digest nothing tells. */
  readonly objects: number
  readonly bytes: number
}

/** What of a run's digests S3 computes. */
export interface ChecksumReport {
  /** Of a dry run: what there is to do, and what it would cost. While there is something, no index is looked at. */
  readonly planned: ChecksumAmount & {
    /** US dollars, by the prices alone. */
    readonly dollars: number
    /** Of the prices, ISO 8601. */
    readonly pricesAsOf: string
  }
}
