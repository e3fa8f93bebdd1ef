import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

import { ListDistributionsCommand, CloudFrontClient } from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'

import { connect } from '../../src/aws/connect.ts'
import { explainError } from '../../src/aws/denial.ts'
import { noSettings } from '../support/aws-under-test.ts'

describe('a connection that falls silent', () => {
  it('is a call without an answer, and not waited for without end', async () => {
    const sockets = new Set<Socket>()
    const silent = createServer((socket) => void sockets.add(socket.resume()))
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    const { port } = silent.address() as AddressInfo
    const before = { ...process.env }
    const keys = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' }
    Object.assign(process.env, keys, { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` })
    const aws = await connect(noSettings, process.env, { idleMs: 50 })
    try {
      const call = aws.client(CloudFrontClient, 'us-east-1', 'once').send(new ListDistributionsCommand({}))
      const error = explainError(await call.catch((thrown: unknown) => thrown), 'List the distributions')
      expect(error.message).to.include("AWS can't be reached (cloudfront:ListDistributions): no answer within 0.05 s")
    } finally {
      aws.close()
      for (const socket of sockets) socket.destroy()
      silent.close()
      process.env = before
    }
  })
})
