import { expect } from 'chai'

import type { LiveDistribution } from '../../../src/resources/cloudfront/live-distribution.ts'
import { pathsOf } from '../../../src/tasks/cf/invalidation-paths.ts'

const bucket = 'packages-example-org'
const distributionOf = (...paths: string[]): LiveDistribution => ({
  id: 'E1',
  arn: '',
  domain: '',
  status: 'Deployed',
  etag: '',
  config: {
    CallerReference: '',
    Comment: '',
    Enabled: true,
    DefaultCacheBehavior: { TargetOriginId: '0', ViewerProtocolPolicy: 'https-only' },
    Origins: {
      Quantity: paths.length + 1,
      Items: [
        { Id: 'other', DomainName: 'other-bucket.s3.amazonaws.com', OriginPath: '/elsewhere' },
        ...paths.map((OriginPath, index) => ({
          Id: String(index),
          DomainName: `${bucket}.s3.eu-central-1.amazonaws.com`,
          OriginPath,
        })),
      ],
    },
  },
})

describe('keys behind an origin path', () => {
  const none = { folder: undefined, root: undefined }
  const all = (key: string, ...paths: string[]): string[] =>
    pathsOf({ kind: 'key', target: `s3://${bucket}`, bucket, key }, distributionOf(...paths), none).flatMap(
      (found) => found.paths,
    )

  it('are invalidated under the path that viewers see', () => {
    expect(all('debian/dists/Release', '/debian')).to.deep.equal(['/dists/Release'])
    expect(all('debian/', '/debian')).to.deep.equal(['/*'])
    expect(all('debian/pool/', '/debian')).to.deep.equal(['/pool/*'])
    expect(all('deb*', '/debian')).to.deep.equal(['/*'])
    expect(all('', '/debian')).to.deep.equal(['/*'])
    expect(all('debian/a', '/debian', '')).to.deep.equal(['/a', '/debian/a'])
  })

  it('are refused where the distribution does not serve them', () => {
    for (const key of ['rpm/a', 'debian', 'debianx/a', 'rpm/']) {
      expect(() => all(key, '/debian')).to.throw(
        `cf://E1 does not serve s3://${bucket}/${key}, only what is in debian/.`,
      )
    }
  })
})
