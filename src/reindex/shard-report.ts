import type { Stretch } from './journal/stretch.ts'
import { nameOfShard, type Shard } from './shard.ts'

/** What one of several hosts has done. */
export interface ShardReport {
  /** Such as `1/4`. */
  readonly shard: string
  /** The first key of its part; empty: from the beginning. */
  readonly from: string
  /** The first key behind it; null: to the end. */
  readonly to: string | null
  /** Of so many objects it has told the host that makes the indexes. */
  readonly handedIn: number
}

/** Undefined where the run was a whole one. */
export const shardReport = (
  shard: Shard | undefined,
  part: Stretch | undefined,
  handedIn: number,
): ShardReport | undefined =>
  shard === undefined || part === undefined
    ? undefined
    : { shard: nameOfShard(shard), from: part.from, to: part.to ?? null, handedIn }
