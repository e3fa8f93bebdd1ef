import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { explainError, noteOperation, statusOf } from '../../src/aws/denial.ts'
import { CtlError } from '../../src/errors.ts'

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-real-one' }

/** An error as the SDK throws it for an answer of AWS. */
const answer = (name: string, message: string, httpStatusCode = 400): Error =>
  Object.assign(new Error(message), { name, $fault: 'client', $metadata: { httpStatusCode } })

/** The same error, thrown by an operation of a client that remembers its operations. */
async function thrownBy(clientName: string, commandName: string, error: Error): Promise<unknown> {
  let middleware: Parameters<Parameters<typeof noteOperation>[0]['middlewareStack']['add']>[0] | undefined
  noteOperation({ middlewareStack: { add: (added) => (middleware = added) } })
  const run = middleware?.(() => Promise.reject(error), { clientName, commandName })
  return run?.({ input: {} }).catch((thrown: unknown) => thrown)
}

const statementIn = (error: CtlError): unknown => JSON.parse(String(error.hint[1]))
const user = 'User: arn:aws:iam::123456789012:user/ops'
const role = 'arn:aws:iam::123456789012:role/packagecloud/enterprise/packagecloud_cloudfront_auth'

describe('explainError', () => {
  it('passes on what is explained already', () => {
    const error = new CtlError('refused', 'no')
    expect(explainError(error, 'Step')).to.equal(error)
  })

  it('adds the request id to what a resource has said of an answer, once', () => {
    const cause = Object.assign(answer('TooManyAliases', 'too many'), { $metadata: { requestId: 'id-of-aws' } })
    const error = new CtlError('failed', 'There are too many.', { hint: 'Remove one.', code: 'TooMany', cause })
    const explained = explainError(error, 'Step')
    expect(explained).to.include({ failure: 'failed', message: 'There are too many.', code: 'TooMany', cause })
    expect(explained.hint).to.deep.equal(['Remove one.', 'AWS knows this call by its request id id-of-aws.'])
    expect(explainError(explained, 'Another step')).to.equal(explained)
  })

  describe('a denied permission', () => {
    it('names action, resource and reason, and the statement that allows it', () => {
      const because = 'because no identity-based policy allows the iam:CreateRole action'
      const error = explainError(
        answer(
          'AccessDenied',
          `${user} is not authorized to perform: iam:CreateRole on resource: ${role} ${because}`,
          403,
        ),
        'Create the IAM role',
      )
      expect(error).to.include({ failure: 'denied', exitCode: 5, code: 'AccessDenied' })
      expect(error.message).to.equal(`Create the IAM role: AWS denied iam:CreateRole on ${role} ${because}.`)
      expect(error.hint[0]).to.equal('Add this statement to the policy of the credentials in use:')
      expect(statementIn(error)).to.deep.equal({ Effect: 'Allow', Action: 'iam:CreateRole', Resource: role })
    })

    it('reads each way in which services put it', () => {
      const forms: [string, string, string][] = [
        [`${user} is not authorized to perform: kms:CreateKey`, 'kms:CreateKey', '*'],
        [
          `${user} is not authorized to perform: iam:PassRole on resource: ${role}, which is not allowed`,
          'iam:PassRole',
          role,
        ],
        [
          `${user} is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::packages" because no ` +
            'identity-based policy allows the s3:PutBucketPolicy action',
          's3:PutBucketPolicy',
          'arn:aws:s3:::packages',
        ],
        [
          `${user} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::packages/a b.deb" because no ` +
            'identity-based policy allows the s3:PutObject action',
          's3:PutObject',
          // A permission for this one object would not help with the next.
          'arn:aws:s3:::packages/*',
        ],
        [
          `${user} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because ` +
            'the resource does not exist in this Region, no resource-based policies allow access, or a ' +
            'resource-based policy explicitly denies access',
          'kms:Decrypt',
          '*',
        ],
        [
          'Lambda@Edge cannot enable replication for the specified Lambda function. Update the IAM policy to add ' +
            'permission: lambda:EnableReplication* for resource: arn:aws:lambda:us-east-1:123456789012:function:f:2 ' +
            'and try again.',
          'lambda:EnableReplication*',
          'arn:aws:lambda:us-east-1:123456789012:function:f:2',
        ],
      ]
      for (const [message, Action, Resource] of forms) {
        const error = explainError(answer('AccessDeniedException', message), 'Step')
        expect(error.failure, message).to.equal('denied')
        expect(statementIn(error), message).to.deep.equal({ Effect: 'Allow', Action, Resource })
      }
    })

    it('knows a missing permission by its message where CloudFront gives it another name', () => {
      const message =
        'Lambda@Edge cannot enable replication for the specified Lambda function. Update the IAM policy to add ' +
        'permission: lambda:EnableReplication* for resource: arn:aws:lambda:us-east-1:123456789012:function:f:2 and try again.'
      expect(explainError(answer('InvalidLambdaFunctionAssociation', message), 'Step').failure).to.equal('denied')
    })

    it('asks for the service-linked roles, not for the distribution, where those are missing', async () => {
      const message = 'The user is not authorized to create or assume a service linked role.'
      const error = explainError(
        await thrownBy('CloudFrontClient', 'CreateDistributionWithTagsCommand', answer('AccessDenied', message, 403)),
        'Create the distribution',
      )
      expect(error.failure).to.equal('denied')
      expect(error.message).to.include('AWS denied iam:CreateServiceLinkedRole')
      expect(statementIn(error)).to.have.property('Action', 'iam:CreateServiceLinkedRole')
    })

    it('does not suggest an allow against an explicit deny', () => {
      const deny = 'with an explicit deny in a service control policy'
      const error = explainError(
        answer(
          'AccessDenied',
          `${user} is not authorized to perform: iam:CreateRole on resource: ${role} ${deny}`,
          403,
        ),
        'Step',
      )
      expect(error.failure).to.equal('denied')
      expect(error.message).to.equal(`Step: AWS denied iam:CreateRole on ${role} ${deny}.`)
      expect(error.hint).to.deep.equal([
        'An explicit deny outweighs every permission: whoever is in charge of that policy must lift it.',
      ])
    })

    it('names the policy that lacks the permission where it is not one of the credentials', () => {
      for (const policy of [
        'permissions boundary',
        'service control policy',
        'resource-based policy',
        'session policy',
      ]) {
        const because = `because no ${policy} allows the kms:Encrypt action`
        const error = explainError(
          answer(
            'AccessDeniedException',
            `${user} is not authorized to perform: kms:Encrypt on resource: k ${because}`,
          ),
          'Step',
        )
        expect(error.hint[0]).to.equal(`Add this statement to the ${policy} that applies here:`)
      }
    })

    it('tells the action of S3’s bare "Access Denied" from the operation, by the name that IAM knows', async () => {
      const calls: [string, string, string][] = [
        ['S3Client', 'PutBucketPolicyCommand', 's3:PutBucketPolicy'],
        ['S3Client', 'GetBucketEncryptionCommand', 's3:GetEncryptionConfiguration'],
        ['S3Client', 'HeadBucketCommand', 's3:ListBucket'],
        ['CloudFrontClient', 'CreateDistributionWithTagsCommand', 'cloudfront:CreateDistribution'],
        ['ResourceGroupsTaggingAPIClient', 'GetResourcesCommand', 'tag:GetResources'],
        ['LambdaClient', 'GetFunctionCommand', 'lambda:GetFunction'],
      ]
      for (const [client, command, Action] of calls) {
        const error = explainError(
          await thrownBy(client, command, answer('AccessDenied', 'Access Denied', 403)),
          'Bucket',
        )
        expect(error).to.include({ failure: 'denied', message: `Bucket: AWS denied ${Action}.` })
        expect(statementIn(error)).to.deep.equal({ Effect: 'Allow', Action, Resource: '*' })
      }
    })

    it('keeps AWS’s own words where they say more', async () => {
      const error = explainError(
        await thrownBy(
          'CloudFrontClient',
          'CreateDistributionCommand',
          answer('OptInRequired', 'A subscription is needed', 403),
        ),
        'Step',
      )
      expect(error.message).to.equal('Step: AWS denied cloudfront:CreateDistribution: A subscription is needed.')
    })

    it('makes up no action where none is known', () => {
      const error = explainError(answer('AccessDenied', 'Access Denied', 403), 'Step')
      expect(error).to.include({ failure: 'denied', message: 'Step: AWS denied the call.' })
      expect(error.hint.join(' ')).to.not.include('Effect')
    })
  })

  it('sends an unverified account to AWS Support, not to IAM', () => {
    const message =
      'Your account must be verified before you can add new CloudFront resources. To verify your account, please ' +
      'contact AWS Support (https://console.aws.amazon.com/support/home#/) and include this error message.'
    const error = explainError(answer('AccessDenied', message, 403), 'Create the distribution')
    expect(error).to.include({ failure: 'failed', exitCode: 1, code: 'AccessDenied' })
    expect(error.hint.join(' ')).to.match(/not a permission problem.*Support/)
  })

  it('knows bad credentials, whatever the service calls them', () => {
    for (const [name, status] of [
      ['InvalidClientTokenId', 403],
      ['UnrecognizedClientException', 400],
      ['SignatureDoesNotMatch', 403],
      ['InvalidSignatureException', 403],
      ['InvalidAccessKeyId', 403],
      ['ExpiredToken', 400],
      ['ExpiredTokenException', 403],
    ] as const) {
      const error = explainError(
        answer(name, 'The security token included in the request is invalid.', status),
        'Credentials',
      )
      expect(error, name).to.include({ failure: 'configuration', exitCode: 3, code: name })
      expect(error.message).to.match(/^Credentials: AWS does not accept the credentials: /)
    }
    const none = Object.assign(new Error('Could not load credentials from any providers'), {
      name: 'CredentialsProviderError',
    })
    expect(explainError(none, 'Credentials').failure).to.equal('configuration')
  })

  it('knows a wrong clock, which each service calls something else', () => {
    const skewed = [
      answer('RequestTimeTooSkewed', 'The difference between the request time and the current time is too large.', 403),
      answer('RequestExpired', 'Request has expired.', 400),
      answer('SignatureDoesNotMatch', 'Signature expired: 20261122T041745Z is now earlier than 20261122T043245Z', 403),
      answer('InvalidSignatureException', 'Signature not yet current: 20261122T061745Z is still later than 2026…', 403),
    ]
    for (const error of skewed) {
      const explained = explainError(error, 'Credentials')
      expect(explained, error.message).to.include({ failure: 'configuration', exitCode: 3, code: error.name })
      expect(explained.message).to.include("this machine's clock is wrong")
      expect(explained.hint.join(' ')).to.include('timedatectl')
    }
  })

  describe('a connection that fails', () => {
    const refused = (message: string): Error => Object.assign(new Error(message), { code: 'ECONNREFUSED' })
    const failures: [string, Error, RegExp][] = [
      ['a refusal', refused('connect ECONNREFUSED 127.0.0.1:1'), /connect ECONNREFUSED 127\.0\.0\.1:1$/],
      [
        'a refusal at each of several addresses',
        Object.assign(new AggregateError([refused('connect ECONNREFUSED ::1:1'), refused('x')]), {
          code: 'ECONNREFUSED',
        }),
        /connect ECONNREFUSED ::1:1$/,
      ],
      ['an aggregate without reasons', Object.assign(new AggregateError([]), { code: 'ETIMEDOUT' }), /ETIMEDOUT$/],
      [
        'a cause',
        new TypeError('fetch failed', { cause: refused('connect ECONNREFUSED ::1:1') }),
        /ECONNREFUSED ::1:1$/,
      ],
      ['a name', Object.assign(new Error('getaddrinfo ENOTFOUND x'), { code: 'ENOTFOUND' }), /ENOTFOUND x$/],
      ['TLS', Object.assign(new Error('wrong version number'), { code: 'EPROTO' }), /wrong version number$/],
      [
        'a certificate',
        Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
        /self-signed$/,
      ],
      [
        'an unknown authority',
        Object.assign(new Error('unable to verify'), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }),
        /unable to verify$/,
      ],
      ['a timeout', Object.assign(new Error('Connection timed out'), { name: 'TimeoutError' }), /timed out$/],
    ]
    for (const [what, error, reason] of failures) {
      it(`says so for ${what}`, () => {
        const explained = explainError(error, 'Credentials')
        expect(explained).to.include({ failure: 'failed', exitCode: 1 })
        expect(explained.message)
          .to.match(/^Credentials: AWS can't be reached: /)
          .and.to.match(reason)
        expect(explained.hint.join(' ')).to.include('AWS_ENDPOINT_URL')
        expect(explained.code).to.match(/^(NetworkError|AggregateError|TimeoutError)$/)
      })
    }
  })

  it('says what AWS answered, and to which call, for everything else', async () => {
    const error = explainError(
      await thrownBy('CloudFrontClient', 'CreateDistributionCommand', answer('TooManyDistributions', 'Quota reached.')),
      'Create the distribution',
    )
    expect(error).to.include({ failure: 'failed', exitCode: 1, code: 'TooManyDistributions' })
    expect(error.message).to.equal(
      'Create the distribution: AWS answered TooManyDistributions (cloudfront:CreateDistribution): Quota reached.',
    )
  })

  it('advises on errors whose message does not say what helps, and says that nothing is lost', () => {
    const hintsOf = (name: string): readonly string[] => explainError(answer(name, 'x'), 'Step').hint.map(String)
    const expected = {
      Throttling: /wait a minute/,
      TooManyRequestsException: /wait a minute/,
      CNAMEAlreadyExists: /list-conflicting-aliases/,
      InvalidViewerCertificate: /us-east-1/,
      CodeStorageExceededException: /versions/i,
      TooManyDistributions: /Service Quotas/,
      LimitExceededException: /Service Quotas/,
      TooManyFunctionAssociations: /"CloudFront function associations per distribution".*Service Quotas/,
      TooManyDistributionsWithFunctionAssociations: /"Distributions associated with the same CloudFront function"/,
      FunctionSizeLimitExceeded: /10 KB.*--engine lambda/,
      EntityLimitExceeded: /Service Quotas/,
      ServiceQuotaExceededException: /Service Quotas/,
    }
    for (const [name, advice] of Object.entries(expected)) {
      const [first, last] = hintsOf(name)
      expect(first, name).to.match(advice)
      expect(last, name).to.match(/same command again/)
    }
    expect(hintsOf('InvalidOrigin')).to.have.lengthOf(1)
  })

  it('does not put words into AWS’s mouth for what failed here', () => {
    const error = explainError(new Error('The bundle is missing; npm run build makes it'), 'Code of the edge function')
    expect(error.message).to.equal('Code of the edge function: The bundle is missing; npm run build makes it')
    expect(error.message).to.not.include('AWS')
  })

  it('can say something of whatever is thrown', () => {
    for (const thrown of ['text', undefined, null, 42, {}]) {
      const error = explainError(thrown, 'Step')
      expect(error.failure).to.equal('failed')
      expect(error.code).to.not.equal('')
    }
  })

  it('tells the ids of the request, whatever the error is', () => {
    const ids = { requestId: 'E5WPR4ST5Q6HMPN6', extendedRequestId: 'host+id=' }
    for (const [name, status] of [
      ['AccessDenied', 403],
      ['InvalidClientTokenId', 403],
      ['RequestTimeTooSkewed', 403],
      ['TooManyDistributions', 400],
      ['InternalError', 500],
    ] as const) {
      const error = Object.assign(answer(name, 'x', status), { $metadata: { httpStatusCode: status, ...ids } })
      const { hint } = explainError(error, 'Step')
      expect(hint.at(-1), name).to.equal('AWS knows this call by its request id E5WPR4ST5Q6HMPN6, host id host+id=.')
    }
    expect(explainError(new Error('x'), 'Step').hint.join()).not.to.include('request id')
  })

  it('keeps the error that it explains as the cause', () => {
    for (const error of [answer('AccessDenied', 'x', 403), answer('Throttling', 'x'), new Error('x')]) {
      expect(explainError(error, 'Step').cause).to.equal(error)
    }
  })
})

