import { expect } from 'chai'

import { encryptBucket, policyOfBucketKey } from '../support/encrypted-bucket.ts'
import { endState, type EndState } from '../support/end-state.ts'
import {
  discard,
  expectPlainTalk,
  type Installation,
  keepBootstrapped,
  type Kept,
  nameOfCall,
  newSecretLines,
  inTurn,
  withInstallation,
} from '../support/installation.ts'
import { share } from '../support/share.ts'

interface Outcome {
  readonly stdout: string
  readonly state: EndState
  /** The operations that were called, such as `iam:CreateRole`. */
  readonly called: readonly string[]
  readonly stderr: string
}

describe('errors that pass by themselves', function () {
  this.timeout(300_000)
  let kept: Kept
  let withFunction: Kept
  before(async () => {
    kept = await keepBootstrapped()
    withFunction = await keepBootstrapped('--engine', 'function')
  })
  after(async () => {
    await discard(kept)
    await discard(withFunction)
  })

  /** What the commands do in seven situations, which together call every operation that they use. */
  const scenes = {
    bootstrap: { from: () => undefined, prepare: async () => ['bootstrap-cloudfront'] },
    update: {
      from: () => kept,
      async prepare(place: Installation) {
        await place.paste(newSecretLines)
        return ['bootstrap-cloudfront', '--runtime', 'nodejs22.x']
      },
    },
    'bootstrap function': {
      from: () => undefined,
      prepare: async () => ['bootstrap-cloudfront', '--engine', 'function'],
    },
    'update function': {
      from: () => withFunction,
      async prepare(place: Installation) {
        await place.paste(newSecretLines)
        return ['bootstrap-cloudfront', '--longest-life', '12h', '--tag', 'team=packages']
      },
    },
    connect: { from: () => kept, prepare: async () => kept.next },
    'connect function': {
      from: () => withFunction,
      async prepare(place: Installation) {
        await encryptBucket(place)
        return [...withFunction.next, '--kms-key-policy', '--yes']
      },
    },
    migrate: {
      from: () => kept,
      async prepare(place: Installation) {
        const { next } = await place.connect()
        return [...next, '--origin-access', 'oac']
      },
    },
  } as const
  type Scene = keyof typeof scenes

  const play = (scene: Scene, faults: readonly string[]): Promise<Outcome> => {
    const state = scenes[scene].from()
    return withInstallation(state === undefined ? {} : { from: state }, async (place) => {
      const words = await scenes[scene].prepare(place)
      for (const fault of faults) place.sandbox.faults.add(fault)
      place.sandbox.calls.clear()
      const { stdout, stderr, code } = await place.run(words)
      const called = [...new Set(place.sandbox.calls.list().map(nameOfCall))]
      place.sandbox.faults.clear()
      const talk = `under ${faults.join(' ')}\n${stderr}`
      expect(code, talk).to.equal(0)
      expectPlainTalk(stderr)
      const found = await endState(place.clients)
      const keyPolicy = scene === 'connect function' ? found.normalised(await policyOfBucketKey(place)) : ''
      return { stdout: found.normalised(stdout) + keyPolicy, state: found, called, stderr }
    })
  }

  const undisturbed = new Map<Scene, Promise<Outcome>>()
  const expectSameAsUndisturbed = async (scene: Scene, faults: (called: readonly string[]) => string[]) => {
    const usual = undisturbed.get(scene) ?? play(scene, [])
    undisturbed.set(scene, usual)
    const { stdout, state, called } = await usual
    const planned = faults(called)
    const outcome = await play(scene, planned)
    expect(outcome.state.counts, planned.join(' ')).to.deep.equal(state.counts)
    expect(outcome.state.resources, planned.join(' ')).to.equal(state.resources)
    expect(outcome.stdout).to.equal(stdout)
    return outcome
  }

  const serverErrors: Readonly<Record<string, string>> = {
    cloudfront: 'ServiceUnavailable',
    'cloudfront-keyvaluestore': 'code=InternalServerException,status=500,message=Internal error',
    iam: 'ServiceFailure',
    kms: 'KMSInternalException',
    lambda: 'ServiceException',
    s3: 'InternalError',
    sts: 'InternalFailure',
    tagging: 'code=InternalServiceException,status=500,message=Internal error',
  }
  const serverError = (call: string): string => serverErrors[call.split(':')[0] ?? ''] ?? ''
  const everywhere: Readonly<Record<string, (call: string) => string>> = {
    'the first call of each operation gets no answer and has no effect': (call) => `${call}:1:before:drop`,
    'the first call of each operation has its effect, but the answer is lost': (call) => `${call}:1:after:drop`,
    'the first call of each operation has its effect, but the answer breaks off halfway': (call) => `${call}:1:cut`,
    'the first call of each operation ends in a server error, without effect': (call) =>
      `${call}:1:before:${serverError(call)}`,
    'the first call of each operation ends in a server error, with its effect': (call) =>
      `${call}:1:after:${serverError(call)}`,
    'the first call of each operation is throttled': (call) => `${call}:1:throttle`,
  }
  for (const [title, fault] of Object.entries(everywhere)) {
    it(title, () =>
      inTurn(share(Object.keys(scenes) as Scene[]), async (scene) => {
        await expectSameAsUndisturbed(scene, (called) => called.map(fault))
      }),
    )
  }

  const invalidParameter = 'code=InvalidParameterValueException,status=400,message='
  const unknown = 'code=ResourceNotFoundException,status=404,message=Function not found'
  const association = 'code=InvalidLambdaFunctionAssociation,status=400,message='
  /** What is known to happen on AWS right after something was made or changed, and what is said while it lasts. */
  const single: readonly (readonly [Scene, string, RegExp?])[] = [
    ['bootstrap', 'iam:CreateRole:1:ConcurrentModification', /looking again/],
    ['bootstrap', 'iam:PutRolePolicy:1:ConcurrentModification', /looking again/],
    ['bootstrap', 'iam:PutRolePolicy:1-2:code=NoSuchEntity,status=404', /waiting until IAM knows the new role/],
    ['bootstrap', 'kms:CreateKey:1:cut', /looking whether it made the key/],
    ['bootstrap', 'kms:CreateAlias:1-2:NotFoundException', /waiting until KMS knows the new key/],
    ['bootstrap', 'kms:CreateKey:1:DependencyTimeoutException'],
    ['bootstrap', 'kms:Encrypt:1:NotFoundException'],
    ['bootstrap', 'kms:Encrypt:1-2:DependencyTimeoutException'],
    [
      'bootstrap',
      `lambda:CreateFunction:1-3:${invalidParameter}The role defined for the function cannot be assumed by Lambda.`,
      /waiting until Lambda can assume the new role/,
    ],
    [
      'bootstrap',
      `lambda:CreateFunction:1-2:${invalidParameter}The provided execution role does not have permissions to call CreateLogGroup on LOGS`,
      /waiting for the role's policy to take effect/,
    ],
    [
      'bootstrap',
      'lambda:PublishVersion:1-2:code=ResourceConflictException,status=409,message=The operation cannot be performed at this time. The function is currently in the following state: Pending',
      /waiting for an earlier change of the function to settle/,
    ],
    ['bootstrap', `lambda:GetFunctionConfiguration:1-2:${unknown}`, /waiting until Lambda knows everywhere/],
    ['bootstrap', `lambda:PublishVersion:1-2:${unknown}`, /waiting until Lambda knows everywhere/],
    [
      'update',
      `lambda:PublishVersion:1:${invalidParameter}CodeSHA256 (mine) is different from current CodeSHA256 in $LATEST (theirs).`,
      /changed by someone else meanwhile; looking again/,
    ],
    ['update', 'lambda:UpdateFunctionCode:1-2:ResourceConflictException', /earlier change of the function/],
    ['update', 'lambda:UpdateFunctionConfiguration:1-2:ResourceConflictException', /earlier change of the function/],
    ['update', 'lambda:UpdateFunctionCode:1:PreconditionFailedException', /looking again/],
    ['update', 'lambda:UpdateFunctionConfiguration:1:PreconditionFailedException', /looking again/],
    [
      'bootstrap function',
      `cloudfront-keyvaluestore:DescribeKeyValueStore:1-2:${unknown}`,
      /waiting until CloudFront knows/,
    ],
    [
      'bootstrap function',
      'cloudfront:CreateFunction:1-2:code=InvalidArgument,status=400,message=The parameter KeyValueStoreAssociationArn does not exist.',
      /waiting until CloudFront knows the new store everywhere/,
    ],
    ['bootstrap function', 'cloudfront:PublishFunction:1:PreconditionFailed', /looking again/],
    ['bootstrap function', 'cloudfront-keyvaluestore:UpdateKeys:1:code=ConflictException,status=409', /looking again/],
    ['update function', 'cloudfront:UpdateFunction:1:PreconditionFailed', /looking again/],
    ['update function', 'cloudfront:PublishFunction:1:PreconditionFailed', /looking again/],
    ['update function', 'cloudfront:TestFunction:1:code=InvalidIfMatchVersion,status=400', /looking again/],
    ['update function', 'cloudfront-keyvaluestore:UpdateKeys:1:code=ConflictException,status=409', /looking again/],
    ['connect', 's3:PutBucketPolicy:1-3:MalformedPolicy', /waiting until S3 knows the new origin access identity/],
    ['connect', 's3:PutBucketPolicy:1:OperationAborted', /looking again/],
    [
      'connect',
      `cloudfront:CreateDistributionWithTags:1-2:${association}The function must be in an Active state. The current state for function arn:aws:lambda:us-east-1:111122223333:function:f:1 is Pending`,
      /waiting until the function version is Active/,
    ],
    [
      'connect',
      `cloudfront:CreateDistributionWithTags:1-2:${association}The function execution role must be assumable with edgelambda.amazonaws.com as well as lambda.amazonaws.com principals. Update the IAM role and try again. Role: arn:aws:iam::111122223333:role/r`,
      /waiting until CloudFront sees the role's new trust policy/,
    ],
    [
      'connect',
      'cloudfront:CreateDistributionWithTags:1-2:code=InvalidOriginAccessIdentity,status=400,message=The specified origin access identity does not exist or is not valid.',
      /waiting until CloudFront knows the new origin access identity/,
    ],
    [
      'connect',
      'cloudfront:CreateDistributionWithTags:1-2:code=NoSuchCachePolicy,status=404',
      /waiting until CloudFront knows the new cache policy/,
    ],
    [
      'connect',
      'cloudfront:GetDistribution:1-2:code=NoSuchDistribution,status=404',
      /waiting until CloudFront knows the distribution/,
    ],
    ['connect', 'cloudfront:*:1-4:throttle'],
    [
      'connect function',
      'cloudfront:CreateDistributionWithTags:1-2:code=InvalidFunctionAssociation,status=400,message=The function does not exist or is not published to the LIVE stage.',
      /waiting until CloudFront knows everywhere that the function is published/,
    ],
    ['migrate', 'cloudfront:UpdateDistribution:1:PreconditionFailed', /looking again/],
    ['migrate', 'cloudfront:UpdateDistribution:1:InvalidIfMatchVersion', /looking again/],
    ['migrate', 's3:PutBucketPolicy:1:OperationAborted', /looking again/],
  ]
  it('what AWS answers until news has spread, one by one', () =>
    inTurn(single, async ([scene, fault, said]) => {
      const { stderr } = await expectSameAsUndisturbed(scene, () => [fault])
      if (said !== undefined) expect(stderr, fault).to.match(said)
    }))
})

