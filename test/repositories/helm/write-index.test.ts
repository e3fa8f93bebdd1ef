import { createHash } from 'node:crypto'

import { expect } from 'chai'
import { load } from 'js-yaml'

import { BadPackageError, RefusedRepository } from '../../../src/repositories/format.ts'
import { chartOf as fieldsOf } from '../../../src/repositories/helm/chart.ts'
import { helm } from '../../../src/repositories/helm/helm.ts'
import { FormatBucket } from '../format-bucket.ts'
import { chartOf, chartText, chartWith } from './made-charts.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const empty = 'apiVersion: v1\nentries: {}\n'
const hello = chartOf()

describe('indexes of charts', () => {
  const bucketOf = (objects: Readonly<Record<string, Uint8Array | string>>, baseUrl?: string): FormatBucket =>
    new FormatBucket(helm, 'r/', {
      objects: Object.entries(objects).map(([key, body]) => [`r/${key}`, Buffer.from(body)] as const),
      options: { baseUrl },
    })
  const text = (bucket: FormatBucket): string => Buffer.from(bucket.read('r/index.yaml') ?? []).toString()
  const urls = (bucket: FormatBucket): unknown => {
    const { entries } = load(text(bucket)) as { entries: Record<string, { version: string; urls: string[] }[]> }
    return Object.values(entries).flatMap((all) => all.flatMap((one) => one.urls))
  }
  const entry = (url: string, body: Uint8Array, more = ''): string =>
    `  - {name: hello, version: 1.0.0, digest: ${sha256(body)}, urls: ["${url}"]${more}}\n`
  const indexOf = (...entries: string[]): string => `apiVersion: v1\nentries:\n  hello:\n${entries.join('')}`

  it('say of each chart what helm repo index says, in its order', async () => {
    const bucket = bucketOf({
      'index.yaml': empty,
      'hello-1.0.0.tgz': chartOf({
        description: '|\n  of\n  lines',
        deprecated: 'true',
        keywords: '[a, 1]',
        maintainers: '[{name: Zoë, email: z@example.org}]',
        dependencies: '[{name: db, version: ">1", repository: "", tags: [x], import-values: [{child: a, parent: b}]}]',
        annotations: '{category: Database, team: 1}',
        sources: '["https://example.org"]',
        type: 'application',
        kubeVersion: '">=1.20"',
        engine: 'gotpl',
      }),
    })
    await bucket.reindex()
    expect(text(bucket)).to.equal(
      `apiVersion: v1
entries:
  hello:
  - annotations:
      category: Database
      team: "1"
    apiVersion: v2
    appVersion: "1.10"
    created: "2023-11-14T22:13:20Z"
    dependencies:
    - import-values:
      - child: a
        parent: b
      name: db
      repository: ""
      tags:
      - x
      version: ">1"
    deprecated: true
    description: 'of lines '
    digest: ${sha256(bucket.read('r/hello-1.0.0.tgz') ?? new Uint8Array())}
    keywords:
    - a
    - "1"
    kubeVersion: ">=1.20"
    maintainers:
    - email: z@example.org
      name: Zoë
    name: hello
    sources:
    - https://example.org
    type: application
    urls:
    - hello-1.0.0.tgz
    version: 1.0.0
generated: "2023-11-14T22:13:21Z"
`.replace("'of lines '", '"of lines "'),
    )
  })

  it('lead to new charts as to those that are there, by name or else by most of them', async () => {
    const [zeta, other] = [chartOf({ name: 'zeta' }), chartOf({ name: 'other', version: '2.0.0+b 1'.replace(' ', '') })]
    const bucket = bucketOf({
      'index.yaml': `${indexOf(entry('https://h.example/x/hello-1.0.0.tgz?t=1', hello))}  zeta:\n  - {name: zeta, version: 1.0.0, digest: ${sha256(zeta)}, urls: ["./more/zeta-1.0.0.tgz"]}\n`,
      ...{ 'hello-1.0.0.tgz': hello, 'more/zeta-1.0.0.tgz': zeta, 'hello-2.tgz': chartOf({ version: '2' }) },
      ...{ 'more/zeta 3.tgz': chartOf({ name: 'zeta', version: '3' }), 'other-2.0.0+b1.tgz': other },
    })
    await bucket.reindex()
    expect(urls(bucket)).to.deep.equal([
      ...['https://h.example/x/hello-2.tgz', 'https://h.example/x/hello-1.0.0.tgz?t=1', './other-2.0.0+b1.tgz'],
      ...['./more/zeta%203.tgz', './more/zeta-1.0.0.tgz'],
    ])
  })

  it('follow charts that have moved, drop those that are gone, and leave those of others', async () => {
    const next = chartOf({ version: '1.1.0' })
    const bucket = bucketOf(
      {
        'index.yaml': indexOf(
          entry('old/hello-1.0.0.tgz', hello, ', x: kept'),
          '  - {name: hello, version: 1.1.0, urls: ["gone-1.1.0.tgz"]}\n',
          '  - {name: hello, version: 1.2.0, urls: ["https://ours.example/r/gone-1.2.0.tgz"]}\n',
          '  - {name: hello, version: 1.3.0, urls: ["https://other.example/hello-1.3.0.tgz"]}\n',
          '  - {name: hello, version: 1.4.0, urls: ["oci://other.example/hello", "../outside.tgz"]}\n',
        ),
        'new/hello-1.0.0.tgz': hello,
        'package_files/7.tgz': next,
        'deep/er/hello-9.tgz': chartOf({ version: '9' }),
        'node-v20.tgz': chartWith({ 'package/package.json': '{}' }),
        'npm/hello/-/hello-1.0.0.tgz': 'not looked at',
      },
      'https://ours.example/',
    )
    const { findings, parts } = await bucket.reindex()
    expect(urls(bucket)).to.deep.equal([
      ...['oci://other.example/hello', '../outside.tgz', 'https://other.example/hello-1.3.0.tgz'],
      'new/hello-1.0.0.tgz',
    ])
    expect(text(bucket)).to.include('x: kept')
    expect(parts).to.deep.equal([{ name: 'index.yaml', before: 3, after: 1 }])
    expect(findings.map(({ key, what }) => `${key} ${what}`.slice(0, 60))).to.deep.equal([
      'r/gone-1.1.0.tgz is listed in the index (hello 1.1.0) but is not in the'.slice(0, 60),
      'r/gone-1.2.0.tgz is listed in the index (hello 1.2.0) but is not in the'.slice(0, 60),
      'r/deep/er/hello-9.tgz is in no index of its repository',
      'r/package_files/7.tgz is in no index of its repository',
      'r/index.yaml lists 2 of its charts elsewhere; they are not looked'.slice(0, 60),
    ])
  })

  it('do not take the charts of somebody else for gone because of a copy of one of them', async () => {
    const upstream = [1, 2, 3].map(
      (n) => `  - {name: hello, version: 1.${n}.0, urls: ["https://up.example/h-${n}.tgz"]}\n`,
    )
    const bucket = bucketOf({
      'index.yaml': indexOf(entry('https://up.example/hello-1.0.0.tgz', hello), ...upstream),
      'hello-1.0.0.tgz': hello,
    })
    const { parts } = await bucket.reindex()
    expect(urls(bucket)).to.have.length(4)
    expect(parts[0]).to.include({ before: 1, after: 1 })
  })

  it('date what was published again anew, and of two of one version list the one that was listed', async () => {
    const bucket = bucketOf({
      'index.yaml': indexOf(entry('b.tgz', hello, ', created: "2020-01-01T00:00:00Z"')),
      'b.tgz': hello,
      'a.tgz': chartOf({ home: 'https://example.org' }),
      'copy.tgz': hello,
    })
    const { findings } = await bucket.reindex()
    expect(text(bucket)).to.include('2020-01-01T00:00:00Z')
    expect(findings.map(({ key, what }) => `${key} ${what}`)).to.deep.equal([
      'r/a.tgz is hello 1.0.0 with other content than r/b.tgz; only the latter is indexed',
    ])
    bucket.objects.delete('r/a.tgz')
    bucket.objects.delete('r/copy.tgz')
    bucket.objects.set('r/b.tgz', chartOf({ home: 'https://example.org' }))
    await bucket.reindex()
    expect(text(bucket)).not.to.include('2020-01-01T00:00:00Z')
    expect(text(bucket)).to.include('home: https://example.org')
  })

  it('stay JSON where they are, and stay as they are where only their layout differs', async () => {
    const bucket = bucketOf({ 'index.yaml': JSON.stringify(load(empty)), 'hello-1.0.0.tgz': hello })
    await bucket.reindex()
    expect(JSON.parse(text(bucket))).to.have.nested.property('entries.hello[0].appVersion', '1.10')
    bucket.objects.set('r/index.yaml', Buffer.from(`# mine\n${text(bucket)}`))
    expect(bucket.missing(await bucket.plan())).to.deep.equal([])
  })

  it('are left alone if they are none of Helm, and refused where there are charts', async () => {
    for (const body of [
      'openapi: 3.1.0\n',
      'a: [',
      '',
      '- list\n',
      Buffer.from([0xff, 0xfe]),
      'apiVersion: v1\nentries: [a]\n',
    ]) {
      const bucket = bucketOf({ 'index.yaml': body, 'other.tgz': chartWith({ 'a/b': '' }) })
      expect((await bucket.reindex()).groups).to.deep.equal([])
      bucket.objects.set('r/hello-1.0.0.tgz', hello)
      const refused = await bucket.plan().catch((error: unknown) => error)
      expect(refused).to.be.instanceOf(RefusedRepository)
    }
  })

  it('are made where they are missing in a folder charts/ alone', () => {
    const { repositories, doubts } = helm.missing(['charts/', 'a/charts/', 'a/charts/b/charts/'], {
      ...{ indexes: [], roots: ['a/'], options: {} },
    })
    expect([...repositories.keys(), ...doubts.keys()]).to.deep.equal(['charts/'])
    expect(helm.foundsRepository('pkgs/a.tgz')).to.equal(false)
    const nested = helm.missing(['charts/', 'charts/b/charts/'], { indexes: [], roots: [], options: {} })
    expect([nested.repositories.size, nested.doubts.size]).to.deep.equal([0, 2])
  })

  it('take the dependencies of old charts from their own file', () => {
    const needs = 'dependencies:\n- name: db\n  version: 1.2.3\n  repository: https://example.org\n'
    expect(fieldsOf('name: old\nversion: 1.0.0\n', needs)).to.deep.equal({
      ...{ apiVersion: 'v1', name: 'old', version: '1.0.0' },
      dependencies: [{ name: 'db', version: '1.2.3', repository: 'https://example.org' }],
    })
    for (const field of [
      'name: a/b',
      'name: ""',
      'version: latest',
      'keywords: x',
      'maintainers: [x]',
      'type: other',
      'deprecated: 1',
    ]) {
      expect(() => fieldsOf(`${chartText()}${field}\n`), field).to.throw(BadPackageError)
    }
  })

  it('of many charts are made in one go', async () => {
    const many = Array.from(
      { length: 20_000 },
      (_, n) => `  - {name: hello, version: 2.${n}.0, urls: ["https://h${n}.example/h-${n}.tgz"]}\n`,
    )
    const bucket = bucketOf({ 'index.yaml': indexOf(...many), 'hello-1.0.0.tgz': hello })
    expect((await bucket.reindex()).packages).to.equal(20_001)
    expect(bucket.missing(await bucket.plan())).to.deep.equal([])
  }).timeout(20_000)
})
