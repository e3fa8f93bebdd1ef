import { CloudFrontClient, TagResourceCommand } from '@aws-sdk/client-cloudfront'
import { CostExplorerClient, UpdateCostAllocationTagsStatusCommand } from '@aws-sdk/client-cost-explorer'
import { CreateAccessKeyCommand, IAMClient, PutUserPolicyCommand, CreateUserCommand } from '@aws-sdk/client-iam'
import { PutBucketOwnershipControlsCommand, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { type Aws, connect } from '../../../src/aws/connect.ts'
import type { Need } from '../../../src/resources/resource.ts'
import type { Settings } from '../../../src/settings/settings.ts'
import { createDistributions, type CreateWishes, lookBeforeCreation } from '../../../src/tasks/cf/create.ts'
import { lookAtInvalidations } from '../../../src/tasks/cf/invalidation-info.ts'
import { readWords } from '../../../src/tasks/cf/invalidation-words.ts'
import { findInvalidations, invalidate } from '../../../src/tasks/cf/invalidation.ts'
import { details, listCards } from '../../../src/tasks/cf/list.ts'
import { modifyDistribution } from '../../../src/tasks/cf/modify.ts'
import { findDoomed, removeDistributions } from '../../../src/tasks/cf/remove.ts'
import { applyChain, runChain } from '../../../src/tasks/chain/chain.ts'
import { needsFor } from '../../../src/tasks/permissions/permissions.ts'
import { policyOf } from '../../../src/resources/policy-of-needs.ts'
import { planPut, put } from '../../../src/tasks/put/put.ts'
import { lookAtCosts } from '../../../src/tasks/costs/costs.ts'
import { planRefresh } from '../../../src/tasks/invalidate/refresh.ts'
import { readNamed } from '../../../src/tasks/invalidate/words.ts'
import { namesOf } from '../../../src/aws/names.ts'
import { CtlError } from '../../../src/errors.ts'
import { noSettings } from '../../support/aws-under-test.ts'
import { bucket, type CfBench, conduct, noEdit, region, startCf, yes } from '../cf/bench.ts'
import { share } from '../../support/share.ts'

const given = (value: string) => ({ value, source: { kind: 'default' as const } })

/** Settings of a user who may do just this. */
async function asUser({ aws }: CfBench, needs: readonly Need[]): Promise<Settings> {
  const iam = aws.client(IAMClient, region)
  const UserName = 'operator'
  const PolicyDocument = JSON.stringify(policyOf(needs))
  await iam.send(new CreateUserCommand({ UserName }))
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'pc-ctl', PolicyDocument }))
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
  return {
    ...noSettings,
    accessKey: given(AccessKey?.AccessKeyId ?? ''),
    secretKey: given(AccessKey?.SecretAccessKey ?? ''),
  }
}

/** All that the group's commands do. */
async function createAndModify(settings: Settings): Promise<void> {
  const aws = await connect(settings)
  const edit = { ...noEdit, addAliases: ['cdn.example.org'], logging: { bucket, prefix: '' } }
  for (const origin of ['public', 'website', 'private', 'private'] as const) {
    const wishes: CreateWishes = { origin, edit, tags: { team: origin }, wait: true }
    const look = await lookBeforeCreation(aws, [bucket], wishes, conduct).catch((error: unknown) => {
      if (origin === 'website' && error instanceof CtlError && error.failure === 'refused') return undefined
      throw error
    })
    if (look !== undefined) await applyChain(createDistributions(aws, look, wishes), conduct, yes)
  }
  await listCards(aws)
  const [found] = (await details(aws, [`s3://${bucket}`])).distributions
  const wishes = { edit: { ...noEdit, comment: 'x' }, tags: { team: 'x' }, wait: true }
  await applyChain(modifyDistribution(aws, settings, [found?.uri ?? ''], wishes), conduct, yes)
  await uploadAndInvalidate(aws)
}

async function uploadAndInvalidate(aws: Aws): Promise<void> {
  const putWishes = { isPublic: false, mimeType: undefined, added: [] }
  const planned = await planPut([import.meta.filename, `s3://${bucket}/`], putWishes, process.stdin, () => undefined)
  await runChain(put(aws, planned, putWishes), 'apply', conduct)
  const asked = await readWords([`s3://${bucket}/a`], process.stdin)
  const found = await runChain(findInvalidations(aws, asked, { collapse: false, indexFolders: true }), 'plan', conduct)
  await runChain(invalidate(aws, found.ctx.groups, { wait: true }, new Date()), 'apply', conduct)
  await runChain(lookAtInvalidations(aws, [`s3://${bucket}`], 10), 'plan', conduct)
}

