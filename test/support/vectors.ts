import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Algorithm } from '../../src/edge/token.ts'

/** The test vectors of signed URLs, as docs/signed-urls.md publishes them. */
interface Vectors {
  signed: {
    name: string
    secret: string
    domain: string
    key: string
    expires: number
    algorithm: Algorithm
    path: string
    token: string
    url: string
  }[]
  secrets: { current: string; previous: string }
  requests: {
    name: string
    method: string
    target: string
    now: number
    forwarded?: string
    status?: number
    reason?: string
    secret?: 'current' | 'previous'
  }[]
}

export const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../docs/signed-urls/vectors.json'), 'utf8'),
) as Vectors
