/** Our client of STS beside the SDK's: where both ask, and what comes of it. */
import { writeFile } from 'node:fs/promises'

import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { HttpRequest } from '@smithy/core/protocols'
import { expect } from 'chai'

import { lookUpAccount } from '../../src/aws/account.ts'
import { requestIdsOf } from '../../src/aws/aws-error.ts'
import { whyUnknown } from '../../src/aws/caller-identity.ts'
import { edgeRegion } from '../../src/aws/names.ts'
import { StsClient } from '../../src/aws/sts-client.ts'
import { askedBy, withKeysAlone } from '../support/asked-request.ts'
import { startAws } from '../support/aws-under-test.ts'

describe('a client of STS', () => {
  const alone = withKeysAlone()

  const whatOf = ({ method, protocol, hostname, port, path, body, headers }: HttpRequest): object => ({
    place: `${method} ${protocol}//${hostname}:${port ?? ''}${path}`,
    parameters: [...new URLSearchParams(String(body))].sort(),
    type: headers['content-type'],
    scope: /\/([^/]+\/sts\/aws4_request),/.exec(headers['authorization'] ?? '')?.[1],
  })

  async function both(): Promise<{ ours: object; theirs: object }> {
    const aws = await alone.connected()
    const [ours, theirs] = [aws.client(StsClient, edgeRegion), aws.client(STSClient, edgeRegion)]
    return {
      ours: whatOf(await askedBy(ours, () => ours.send({ operation: 'GetCallerIdentity' }))),
      theirs: whatOf(await askedBy(theirs, () => theirs.send(new GetCallerIdentityCommand({})))),
    }
  }

  for (const [what, environment, config] of [
    ["at AWS's own endpoint", {}, ''],
    ['in whatever region', { AWS_REGION: 'eu-central-1' }, ''],
    ['at one with validated cryptography', { AWS_USE_FIPS_ENDPOINT: 'true' }, ''],
    ['at one that has IPv6 too', { AWS_USE_DUALSTACK_ENDPOINT: 'true' }, ''],
    [
      'at one that is both, as a profile says',
      {},
      '[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n',
    ],
    ['at a custom one', { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }, ''],
    [
      'at one of its own',
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566', AWS_ENDPOINT_URL_STS: 'https://sts.example.org' },
      '',
    ],
    [
      'where a profile tells it to',
      {},
      '[default]\nservices = l\n[services l]\nsts =\n  endpoint_url = http://127.0.0.1:4567\n',
    ],
  ] as const) {
    it(`asks ${what}, as the SDK's does`, async () => {
      Object.assign(process.env, environment)
      if (config !== '') await writeFile(alone.configFile, config)
      const { ours, theirs } = await both()
      expect(ours).to.deep.equal(theirs)
    })
  }

  it('tells whose the credentials are, or why that is not known', async () => {
    const world = await startAws()
    try {
      expect(await lookUpAccount(world.aws)).to.deep.include({ id: '111122223333', partition: 'aws' })
      expect(await whyUnknown(world.aws)).to.equal(undefined)
      world.sandbox.faults.add('sts:*:code=InvalidClientTokenId,status=403,message=The token & co. are invalid.')
      const reason = await whyUnknown(world.aws)
      expect(reason).to.include({ name: 'InvalidClientTokenId', message: 'The token & co. are invalid.' })
      expect(requestIdsOf(reason)?.requestId).to.match(/^[\w-]{10,}$/)
    } finally {
      await world.close()
    }
  })
})
