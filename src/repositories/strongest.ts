import type { Digests } from './format.ts'

/** What tells one content from another, of all digests that are known of it. */
export const strongest = ({ sha256, sha512, sha1 }: Digests): string | undefined => sha256 ?? sha512 ?? sha1
