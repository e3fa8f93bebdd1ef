/** The laws of imports hold: each of these lines, in that room, is refused by lint as it is configured. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'
import { ESLint } from 'eslint'

import { circlesOf, fileGraph, folderGraph } from '../../scripts/import-graph.ts'
import { rooms } from '../../scripts/lint/rooms.js'

const root = join(import.meta.dirname, '../..')

/** In the room of the first word, or that file of `src/`. */
const forbidden: readonly (readonly [room: string, line: string])[] = [
  ['aws', "import { decodeSecret } from '../sandbox/host/sandbox.ts'"],
  ['aws', "import { putRight } from '../reindex/attributes/put-right.ts'"],
  ['resources', "import { chain } from '../tasks/chain/chain.ts'"],
  ['resources', "const chain = await import('../tasks/chain/chain.ts')"],
  ['resources', "import * as settings from '../settings/settings.ts'"],
  ['tasks', "export * from '../commands/status.ts'"],
  ['tasks', "import type { Sandbox } from '../sandbox/host/sandbox.ts'"],
  ['tasks', "import { S3Client } from '@aws-sdk/client-s3'"],
  ['reindex', "type Chain = import('../tasks/chain/chain.ts').Chain<object>"],
  ['reindex', "import { signUrl } from '../edge/signature.ts'"],
  ['settings', "import { connect } from '../aws/connect.ts'"],
  ['settings', "import { SandboxOptions } from '../sandbox/host/sandbox.ts'"],
  ['edge', "import { printable } from '../ui/printable.ts'"],
  ['edge', "import { networkOf } from '../aws/network.ts'"],
  ['edge', "const ui = await import('../ui/printable.ts')"],
  ['repositories', "import { Journal } from '../reindex/journal/journal.ts'"],
  ['repositories', "import { encodePath } from '../edge/path.ts'"],
  ['ui', "import { carriedFlags } from '../settings/settings.ts'"],
  ['ui', "import { readArchive } from '../zip-archive.ts'"],
  ['sandbox/s3', "import { createLeanS3 } from '../../aws/s3-lean.ts'"],
  ['sandbox/edge', "import { cacheControl } from '../../repositories/cache-control.ts'"],
  ['sandbox/host', "import { loadSettings } from '../../settings/settings.ts'"],
  ['sandbox/host', "import { CtlError } from '../../errors.ts'"],
  ['sandbox/edge', "import type { S3 } from '../s3/s3.ts'"],
  ['sandbox/kms', "import type { Iam } from '../iam/iam.ts'"],
  ['sandbox/contracts', "import { parsePolicy } from '../policy/policy-document.ts'"],
  ['commands', "import { createS3 } from '../sandbox/s3/s3.ts'"],
  ['settings', "import { changeFlags } from '../flags/change-flags.ts'"],
  ['edge', "import { CtlError } from '../errors.ts'"],
  ['commands', "import { KMSClient } from '@aws-sdk/client-kms'"],
  ['commands', "const name = 'x'; await import(name)"],
  ['resources', "import { DeleteBucketCommand } from '@aws-sdk/client-s3'"],
  ['resources', "import { ScheduleKeyDeletionCommand as keep } from '@aws-sdk/client-kms'"],
  ['resources', "export { DeleteRoleCommand } from '@aws-sdk/client-iam'"],
  ['resources', "import * as s3 from '@aws-sdk/client-s3'"],
  ['resources', "const { DeleteObjectCommand } = await import('@aws-sdk/client-s3')"],
  ['resources', "import { S3 } from '@aws-sdk/client-s3'"],
  ['aws', "import { CloudFront as Client } from '@aws-sdk/client-cloudfront'"],
  ['resources', "import s3 from '@aws-sdk/client-s3'"],
  ['resources', "import { 'DeleteBucketCommand' as keep } from '@aws-sdk/client-s3'"],
  ['resources', "export { 'DeleteBucketCommand' as keep } from '@aws-sdk/client-s3'"],
  ['resources', "import { type S3Client, DeleteObjectsCommand } from '@aws-sdk/client-s3'"],
  ['resources', "export * from '@aws-sdk/client-s3'"],
  ['resources', "import s3 = require('@aws-sdk/client-s3')"],
  ['resources', "const s3 = require('@aws-sdk/client-s3')"],
  ['resources', 'const s3 = await import(`@aws-sdk/client-s3`)'],
  ['reindex', "await s3.send({ 'method': 'DELETE', action: 's3:DeleteObject', key: 'a' })"],
  ['reindex', "await s3.send({ method: `DELETE`, action: 's3:DeleteObject', key: 'a' })"],
  ['reindex', "await s3.send({ method: 'DELETE', action: 's3:DeleteObject', key: 'a' })"],
  ['reindex', "const method = 'DELETE'; await s3.send({ method, action: 's3:DeleteObject', key: 'a' })"],
  ['reindex', "await s3.send({ method: isOld ? 'DELETE' : 'HEAD', action: 's3:DeleteObject', key: 'a' })"],
  ['reindex', "request.method = 'DELETE'"],
  ['tasks', "await fetch(url, { method: 'delete' })"],
  ['aws/s3-lean.ts', "await answerTo({ method: 'DELETE', action: 's3:DeleteObject', key: 'a' })"],
  ['resources', "import { default as s3 } from '@aws-sdk/client-s3'"],
  ['resources', "export { default as s3 } from '@aws-sdk/client-s3'"],
  ['resources', "import { 'module.exports' as s3 } from '@aws-sdk/client-s3'"],
  ['resources', "const s3 = createRequire(import.meta.url)('@aws-sdk/client-s3')"],
  ['resources', "const { createRequire: take } = process.getBuiltinModule('node:module')"],
  [
    'resources/cloudfront/distribution-removal.ts',
    "import { DeleteKeyGroupCommand } from '@aws-sdk/client-cloudfront'",
  ],
  ['tasks', "import { startSandbox } from 'file:///src/sandbox/host/sandbox.ts'"],
  ['tasks', "import { signUrl } from 'pc-ctl/signing'"],
  ['tasks', "import { x } from '../../test/support/clients.ts'"],
  ['sandbox', "import { CtlError } from '../errors.ts'"],
  ['a-new-room', "import { S3Client } from '@aws-sdk/client-s3'"],
  ['a-new-file.ts', "import { chain } from './tasks/chain/chain.ts'"],
  ['run.ts', "import { chain } from './tasks/chain/chain.ts'"],
  ['main.ts', "import { S3Client } from '@aws-sdk/client-s3'"],
  ['text.ts', "import { printable } from './ui/printable.ts'"],
]

