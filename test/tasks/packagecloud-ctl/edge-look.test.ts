import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

import { expect } from 'chai'

import { lookAtEdge } from '../../../src/tasks/packagecloud-ctl/edge-look.ts'
import { secret } from '../../support/installation.ts'
import { noSettings } from '../../support/aws-under-test.ts'

describe('a look at the edge before a restart', () => {
  it('ends after a while where a network swallows packets', async () => {
    const open = new Set<Socket>()
    const silent = createServer((socket) => open.add(socket))
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    const before = process.env['AWS_ENDPOINT_URL']
    process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const given = <T>(value: T) => ({ value, source: { kind: 'default' as const } })
    const settings = {
      ...noSettings,
      accessKey: given('AKIAIOSFODNN7EXAMPLE'),
      secretKey: given('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
      cloudfrontEnabled: given(true),
      cloudfrontSecret: given(secret),
      cloudfrontDistributionId: given('E1EXAMPLE00001'),
    }
    try {
      const { obstacles, notChecked } = await lookAtEdge(settings, [], 100)
      expect(obstacles).to.deep.equal([])
      expect(notChecked).to.deep.equal([
        'Whether the edge accepts the secret in packagecloud.rb was not checked: AWS gave no answer within 0.1 s.',
      ])
      expect(open.size).to.be.greaterThan(0)
    } finally {
      if (before === undefined) delete process.env['AWS_ENDPOINT_URL']
      else process.env['AWS_ENDPOINT_URL'] = before
      for (const socket of open) socket.destroy()
      silent.close()
    }
  })
})
