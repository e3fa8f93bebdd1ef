import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { CreateDistributionCommand, type DistributionConfig } from '@aws-sdk/client-cloudfront'
import { CreateBucketCommand } from '@aws-sdk/client-s3'

import type { Installation } from '../support/installation.ts'

/** An installation that is in use, and what some commands are to be run on. */
export interface Stage {
  readonly place: Installation
  /** The ARN that bootstrap-cloudfront printed. */
  readonly arn: string
  /** The distribution that serves the bucket, and its domain. */
  readonly serving: string
  readonly domain: string
  /** Distributions to change and to remove. */
  readonly changing: string
  readonly removing: readonly string[]
  /** Buckets without a distribution. */
  readonly buckets: readonly string[]
  readonly ctl: string
  /** packagecloud.rb without a secret. */
  readonly fresh: string
}

const often = 8
const numbers = Array.from({ length: often }, (_, number) => number)

/** Makes, on an installation that is bootstrapped, what the commands are run on. */
export async function setTheStage(place: Installation): Promise<Stage> {
  const { next, lines } = await place.connect()
  // There is something to put right, once.
  await place.succeed(['reindex-everything'])
  const valueOf = (key: string): string => new RegExp(`'${key}'\\] = '([^']+)'`).exec(lines)?.[1] ?? ''
  const distribute = async (name: string): Promise<string> => {
    const { Distribution } = await place.clients.cloudfront.send(
      new CreateDistributionCommand({ DistributionConfig: disabled(name) }),
    )
    return Distribution?.Id ?? ''
  }
  const buckets = numbers.map((number) => `terminals-example-org-${number}`)
  for (const Bucket of buckets) {
    const CreateBucketConfiguration = { LocationConstraint: 'eu-central-1' } as const
    await place.clients.s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }))
  }
  const ctl = join(place.folder, 'packagecloud-ctl')
  await writeFile(ctl, '#!/bin/sh\necho "what packagecloud-ctl $1 prints"\n')
  await chmod(ctl, 0o755)
  const fresh = join(place.folder, 'fresh.rb')
  await writeFile(fresh, "packagecloud_rails['s3_bucket'] = 'packages-example-org'\n")
  return {
    place,
    arn: next[1] ?? '',
    serving: valueOf('cloudfront_distribution_id'),
    domain: valueOf('cloudfront_packages_domain'),
    changing: await distribute('to change'),
    removing: await Promise.all(numbers.map((number) => distribute(`to remove ${number}`))),
    buckets,
    ctl,
    fresh,
  }
}

const disabled = (name: string): DistributionConfig => ({
  CallerReference: name,
  Comment: name,
  Enabled: false,
  Origins: {
    Quantity: 1,
    Items: [
      {
        Id: 'somewhere',
        DomainName: 'origin.example.org',
        CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: 'https-only' },
      },
    ],
  },
  DefaultCacheBehavior: {
    TargetOriginId: 'somewhere',
    ViewerProtocolPolicy: 'allow-all',
    CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
  },
})
