/** Where our client of key value stores asks, what it makes of clocks, and what is told of its calls. */
import { writeFile } from 'node:fs/promises'

import { CloudFrontClient, CreateKeyValueStoreCommand } from '@aws-sdk/client-cloudfront'
import type { HttpRequest } from '@smithy/core/protocols'
import { expect } from 'chai'

import { KeyValueStoreClient } from '../../src/aws/key-value-store-client.ts'
import { edgeRegion } from '../../src/aws/names.ts'
import { askedBy, withKeysAlone } from '../support/asked-request.ts'
import { startAws } from '../support/aws-under-test.ts'

const arn = 'arn:aws:cloudfront::111122223333:key-value-store/a-b'
const path = `/key-value-stores/${encodeURIComponent(arn)}`

describe('a client of key value stores', () => {
  const alone = withKeysAlone()

  /** The request that a look at the store is. */
  async function asked(environment: Readonly<Record<string, string>> = {}): Promise<HttpRequest> {
    Object.assign(process.env, environment)
    const client = (await alone.connected()).client(KeyValueStoreClient, edgeRegion)
    return askedBy(client, () => client.send({ operation: 'DescribeKeyValueStore', arn }))
  }

  const placeOf = ({ protocol, hostname, port, path: at }: HttpRequest): string =>
    `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${at}`

  it("asks at a host of the store's account, in whatever region", async () => {
    const request = await asked({ AWS_REGION: 'eu-central-1' })
    expect(placeOf(request)).to.equal(`https://111122223333.cloudfront-kvs.global.api.aws${path}`)
    expect(request.headers).to.include({
      host: '111122223333.cloudfront-kvs.global.api.aws',
      'x-amz-region-set': '*',
    })
  })

  it('asks where it is told to, without an account in front', async () => {
    const endpoint = 'http://127.0.0.1:4566'
    const other = 'https://store.example.org/aws/'
    expect(placeOf(await asked({ AWS_ENDPOINT_URL: endpoint }))).to.equal(endpoint + path)
    const both = { AWS_ENDPOINT_URL: endpoint, AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE: other }
    const request = await asked(both)
    expect(placeOf(request)).to.equal(`https://store.example.org/aws${path}`)
    expect(request.headers).to.include({ host: 'store.example.org' })
  })

  it('asks where a profile tells it to, unless all of that is to be ignored', async () => {
    await writeFile(
      alone.configFile,
      '[default]\nservices = local\n[services local]\ncloudfront_keyvaluestore =\n  endpoint_url = http://127.0.0.1:4567\n',
    )
    expect(placeOf(await asked())).to.equal(`http://127.0.0.1:4567${path}`)
    const ignored = await asked({ AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' })
    expect(ignored.hostname).to.equal('111122223333.cloudfront-kvs.global.api.aws')
  })

  it('goes by the clock of AWS where the one of this machine is wrong', async () => {
    const { now } = Date
    // AWS's is right, and so are the dates of its answers.
    const bench = await startAws({ now, timing: { storeReady: 0 } })
    Date.now = () => now() - 3_600_000
    try {
      const command = new CreateKeyValueStoreCommand({ Name: 'store' })
      const { KeyValueStore: made } = await bench.aws.client(CloudFrontClient, edgeRegion).send(command)
      const client = bench.aws.client(KeyValueStoreClient, edgeRegion)
      const look = () => client.send({ operation: 'DescribeKeyValueStore', arn: made?.ARN ?? '' })
      const attempts = [await look(), await look()].map(({ $metadata }) => $metadata.attempts)
      expect(attempts, 'it is told once').to.deep.equal([2, 1])
    } finally {
      Date.now = now
      await bench.close()
    }
  })
})