describe('explainError, behind a real client', () => {
  const s3 = (endpoint: string): S3Client => {
    const client = new S3Client({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1, forcePathStyle: true })
    noteOperation(client)
    return client
  }
  const failure = async (client: S3Client): Promise<unknown> => {
    const error: unknown = await client
      .send(new HeadBucketCommand({ Bucket: 'packages' }))
      .catch((thrown: unknown) => thrown)
    client.destroy()
    return error
  }

  it('knows a server that is not there', async () => {
    const error = explainError(await failure(s3('http://localhost:1')), 'Bucket')
    expect(error.message).to.match(/^Bucket: AWS can't be reached \(s3:HeadBucket\): .*ECONNREFUSED/)
  })

  it('knows a denial without a body, which is all that a HEAD request gets', async () => {
    const server = createServer((_request, response) => response.writeHead(403).end()).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    try {
      const { port } = server.address() as AddressInfo
      const error = explainError(await failure(s3(`http://127.0.0.1:${port}`)), 'Bucket')
      expect(error).to.include({
        failure: 'denied',
        message: 'Bucket: AWS denied s3:ListBucket on arn:aws:s3:::packages.',
      })
    } finally {
      server.close()
    }
  })
})

describe('statusOf', () => {
  it('reads the HTTP status of an answer, and nothing else', () => {
    expect(statusOf(answer('x', 'x', 412))).to.equal(412)
    for (const other of [
      new Error('x'),
      undefined,
      null,
      'x',
      { $metadata: null },
      { $metadata: { httpStatusCode: '1' } },
    ]) {
      expect(statusOf(other)).to.be.undefined
    }
  })
})

describe('a region that is mistyped', () => {
  const unknown = (host: string): CtlError =>
    explainError(
      Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND', hostname: host }),
      'Look at the bucket',
    )

  it('is told where AWS has one that is near, and not where the region is one', () => {
    expect(unknown('b.s3.eu-centrl-1.amazonaws.com').hint.map(String)).to.include('Did you mean `eu-central-1`?')
    for (const host of ['b.s3.eu-central-1.amazonaws.com', 's3.amazonaws.com', 'minio.example.org'])
      expect(unknown(host).hint.join(), host).to.not.contain('mean')
  })
})
