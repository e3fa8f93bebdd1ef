import type { Names } from '../../aws/names.ts'

/** The Sids of the statements that let CloudFront in, as an origin access identity or control. */
export function sidsFor({ sidPrefix }: Pick<Names, 'sidPrefix'>, reader: 'oai' | 'oac'): { get: string; list: string } {
  const sid = `${sidPrefix}${reader === 'oai' ? 'Oai' : 'Oac'}`
  return { get: `${sid}GetObject`, list: `${sid}ListBucket` }
}
