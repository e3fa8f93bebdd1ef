import type { OriginAccessControlConfig } from '@aws-sdk/client-cloudfront'

import { arnOfIdentity } from '../../aws/arns.ts'
import { type Exported, given, ref } from '../exported.ts'
import type { Kept } from '../kept-config.ts'

interface Identity {
  readonly id: string
  readonly s3CanonicalUserId: string
}

/** How a distribution names an identity. */
const pathOf = (id: string): string => `origin-access-identity/cloudfront/${id}`

export const exportedIdentity = (comment: string, { id, s3CanonicalUserId }: Identity): Exported => ({
  terraform: [
    {
      type: 'aws_cloudfront_origin_access_identity',
      id,
      body: { comment },
      known: {
        [id]: 'id',
        [s3CanonicalUserId]: 's3_canonical_user_id',
        [pathOf(id)]: 'cloudfront_access_identity_path',
        [arnOfIdentity(id)]: 'iam_arn',
      },
    },
  ],
  cloudFormation: [
    {
      type: 'AWS::CloudFront::CloudFrontOriginAccessIdentity',
      identifier: { Id: id },
      properties: { CloudFrontOriginAccessIdentityConfig: { Comment: comment } },
      known: {
        [id]: ref,
        [s3CanonicalUserId]: 'S3CanonicalUserId',
        [pathOf(id)]: (name) => ({ 'Fn::Sub': pathOf(`\${${name}}`) }),
      },
    },
  ],
})

export const exportedControl = ({ id, config }: Kept<OriginAccessControlConfig>): Exported => ({
  terraform: [
    {
      type: 'aws_cloudfront_origin_access_control',
      id,
      body: {
        name: config.Name ?? '',
        description: given(config.Description),
        origin_access_control_origin_type: config.OriginAccessControlOriginType ?? '',
        signing_behavior: config.SigningBehavior ?? '',
        signing_protocol: config.SigningProtocol ?? '',
      },
      known: { [id]: 'id' },
    },
  ],
  cloudFormation: [
    {
      type: 'AWS::CloudFront::OriginAccessControl',
      identifier: { Id: id },
      properties: { OriginAccessControlConfig: config },
      known: { [id]: ref },
    },
  ],
})
