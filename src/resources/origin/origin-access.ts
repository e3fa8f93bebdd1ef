import {
  CloudFrontClient,
  CreateCloudFrontOriginAccessIdentityCommand,
  CreateOriginAccessControlCommand,
  GetOriginAccessControlCommand,
  type OriginAccessControlConfig,
  OriginAccessControlConfig$,
  paginateListCloudFrontOriginAccessIdentities,
  paginateListOriginAccessControls,
  UpdateOriginAccessControlCommand,
} from '@aws-sdk/client-cloudfront'

import { arnOfOriginAccessControl } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, type Names } from '../../aws/names.ts'
import { keepReceived } from '../../aws/received.ts'
import { exportedControl, exportedIdentity } from './origin-access-export.ts'
import { type Kept, keepUnknown, unlessLost } from '../kept-config.ts'
import { change, create, keep, notOurs, pending, type Resource, theOnly, updateIf } from '../resource.ts'
import { type AwsCli, deleteByETag, type Takedown } from '../takedown.ts'

export interface OriginAccessWant {
  readonly names: Pick<Names, 'originAccess' | 'mark'>
  readonly accountId: string
  /** A clause about why it is made, where nobody asked for it. */
  readonly why?: string | undefined
}

/** A user of CloudFront's own that S3 lets in: the older way, and the default because it works from any bucket policy. */
export interface OriginAccessIdentity {
  readonly id: string
  /** The principal in bucket policies; S3 shows it as an ARN afterwards. */
  readonly s3CanonicalUserId: string
}

/** Has CloudFront sign its requests to S3 as a service; needed for KMS encryption and opt-in regions. */
export interface OriginAccessControl extends Kept<OriginAccessControlConfig> {
  readonly etag: string
}

/**
 * The origin access identity. It takes no tags, so its comment is its mark. Creating it again with the same caller
 * reference and comment answers the one that exists, so a lost answer does no harm.
 */
export function originAccessIdentity(aws: Aws): Resource<OriginAccessWant, OriginAccessIdentity> {
  const client = () => aws.client(CloudFrontClient, edgeRegion)
  return {
    kind: 'CloudFront origin access identity',
    name: ({ names }) => names.originAccess,
    id: ({ id }) => id,
    needs: () => [
      { access: 'read', actions: ['cloudfront:ListCloudFrontOriginAccessIdentities'], resources: ['*'] },
      { access: 'write', actions: ['cloudfront:CreateCloudFrontOriginAccessIdentity'], resources: ['*'] },
    ],
    pattern: () => ({ id: '*', s3CanonicalUserId: '*' }),
    exported: ({ names }, live) => exportedIdentity(names.originAccess, live),
    takedown: (_want, { id }, cli) => [takedownOf('cloud-front-origin-access-identity', 'identity', id, cli)],

    async describe({ names }) {
      const ours: OriginAccessIdentity[] = []
      for await (const page of paginateListCloudFrontOriginAccessIdentities({ client: client() }, {})) {
        for (const { Id, Comment, S3CanonicalUserId } of page.CloudFrontOriginAccessIdentityList?.Items ?? []) {
          if (Id !== undefined && Comment === names.originAccess)
            ours.push({ id: Id, s3CanonicalUserId: S3CanonicalUserId ?? '' })
        }
      }
      return theOnly(ours, (all) => ({
        what: `origin access identities with the comment "${names.originAccess}"`,
        each: all.map(({ id }) => id),
        hint: [
          'Give those that no distribution uses another comment (CloudFront console, Origin access, Identities), or',
          'delete them, then run the same command again. `aws cloudfront get-cloud-front-origin-access-identity --id ID`',
          'shows one; the origin of the distribution names the one that it uses.',
        ],
      }))
    },

    decide: (_want, live) =>
      live === undefined
        ? create({ id: pending('identity id'), s3CanonicalUserId: pending('canonical user id') })
        : keep(live),

    async apply({ names }) {
      const { CloudFrontOriginAccessIdentity: made } = await client().send(
        new CreateCloudFrontOriginAccessIdentityCommand({
          CloudFrontOriginAccessIdentityConfig: { CallerReference: names.originAccess, Comment: names.originAccess },
        }),
      )
      return { id: made?.Id ?? '', s3CanonicalUserId: made?.S3CanonicalUserId ?? '' }
    },
  }
}

