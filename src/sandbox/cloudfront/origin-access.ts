import { createHash } from 'node:crypto'

import type { ConfigResource } from './config-resource.ts'
import { invalidArgument, newId } from './documents.ts'
import type { Users } from './users.ts'
import {
  originAccessControlConfig,
  originAccessIdentityConfig,
  type OriginAccessControlConfig,
  type OriginAccessIdentityConfig,
} from '../contracts/policy-shape.ts'
import { AwsError } from '../contracts/service.ts'
import type { Store } from '../contracts/store.ts'

/** 100 of each per account (developer guide, "Quotas"). */
const most = 100

/** An identity's canonical user: 96 hex digits, the same for the id as long as it lives. */
export const s3CanonicalUserId = (id: string): string =>
  createHash('sha384').update(`canonical user of ${id}`).digest('hex')

/**
 * Origin access identities. The same caller reference with the same comment answers with the identity that exists;
 * with another comment it is refused (API reference, CloudFrontOriginAccessIdentityConfig).
 */
export function originAccessIdentities(store: Store, users: Users): ConfigResource<OriginAccessIdentityConfig> {
  return {
    name: 'CloudFrontOriginAccessIdentity',
    plural: 'CloudFrontOriginAccessIdentities',
    path: 'origin-access-identity/cloudfront',
    config: originAccessIdentityConfig,
    isPolicy: false,
    documents: store.collection('cloudfront-origin-access-identity'),
    managed: [],
    newId: () => newId('E'),
    notFound: () =>
      new AwsError(404, 'NoSuchCloudFrontOriginAccessIdentity', 'The specified origin access identity does not exist.'),
    replayed(config, all) {
      const same = all.find((other) => other.config.CallerReference === config.CallerReference)
      if (same === undefined || same.config.Comment === config.Comment) return same
      const message =
        'The caller reference you are using to create the CloudFront origin access identity is associated with another identity.'
      throw new AwsError(409, 'CloudFrontOriginAccessIdentityAlreadyExists', message)
    },
    accept(config, previous, others) {
      if (config.CallerReference === '') throw invalidArgument('The parameter CallerReference is required.')
      if (config.Comment.length > 128) throw invalidArgument('The parameter Comment is too long.')
      if (previous !== undefined && previous.config.CallerReference !== config.CallerReference) {
        throw new AwsError(400, 'IllegalUpdate', 'The caller reference can not be updated.')
      }
      if (previous === undefined && others.length >= most) {
        const message = 'Your request would cause you to exceed the maximum number of origin access identities allowed.'
        throw new AwsError(400, 'TooManyCloudFrontOriginAccessIdentities', message)
      }
      return config
    },
    describe: ({ id }) => ({ Id: id, S3CanonicalUserId: s3CanonicalUserId(id) }),
    summary: ({ id, config }) => ({ Id: id, S3CanonicalUserId: s3CanonicalUserId(id), Comment: config.Comment }),
    inUse: (id) =>
      users.isUsed(id)
        ? new AwsError(409, 'CloudFrontOriginAccessIdentityInUse', 'The origin access identity is still being used.')
        : undefined,
    changed: (id) => users.changed(id),
  }
}

/** Origin access controls; their names are unique in an account. */
export function originAccessControls(store: Store, users: Users): ConfigResource<OriginAccessControlConfig> {
  return {
    name: 'OriginAccessControl',
    plural: 'OriginAccessControls',
    path: 'origin-access-control',
    config: originAccessControlConfig,
    isPolicy: false,
    documents: store.collection('cloudfront-origin-access-control'),
    managed: [],
    newId: () => newId('E'),
    notFound: () =>
      new AwsError(404, 'NoSuchOriginAccessControl', 'The specified origin access control does not exist.'),
    accept(config, previous, others) {
      if (!/^[\x20-\x7e]{1,64}$/.test(config.Name)) throw invalidArgument('The parameter Name is not valid.')
      if ((config.Description ?? '').length > 256) throw invalidArgument('The parameter Description is too long.')
      if (others.some((other) => other.config.Name === config.Name)) {
        const message = 'An origin access control with the same name already exists.'
        throw new AwsError(409, 'OriginAccessControlAlreadyExists', message)
      }
      if (previous === undefined && others.length >= most) {
        const message = 'You have reached the maximum number of origin access controls.'
        throw new AwsError(400, 'TooManyOriginAccessControls', message)
      }
      return { ...config, Description: config.Description ?? '' }
    },
    describe: ({ id }) => ({ Id: id }),
    summary: ({ id, config }) => ({
      Id: id,
      Description: config.Description,
      Name: config.Name,
      SigningProtocol: config.SigningProtocol,
      SigningBehavior: config.SigningBehavior,
      OriginAccessControlOriginType: config.OriginAccessControlOriginType,
    }),
    inUse: (id) =>
      users.isUsed(id)
        ? new AwsError(409, 'OriginAccessControlInUse', 'The origin access control is still being used.')
        : undefined,
    changed: (id) => users.changed(id),
  }
}