async function remove(settings: Settings): Promise<void> {
  const aws = await connect(settings)
  const wishes = { force: false, wait: true }
  const doomed = await findDoomed(aws, settings, [`s3://${bucket}`], wishes)
  await applyChain(removeDistributions(aws, settings, doomed, wishes), conduct, yes)
}

async function refresh(settings: Settings): Promise<void> {
  const aws = await connect(settings)
  const wishes = { named: readNamed(['/logo.jpg', 'a~b'], bucket), reported: [], words: [], carried: [] }
  const { ctx } = await runChain(planRefresh(aws, { ...settings, bucket: given(bucket) }, wishes), 'plan', conduct)
  await runChain(invalidate(aws, [ctx.group], { wait: true }, new Date()), 'apply', conduct)
}

/** Makes the distribution that an installation would have. */
async function tagOurs(bench: CfBench): Promise<void> {
  await bench.create()
  const [made] = (await details(bench.aws, [`s3://${bucket}`])).distributions
  const Tags = { Items: [namesOf('packagecloud').tag] }
  await bench.aws.client(CloudFrontClient, region).send(new TagResourceCommand({ Resource: made?.arn ?? '', Tags }))
}

const groups = {
  s3cmd: {
    run: createAndModify,
    prepare: async (bench: CfBench): Promise<void> => {
      await bench.requestCertificate('*.example.org')
      const OwnershipControls = { Rules: [{ ObjectOwnership: 'BucketOwnerPreferred' as const }] }
      const s3 = bench.aws.client(S3Client, region)
      await s3.send(new PutBucketOwnershipControlsCommand({ Bucket: bucket, OwnershipControls }))
    },
    /** For what a run meets only with a further bucket, or something in its way or changed by somebody. */
    rare: [
      's3:AbortMultipartUpload',
      // Without it what was there before an upload is not told.
      's3:GetObject',
      's3:GetBucketWebsite',
      's3:PutObjectAcl',
      'cloudfront:GetCachePolicy',
      'cloudfront:ListConflictingAliases',
      'cloudfront:UpdateCachePolicy',
      'cloudfront:UpdateOriginAccessControl',
    ],
  },
  invalidate: {
    run: refresh,
    prepare: async (bench: CfBench): Promise<void> => {
      await tagOurs(bench)
    },
    // Without these it tells less; what was lost on the way is searched for among the newest.
    rare: ['s3:GetObject', 'tag:GetResources', 'cloudfront:ListInvalidations'],
  },
  costs: {
    run: async (settings: Settings): Promise<void> => {
      await lookAtCosts(await connect(settings), 'packagecloud', Date.now())
    },
    prepare: async (bench: CfBench): Promise<void> => {
      const CostAllocationTagsStatus = [{ TagKey: namesOf('packagecloud').tag.Key, Status: 'Active' as const }]
      await bench.aws
        .client(CostExplorerClient, region)
        .send(new UpdateCostAllocationTagsStatusCommand({ CostAllocationTagsStatus }))
      await tagOurs(bench)
    },
    // Without these it tells less.
    rare: ['ce:ListCostAllocationTags', 'ce:GetCostForecast', 'tag:GetResources'],
  },
  cfremove: {
    run: remove,
    prepare: async (bench: CfBench): Promise<void> => {
      await bench.create()
    },
    rare: [],
  },
} as const

/** Needs are told without asking anybody. */
const nobody = await connect(noSettings)

for (const [name, { run, prepare, rare }] of Object.entries(groups)) {
  const group = name as keyof typeof groups
  const needsIn = (accountId: string): Need[] =>
    needsFor(group, nobody, { ...noSettings, bucket: given(bucket) }, { accountId, bucket, access: 'oai' })

  describe(`The policy of ${group}`, function () {
    this.timeout(300_000)

    const attempt = async (missing?: string): Promise<unknown> => {
      const bench = await startCf()
      try {
        await prepare(bench)
        const needs = needsIn(bench.sandbox.accountId)
          .map((need) => ({ ...need, actions: need.actions.filter((one) => one !== missing) }))
          .filter(({ actions }) => actions.length > 0)
        return await run(await asUser(bench, needs)).catch((error: unknown) => error)
      } finally {
        await bench.close()
      }
    }

    it('is enough', async () => {
      const error = await attempt()
      if (error !== undefined) throw error as Error
    })

    const actions = [...new Set(needsIn('111122223333').flatMap((need) => need.actions))].sort()
    for (const action of share(actions.filter((one) => !rare.some((other) => other === one)))) {
      it(`needs ${action}, and says so when it is missing`, async () => {
        const error = await attempt(action)
        if (!(error instanceof CtlError)) throw new Error(`everything worked without ${action}`)
        expect(error.failure, error.message).to.equal('denied')
        expect(error.hint.join('\n')).to.contain(`"Action":"${action}"`)
      })
    }
  })
}