const takedownOf = (noun: string, what: string, id: string, cli: AwsCli): Takedown => ({
  title: `Delete the origin access ${what}`,
  commands: [deleteByETag(cli, noun, id)],
  expected: 'Nothing is printed. An error with `InUse`: an origin of a distribution refers to it still.',
  takes: 'a call',
  loses: `The origin access ${what} ${id}: whoever else lets it read a bucket lets in nobody any more.`,
  undo: 'reconfigure-cloudfront-distribution makes a new one, with another id.',
})

const controlConfig = (names: OriginAccessWant['names']): OriginAccessControlConfig => ({
  Name: names.originAccess,
  Description: names.mark,
  SigningProtocol: 'sigv4',
  SigningBehavior: 'always',
  OriginAccessControlOriginType: 's3',
})

/**
 * The origin access control. It takes no tags; its description is its mark. CloudFront keeps its name unique in the
 * account, so there can't be two.
 */
export function originAccessControl(aws: Aws): Resource<OriginAccessWant, OriginAccessControl> {
  const client = () => aws.client(CloudFrontClient, edgeRegion)
  return {
    kind: 'CloudFront origin access control',
    name: ({ names }) => names.originAccess,
    id: ({ id }) => id,
    needs: ({ accountId }) => {
      const resources = [arnOfOriginAccessControl(accountId)]
      return [
        { access: 'read', actions: ['cloudfront:ListOriginAccessControls'], resources: ['*'] },
        { access: 'read', actions: ['cloudfront:GetOriginAccessControl'], resources },
        { access: 'write', actions: ['cloudfront:CreateOriginAccessControl'], resources: ['*'] },
        { access: 'write', actions: ['cloudfront:UpdateOriginAccessControl'], resources },
      ]
    },
    pattern: ({ names }) => ({ id: '*', etag: '', config: controlConfig(names) }),
    exported: (_want, live) => exportedControl(live),
    takedown: (_want, { id }, cli) => [takedownOf('origin-access-control', 'control', id, cli)],

    async describe({ names }) {
      for await (const page of paginateListOriginAccessControls({ client: client() }, {})) {
        const found = page.OriginAccessControlList?.Items?.find((item) => item.Name === names.originAccess)
        if (found?.Id === undefined) continue
        const command = new GetOriginAccessControlCommand({ Id: found.Id })
        const received = keepReceived(command)
        const { ETag, OriginAccessControl: control } = await client().send(command)
        const config = control?.OriginAccessControlConfig
        if (config !== undefined) return { id: found.Id, etag: ETag ?? '', config, received: received() }
      }
      return undefined
    },

    decide({ names, why }, live) {
      const config = controlConfig(names)
      if (live === undefined) {
        return create({ id: pending('access control id'), etag: '', config }, ...(why === undefined ? [] : [why]))
      }
      if (live.config.Description !== names.mark) {
        return notOurs(live, `CloudFront origin access control "${names.originAccess}"`, undefined, 'never')
      }
      const decision = updateIf({ ...live, config }, [
        ...change('SigningBehavior', live.config.SigningBehavior, config.SigningBehavior),
        ...change('SigningProtocol', live.config.SigningProtocol, config.SigningProtocol),
        ...change('OriginType', live.config.OriginAccessControlOriginType, config.OriginAccessControlOriginType),
      ])
      const what = `CloudFront origin access control "${names.originAccess}"`
      return unlessLost(OriginAccessControlConfig$, what, live, config, decision)
    },

    async apply({ names }, live) {
      const config = controlConfig(names)
      const { ETag, OriginAccessControl: control } =
        live === undefined
          ? await client().send(new CreateOriginAccessControlCommand({ OriginAccessControlConfig: config }))
          : await client().send(updating(live, config))
      return { id: control?.Id ?? '', etag: ETag ?? '', config }
    },
  }
}

function updating(live: OriginAccessControl, config: OriginAccessControlConfig): UpdateOriginAccessControlCommand {
  const command = new UpdateOriginAccessControlCommand({
    Id: live.id,
    IfMatch: live.etag,
    OriginAccessControlConfig: config,
  })
  keepUnknown(command, OriginAccessControlConfig$, live, config)
  return command
}
