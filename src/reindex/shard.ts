import { CtlError } from '../errors.ts'

/** One of several hosts' part of a bucket. */
export interface Shard {
  /** From 1. */
  readonly number: number
  readonly of: number
}

/** `1/4`, as it is typed. */
export const nameOfShard = ({ number, of }: Shard): string => `${number}/${of}`

/** More hosts than this would only get in each other's way: S3 itself is the limit then. */
const most = 1000

/** @throws CtlError (usage) where it is no part, such as `1/4` is */
export function readShard(typed: string): Shard {
  const [, number = 0, of = 0] = (/^([1-9]\d{0,3})\/([1-9]\d{0,3})$/.exec(typed) ?? []).map(Number)
  if (number >= 1 && number <= of && of <= most) return { number, of }
  throw new CtlError('usage', `There is no shard "${typed}".`, {
    hint: 'It is the number of a part and how many there are, such as --shard 1/4 on the first of four hosts.',
  })
}
