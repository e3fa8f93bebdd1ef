import { AwsError } from '../contracts/service.ts'

/** How a family of services words what happens before an operation is looked at. */
interface Wording {
  missing: () => AwsError
  unknownKey: (accessKeyId: string) => AwsError
  mismatch: () => AwsError
  /** The scope or the header is not what the service expects. */
  malformed: (message: string) => AwsError
  skewed: (message: string, fields: Record<string, string>) => AwsError
  expiredToken: () => AwsError
  invalidToken: () => AwsError
  denied: (message: string) => AwsError
  throttled: () => AwsError
}

const mismatchMessage =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'
const unknownMessage = 'The security token included in the request is invalid.'
const expiredMessage = 'The security token included in the request is expired'

/** IAM, STS and CloudFront ("Common Errors" of the IAM and STS API references). */
const xml: Wording = {
  missing: () => new AwsError(403, 'MissingAuthenticationToken', 'Request is missing Authentication Token'),
  unknownKey: () => new AwsError(403, 'InvalidClientTokenId', unknownMessage),
  mismatch: () => new AwsError(403, 'SignatureDoesNotMatch', mismatchMessage),
  malformed: (message) => new AwsError(403, 'SignatureDoesNotMatch', message),
  skewed: (message) => new AwsError(403, 'SignatureDoesNotMatch', message),
  expiredToken: () => new AwsError(403, 'ExpiredToken', expiredMessage),
  invalidToken: () => new AwsError(403, 'InvalidClientTokenId', unknownMessage),
  denied: (message) => new AwsError(403, 'AccessDenied', message),
  throttled: () => new AwsError(400, 'Throttling', 'Rate exceeded'),
}

/** The JSON protocols; `status` is 400 for KMS, ACM and tagging, 403 for Lambda and for keys of CloudFront's stores. */
const json = (status: number, throttled: () => AwsError): Wording => ({
  missing: () => new AwsError(status, 'MissingAuthenticationTokenException', 'Missing Authentication Token'),
  unknownKey: () => new AwsError(status, 'UnrecognizedClientException', unknownMessage),
  mismatch: () => new AwsError(status, 'InvalidSignatureException', mismatchMessage),
  malformed: (message) => new AwsError(status, 'InvalidSignatureException', message),
  skewed: (message) => new AwsError(status, 'InvalidSignatureException', message),
  expiredToken: () => new AwsError(status, 'ExpiredTokenException', expiredMessage),
  invalidToken: () => new AwsError(status, 'UnrecognizedClientException', unknownMessage),
  denied: (message) => new AwsError(status, 'AccessDeniedException', message),
  throttled,
})

/** "Error responses" of the S3 API reference. */
const s3: Wording = {
  missing: () => new AwsError(403, 'AccessDenied', 'Access Denied'),
  unknownKey: (accessKeyId) =>
    new AwsError(403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', {
      fields: { AWSAccessKeyId: accessKeyId },
    }),
  mismatch: () =>
    new AwsError(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    ),
  malformed: (message) => new AwsError(400, 'AuthorizationHeaderMalformed', message),
  skewed: (_message, fields) =>
    new AwsError(
      403,
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
      { fields },
    ),
  expiredToken: () => new AwsError(400, 'ExpiredToken', 'The provided token has expired.'),
  invalidToken: () => new AwsError(400, 'InvalidToken', 'The provided token is malformed or otherwise invalid.'),
  denied: (message) => new AwsError(403, 'AccessDenied', message),
  throttled: () => new AwsError(503, 'SlowDown', 'Please reduce your request rate.'),
}

const throttling = (status: number, code: string) => () => new AwsError(status, code, 'Rate exceeded')
const json400 = json(400, throttling(400, 'ThrottlingException'))
const wordings: Readonly<Record<string, Wording>> = {
  s3,
  s3control: {
    ...s3,
    throttled: () =>
      new AwsError(400, 'TooManyRequestsException', 'Too many requests. Please reduce your request rate.'),
  },
  iam: xml,
  sts: xml,
  cloudfront: xml,
  kms: json400,
  acm: json400,
  ce: json400,
  tagging: json(400, throttling(400, 'ThrottledException')),
  lambda: json(403, throttling(429, 'TooManyRequestsException')),
  'cloudfront-keyvaluestore': json(403, throttling(429, 'ThrottlingException')),
}

/** The wording of the service with this name in credential scopes. */
export const wordingOf = (service: string): Wording => wordings[service] ?? json400
