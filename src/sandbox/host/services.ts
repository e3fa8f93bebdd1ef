import { createAcm } from '../acm/acm.ts'
import { isAllowed } from '../policy/authorization.ts'
import type { AcmService, CloudFrontService } from '../contracts/cloudfront-peers.ts'
import { createCloudFront } from '../cloudfront/cloudfront.ts'
import { createBilling } from '../billing/billing.ts'
import { startEdge, type Edge } from '../edge/edge.ts'
import { createFunctions } from '../functions/functions.ts'
import { createIam, type Iam } from '../iam/iam.ts'
import { createKeyValueStoreKeys } from '../keyvaluestore/keyvaluestore.ts'
import { createKms, type Kms } from '../kms/kms.ts'
import type { FunctionRoles, LambdaService } from '../contracts/lambda-peers.ts'
import { tagConditionKeys } from '../policy/tag-keys.ts'
import { createLambda } from '../lambda/lambda.ts'
import { createLogs } from '../logs/logs.ts'
import type { InnerCalls } from '../contracts/inner-calls.ts'
import { createS3, type S3 } from '../s3/s3.ts'
import { createS3Control } from '../s3control/s3control.ts'
import type { S3ControlService } from '../contracts/s3control-peers.ts'
import type { Context, Service } from '../contracts/service.ts'
import { createSts, type Sts } from '../iam/sts.ts'
import { createTagging } from '../tagging/tagging.ts'

/** All services of one sandbox, wired to each other. */
export interface Services {
  readonly iam: Iam
  readonly sts: Sts
  readonly kms: Kms
  readonly lambda: LambdaService
  readonly acm: AcmService
  readonly cloudfront: CloudFrontService
  readonly s3: S3
  readonly s3control: S3ControlService
  readonly edge: Edge
  /** All of them, for dispatching. */
  readonly all: readonly Service[]
  close(): Promise<void>
}

/**
 * Makes the services and starts the edge.
 *
 * @param call - how services call each other as clients do; nothing calls before {@link S3ControlService.resume}
 */
export async function createServices(context: Context, call: InnerCalls['call']): Promise<Services> {
  const iam = createIam(context)
  const sts = createSts(context, iam)
  const kms = createKms(context, iam)
  const roles: FunctionRoles = {
    assumableBy: (roleArn, principal) => iam.assumableBy(roleArn, principal),
    startSession: (roleArn, sessionName) => sts.startSession(roleArn, sessionName),
  }
  const lambda = createLambda(context, roles, (caller, action, resource, tags) =>
    isAllowed({
      caller,
      action,
      resource,
      context: tagConditionKeys('aws:ResourceTag', tags),
      identityPolicies: iam.identityPolicies(caller),
      resourcePolicies: [],
    }),
  )
  const acm = createAcm(context)
  const functions = createFunctions(() => context.now())
  const cloudfront = createCloudFront(context, { lambda, roles, certificates: acm, functions })
  const keys = createKeyValueStoreKeys(cloudfront)
  const tagging = createTagging([kms, lambda, cloudfront])
  const billing = createBilling(context, [kms, lambda, cloudfront])
  const s3 = createS3(context, {
    originAccessIdentities: () => cloudfront.originAccessIdentities(),
    principalExists: (arn) => iam.principalExists(arn, true),
    identityPolicies: (caller) => iam.identityPolicies(caller),
    mayUseKey: (...question) => kms.mayUseKey(...question),
    requireKey: (keyId, region) => kms.requireKey(keyId, region),
  })
  const s3control = createS3Control(context, { call, session: (accessKeyId) => sts.secret(accessKeyId)?.caller })
  const edge = await startEdge(context, { cloudfront, lambda, functions, s3, meter: billing })
  return {
    iam,
    sts,
    kms,
    lambda,
    acm,
    cloudfront,
    s3,
    s3control,
    edge,
    all: [iam, sts, kms, lambda, createLogs(context), acm, cloudfront, keys, tagging, billing, s3, s3control],
    async close() {
      s3control.stop()
      await edge.close()
      cloudfront.close()
      await lambda.close()
      await functions.close()
      await s3control.settled()
    },
  }
}
