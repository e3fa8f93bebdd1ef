import { CloudFrontClient, PublishFunctionCommand } from '@aws-sdk/client-cloudfront'

import { arnOfCloudFrontFunction } from '../../aws/arns.ts'
import { nameOf } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, type Names } from '../../aws/names.ts'
import { create, Outdated, type Resource, updateIf } from '../resource.ts'
import type { CloudFrontFunction } from './cloudfront-function.ts'
import { contentChanges, type FunctionContent, readStage } from './function-stage.ts'
import { liveAtOnce } from './stored-secrets.ts'

export interface PublishedFunctionWant {
  readonly names: Names
  readonly accountId: string
  readonly function: CloudFrontFunction
}

export interface PublishedFunction extends FunctionContent {
  /** What a distribution is to run: a CloudFront Function has no versions. */
  readonly arn: string
}

/**
 * The function in stage LIVE. Where a distribution runs it, what is published here is live within seconds, and no other
 * command has to follow.
 */
export function publishedFunction(aws: Aws): Resource<PublishedFunctionWant, PublishedFunction> {
  return {
    kind: 'Published CloudFront function',
    name: ({ names }) => names.functionName,
    id: ({ arn }) => arn,
    needs: ({ names, accountId }) => {
      const resources = [arnOfCloudFrontFunction(names, accountId)]
      return [
        { access: 'read', actions: ['cloudfront:DescribeFunction', 'cloudfront:GetFunction'], resources },
        { access: 'write', actions: ['cloudfront:PublishFunction'], resources },
      ]
    },
    pattern: ({ function: { arn, target } }) => ({ ...target, arn }),
    ties: ({ function: { arn } }) => [{ to: arn, as: 'published from' }],
    // One and the same to other tools, and gone with it.
    exported: () => ({ terraform: [], cloudFormation: [] }),
    takedown: () => [],

    describe: ({ names }) => readStage(aws, names.functionName, 'LIVE'),

    decide({ function: { arn, target } }, live) {
      if (live === undefined) return create({ ...target, arn })
      const decision = updateIf({ ...target, arn }, contentChanges(live, target))
      return decision.do === 'keep' ? decision : { ...decision, note: liveAtOnce }
    },

    async apply({ names, function: { arn, target, development } }) {
      const command = new PublishFunctionCommand({ Name: names.functionName, IfMatch: development.etag })
      await aws
        .client(CloudFrontClient, edgeRegion)
        .send(command)
        .catch((error: unknown) => {
          throw isOutdated(error) ? new Outdated(outdated(names), { cause: error, tries }) : error
        })
      return { ...target, arn }
    },
  }
}

/** What is in development is not what was written and tested, or is gone. */
const isOutdated = (error: unknown): boolean =>
  ['PreconditionFailed', 'InvalidIfMatchVersion', 'NoSuchFunctionExists'].includes(nameOf(error))

/** Each begins with the whole test of what is to be published. */
const tries = 4

const outdated = ({ functionName }: Names): string =>
  `The CloudFront function ${functionName} is not published: something else (Terraform, another pc-ctl) changes it after it ` +
  'was tested. Stop that.'
