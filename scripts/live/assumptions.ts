/**
 * What pc-ctl assumes of AWS and this suite looks at, by id. An id stays what it is for good; one that is given up is not
 * used again. docs/assumptions.md tells where each is used and where it comes from, and of those that can't be looked at
 * here; a test holds the two together.
 */
export const assumptions = {
  A1: 'CloudFront takes a function on `nodejs24.x` for viewer-request events',
  A2: 'CloudFront takes a viewer-request function of 128 MB, 5 s and less than 1 MB',
  A3: 'The function reaches KMS in us-east-1 from whichever Region it runs in',
  A4: '`CodeSha256` is the SHA-256 of the package, in base64',
  A5: '`PublishVersion` answers the version that there is where nothing has changed since',
  A6: '`PublishVersion` for another `CodeSha256` is refused: `InvalidParameterValueException`, naming `CodeSha256`',
  A7: 'A role that Lambda can not assume (yet): `InvalidParameterValueException`, "cannot be assumed by Lambda"',
  A8: 'A caller reference makes one distribution: `DistributionAlreadyExists`, "Already exists: ID"',
  A9: 'An outdated ETag is refused: `PreconditionFailed` or `InvalidIfMatchVersion`',
  A10: 'Creating an origin access identity again with the same reference and comment answers the one there is',
  A11: 'S3 shows an identity in a bucket policy as `arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ID`',
  A12: 'A principal that S3 does not know (yet): `MalformedPolicy`, "Invalid principal"',
  A13: 'What is not there has the names that pc-ctl takes for that, in each service',
  A14: 'A new role can be assumed by Lambda within two minutes',
  A15: 'A distribution is `Deployed` within six minutes',
  A16: 'Once it is `Deployed`, the edge that is asked has it',
  A17: 'An invalidation is `Completed` within ten minutes',
  A18: 'What the function answers is not cached',
  A19: "A URL's `+` stands for itself: `+` and `%2B` are one object, and one cache entry",
  A20: '`~` and `%7E` are one object, and one cache entry',
  A21: 'Signed URLs of an object share one cache entry',
  A22: '`X-Cache` says `Hit`, `Miss` or `RefreshHit from cloudfront`',
  A23: 'With the Cache-Control of metadata nothing is served from the cache',
  A24: 'A missing object is a 404 at the edge, not a 403',
  A25: 'A 404 is forgotten within two seconds, with `ErrorCachingMinTTL` 0',
  A26: 'Of a key with `+`, an invalidation of the path with `%2B` drops what the edge has',
  A27: 'Of a key with `~`, an invalidation of the shortest wildcard drops what the edge has',
  A28: 'An invalidation with the reference and paths of an earlier one answers that one',
  A29: 'An invalidation with the reference of an earlier one and other paths is refused: "caller reference that was used"',
  A30: 'HEAD and ranges are served by signed URLs',
  A31: 'S3 keeps to conditions of writes: 412 `PreconditionFailed` for `If-Match` and `If-None-Match: *`',
  A32: 'An object that is copied onto itself with new headers keeps its tags and what is sent along of its metadata',
  A33: 'KMS refuses to decrypt under another encryption context: `InvalidCiphertextException`',
  A34: 'The tagging API tells of a new key within two minutes',
  A35: 'A new bucket takes no ACLs: `AccessControlListNotSupported`',
  A36: "What IAM's simulator says is allowed is allowed",
  A56: 'Until an update is `Deployed`, an edge runs the former version of the function or the new one: nothing is refused',
  A57: 'Once an update is `Deployed`, no edge runs the former version of the function',
} as const satisfies Readonly<Record<`A${number}`, string>>

export type AssumptionId = keyof typeof assumptions
