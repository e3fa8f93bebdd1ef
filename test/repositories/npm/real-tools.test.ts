import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'

import { expect } from 'chai'

import { npm } from '../../../src/repositories/npm/npm.ts'
import { runClient, testWith, withFolder } from '../../e2e/reindex-clients.ts'
import { FormatBucket } from '../format-bucket.ts'

interface Published {
  readonly name: string
  readonly 'dist-tags': unknown
  readonly versions: Readonly<Record<string, Record<string, unknown> & { dist: Record<string, string> }>>
  readonly _attachments: Readonly<Record<string, { readonly data: string }>>
}

/** What npm sends to a registry when a package is published. */
async function publish(folder: string, files: Readonly<Record<string, string>>): Promise<Published> {
  const received: string[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      if (request.method === 'PUT') received.push(Buffer.concat(parts).toString())
      response.writeHead(request.method === 'PUT' ? 201 : 404, { 'content-type': 'application/json' }).end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const registry = `//127.0.0.1:${(server.address() as AddressInfo).port}/`
    const all = { ...files, '.npmrc': `registry=http:${registry}\n${registry}:_authToken=x\nupdate-notifier=false\n` }
    for (const [name, body] of Object.entries(all)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), body)
    }
    await runClient(folder, ['npm', 'publish', '--ignore-scripts', '--tag', 'latest'])
  } finally {
    server.close()
    server.closeAllConnections()
  }
  expect(received).to.have.lengthOf(1)
  return JSON.parse(received[0] ?? '') as Published
}

/** What a packument that is made of the tarball alone says of its version. */
async function madeOf({ name, _attachments }: Published): Promise<Omit<Published, '_attachments'>> {
  const [file = '', { data } = { data: '' }] = Object.entries(_attachments)[0] ?? []
  const options = { baseUrl: 'http://127.0.0.1/' }
  const body = Buffer.from(data, 'base64')
  const bucket = new FormatBucket(npm, '', { objects: [[`${name}/-/${file}`, body]], options })
  await bucket.reindex({ created: new Map([[name, new Uint8Array()]]) })
  return JSON.parse(Buffer.from(bucket.read(name) ?? []).toString()) as Published
}

const packages: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'of a scope, with all that installers go by': {
    'package.json': JSON.stringify({
      ...{ name: '@ex/tool', version: '1.2.3-beta.1', description: 'd', bin: './bin/x.js' },
      ...{ author: 'A <a@b.c> (http://x)', contributors: ['B <b@c.d>', { name: 'C' }], license: 'MIT' },
      ...{
        scripts: { test: 'x', postinstall: 'node x' },
        dependencies: { a: '^1', o: '1' },
        devDependencies: { d: '1' },
      },
      ...{ optionalDependencies: { o: '1' }, bundledDependencies: ['a'], peerDependencies: { p: '*' } },
      ...{ peerDependenciesMeta: { p: { optional: true } }, engines: { node: '>=18' }, os: ['linux'], cpu: ['!arm'] },
      ...{ libc: ['glibc'], files: ['bin'], exports: { '.': './bin/x.js' }, _private: 1, overrides: { z: '1' } },
      ...{
        funding: 'https://x',
        repository: { type: 'git', url: 'git+https://git.example.com/a/b.git' },
        zzz: { y: [1] },
      },
    }),
    'bin/x.js': '#!/usr/bin/env node\n',
    'node_modules/a/package.json': '{"name":"a","version":"1.0.0"}',
  },
  'that is built when it is installed': {
    'package.json': '{"name":"native","version":"0.0.1","bin":{"n":"/../n.js","@x/m":"lib/./m.js"},"dependencies":{}}',
    'binding.gyp': '{}',
    'n.js': '',
    'lib/m.js': '',
  },
  'that says how it is built': {
    'package.json': '{"name":"native2","version":"0.0.1","scripts":{"preinstall":"make"},"bundleDependencies":true}',
    'x.gyp': '{}',
  },
  'that is not built though it could be': {
    'package.json': '{"name":"native3","version":"0.0.1","gypfile":false,"bundleDependencies":false}',
    'x.gyp': '{}',
  },
}

describe('what is said of npm packages', function () {
  this.timeout(60_000)
  for (const [title, files] of Object.entries(packages)) {
    testWith(['npm'], `says too of a package ${title}`, () =>
      withFolder(async (folder) => {
        const published = await publish(folder, files)
        const made = await madeOf(published)
        expect(made['dist-tags']).to.deep.equal(published['dist-tags'])
        expect(Object.keys(made.versions)).to.deep.equal(Object.keys(published.versions))
        for (const [version, theirs] of Object.entries(published.versions)) {
          const { dist, ...ours } = made.versions[version] ?? { dist: {} }
          const { _nodeVersion, _npmVersion, dist: theirDist, ...all } = theirs
          // Of a readme that is not there npm says so.
          const entry = Object.fromEntries(Object.entries(all).filter(([field]) => !field.startsWith('readme')))
          expect(ours).to.deep.equal(entry)
          expect({ ...dist, tarball: new URL(dist['tarball'] ?? '').pathname }).to.deep.equal({
            ...theirDist,
            tarball: new URL(theirDist['tarball'] ?? '').pathname,
          })
          expect([_nodeVersion, _npmVersion]).to.not.include(undefined)
        }
      }),
    )
  }
})
