import { header, lead, regions as regionTags, type Tags } from '../../../scripts/package/rpm-header.ts'

export type { Tags } from '../../../scripts/package/rpm-header.ts'

/** What every rpm must have. */
export const plainTags: Tags = {
  1000: 'made',
  1001: '1.0',
  1002: '1',
  1004: { i18n: ['summary'] },
  1005: { i18n: ['description'] },
  1006: { int32: [1_700_000_000] },
  1009: { int32: [0] },
  1021: 'linux',
  1022: 'noarch',
  1044: 'made-1.0-1.src.rpm',
}

/** Writes an rpm without a payload: lead, signature header, header. */
export function madeRpm(
  tags: Tags,
  signatureTags: Tags = { 1007: { int32: [0] } },
  { leadType = 0, regions = true }: { leadType?: number; regions?: boolean } = {},
): Buffer {
  const signature = header(signatureTags, regions ? regionTags.signature : undefined)
  const padding = Buffer.alloc((8 - (signature.length % 8)) % 8)
  return Buffer.concat([
    lead('made-1.0-1', leadType),
    signature,
    padding,
    header(tags, regions ? regionTags.header : undefined),
  ])
}