describe('errors that do not pass', function () {
  this.timeout(300_000)
  let kept: Kept
  before(async () => (kept = await keepBootstrapped()))
  after(() => discard(kept))

  const words = {
    bootstrap: ['bootstrap-cloudfront'],
    'bootstrap function': ['bootstrap-cloudfront', '--engine', 'function'],
    connect: [],
  } as const
  const final: readonly (readonly [command: keyof typeof words, fault: string, ...says: string[]])[] = [
    [
      'bootstrap function',
      'cloudfront:CreateFunction:code=TooManyFunctions,status=400,message=You have reached the maximum number of CloudFront functions for this AWS account.',
      'maximum number of CloudFront functions',
      'quota "CloudFront Functions per AWS account"',
    ],
    [
      'bootstrap function',
      'cloudfront:CreateKeyValueStore:code=EntityLimitExceeded,status=400,message=The entity limit has been exceeded.',
      'quota "Key value stores per account"',
    ],
    [
      'bootstrap',
      'iam:CreateRole:code=LimitExceeded,status=409,message=Cannot exceed quota for RolesPerAccount: 1000',
      'iam:CreateRole',
      'quota "Roles per account"',
    ],
    [
      'bootstrap',
      'kms:CreateKey:code=LimitExceededException,status=400,message=The request was rejected because a quota was exceeded.',
      'quota "KMS keys"',
    ],
    [
      'bootstrap',
      'lambda:CreateFunction:code=CodeStorageExceededException,status=400,message=Code storage limit exceeded.',
      'Code storage limit exceeded',
      'lambda:CreateFunction',
    ],
    [
      'connect',
      'cloudfront:CreateDistributionWithTags:code=AccessDenied,status=403,message=Your account must be verified before you can add new CloudFront resources. To verify your account\\, please contact AWS Support',
      'must be verified',
      'not a permission problem',
    ],
    [
      'connect',
      'cloudfront:CreateDistributionWithTags:code=TooManyDistributions,status=400,message=Your request contains more than the maximum number of distributions.',
      'maximum number of distributions',
    ],
    [
      'connect',
      'cloudfront:CreateCloudFrontOriginAccessIdentity:code=TooManyCloudFrontOriginAccessIdentities,status=400,message=You have reached the maximum number of identities.',
      'maximum number of identities',
    ],
    [
      'connect',
      `cloudfront:CreateDistributionWithTags:code=InvalidLambdaFunctionAssociation,status=400,message=The function has a runtime that is not supported by Lambda@Edge: nodejs24.x Supported runtimes: [nodejs22.x]`,
      'Supported runtimes: [nodejs22.x]',
    ],
  ]
  it('end the command with what AWS said, the step, and exit code 1', () =>
    inTurn(final, async ([command, fault, ...says]) =>
      withInstallation(command === 'connect' ? { from: kept } : {}, async (place) => {
        place.sandbox.faults.add(fault)
        const { stdout, stderr, code } = await place.run(command === 'connect' ? kept.next : words[command])
        expect([stdout, code], stderr).to.deep.equal(['', 1])
        const [service, operation] = fault.split(':')
        const calls = place.sandbox.calls.list((call) => call.service === service && call.operation === operation)
        expect(calls, fault).to.have.lengthOf(1)
        for (const text of says) expect(stderr).to.include(text)
        expectPlainTalk(stderr)
      }),
    ))
})