const allowed: readonly (readonly [room: string, line: string])[] = [
  ['commands', "import { chain } from '../tasks/chain/chain.ts'"],
  ['resources', "import { CopyObjectCommand, type S3, S3Client } from '@aws-sdk/client-s3'"],
  ['resources', "import type { DeleteObjectCommandInput } from '@aws-sdk/client-s3'"],
  ['resources', "import { readArchive } from '../zip-archive.ts'"],
  ['commands', "import { startSandbox } from '../sandbox/host/sandbox.ts'"],
  ['sandbox/lambda', "import { readArchive } from '../../zip-archive.ts'"],
  ['sandbox/edge', "import type { EdgeS3 } from '../contracts/edge-peers.ts'"],
  ['settings', "const { readRuby } = await import('./ruby/read.ts')"],
  ['run.ts', "import { near } from './ui/near.ts'"],
  ['signing.ts', "import { signUrl } from './edge/signature.ts'"],
  ['aws/s3-lean.ts', "await answerTo({ method: 'DELETE', action: 's3:AbortMultipartUpload', key, query })"],
  [
    'resources/cloudfront/distribution-removal.ts',
    "import { DeleteDistributionCommand } from '@aws-sdk/client-cloudfront'",
  ],
  ['reindex', "file.write('DELETE FROM object')"],
]

describe('the laws of the house', function () {
  this.timeout(60_000)
  // The other rules need types, which a line by itself has none of.
  const eslint = new ESLint({
    cwd: root,
    ruleFilter: ({ ruleId }) => ruleId.startsWith('rooms/'),
    overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
  })
  const complaints = async (room: string, line: string): Promise<string[]> => {
    const place = room.endsWith('.ts') ? room : `${room}/probe.ts`
    const [found] = await eslint.lintText(`${line}\n`, { filePath: join(root, 'src', place) })
    return (found?.messages ?? []).map(({ ruleId, message }) => `${ruleId ?? ''}: ${message}`)
  }

  for (const [room, line] of forbidden) {
    it(`forbids in src/${room}: ${line}`, async () => {
      const found = await complaints(room, line)
      expect(found).to.have.length(1)
      expect(found[0]).to.match(/^rooms\//)
    })
  }

  for (const [room, line] of allowed) {
    it(`allows in src/${room}: ${line}`, async () => {
      expect(await complaints(room, line)).to.deep.equal([])
    })
  }

  it('run downwards only: no room may import one that may import it', () => {
    const reach = (from: string, seen = new Set<string>()): Set<string> => {
      for (const next of rooms[from] ?? []) if (!seen.has(next)) reach(next, seen.add(next))
      return seen
    }
    for (const room of Object.keys(rooms)) expect(reach(room).has(room), room).to.equal(false)
  })

  it('have folders, and files, that import each other one way only', () => {
    const files = fileGraph(join(root, 'src'))
    for (const graph of [folderGraph(files), files]) {
      const circles = circlesOf(graph)
      expect(circles.map((way) => way.join(' → '))).to.deep.equal([])
    }
    expect(
      circlesOf(
        new Map([
          ['a', new Set(['b'])],
          ['b', new Set(['c'])],
          ['c', new Set(['b'])],
        ]),
      ),
    ).to.deep.equal([['b', 'c', 'b']])
  })

  it('are the ones that CONTRIBUTING tells', async () => {
    const text = await readFile(join(root, 'CONTRIBUTING.md'), 'utf8')
    for (const [room, others] of Object.entries(rooms)) {
      const row = new RegExp(`^\\| \`src/${room}/\`[^|]*\\|[^|]*\\|([^|]*)\\|$`, 'm').exec(text)?.[1] ?? ''
      const told = [...row.matchAll(/`([a-z3/]+)`/g)].map(([, name]) => name)
      expect(told, room).to.deep.equal(others)
    }
  })
})
