type Headers = Readonly<Record<string, string>>

/** The ETag of an answer, without quotes; empty where it has none. */
export const etagOf = (headers: Headers): string => (headers['etag'] ?? '').replaceAll('"', '')

/** When the object of an answer was written: seconds since the epoch. */
export const modifiedOf = (headers: Headers): number => Math.floor(Date.parse(headers['last-modified'] ?? '') / 1000)

/** Tells one write of a content from the next: a copy of the same content has the same ETag. */
export const writeOf = (headers: Headers): string =>
  `${headers['last-modified'] ?? ''} ${headers['x-amz-version-id'] ?? ''}`
