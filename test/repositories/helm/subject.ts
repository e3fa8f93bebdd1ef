import { createHash } from 'node:crypto'

import { load } from 'js-yaml'

import { helm } from '../../../src/repositories/helm/helm.ts'
import type { FormatSubject } from '../behaves-like-a-format.ts'
import type { Read } from '../format-bucket.ts'
import { chartOf } from './made-charts.ts'

const root = 'charts/'
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** An index as another tool writes it, with charts of somebody else's, and one whose URL is the whole one. */
export async function helmSubject(): Promise<FormatSubject> {
  const [old, next, other] = [chartOf(), chartOf({ version: '1.2.0' }), chartOf({ name: 'zeta', version: '0.1' })]
  const index = `# kept by hand
generated: 2024-01-02T03:04:05Z
apiVersion: v1
serverInfo:
  contextPath: /charts
  number: 1.10
entries:
  hello:
  - name: hello
    version: 1.0.0
    digest: ${sha256(old)}
    created: "2020-01-02T03:04:05.678901234Z"
    urls: [hello-1.0.0.tgz]
    x-team: ops
  - {name: hello, version: 1.2.0, digest: "sha256:${sha256(next)}", urls: ["./hello-1.2.0.tgz"], removed: false}
  upstream:
  - name: upstream
    version: "9.9"
    urls:
    - https://charts.example.org/upstream-9.9.tgz
  zeta:
  - name: zeta
    version: "0.1"
    digest: ${sha256(other)}
    urls: [https://packages.example.com/charts/more/zeta-0.1.tgz, https://mirror.example.org/zeta-0.1.tgz]
`
  return {
    format: helm,
    root,
    objects: new Map<string, Uint8Array>([
      [`${root}hello-1.0.0.tgz`, old],
      [`${root}hello-1.2.0.tgz`, next],
      [`${root}more/zeta-0.1.tgz`, other],
      [`${root}hello-1.0.0.tgz.prov`, Buffer.from('provenance')],
      [`${root}index.yaml`, Buffer.from(index)],
    ]),
    added: { key: `${root}hello-1.10.0.tgz`, body: chartOf({ version: '1.10.0' }), name: 'hello 1.10.0' },
    bad: { key: `${root}bad-1.0.tgz`, body: Buffer.from('no chart') },
    archived: `${root}hello-1.2.0.tgz`,
    client,
    carried: (read) => {
      const { serverInfo, entries } = indexIn(read, `${root}index.yaml`)
      const first = entries['hello']?.find(({ version }) => version === '1.0.0')
      return [serverInfo, first?.['created'], first?.['x-team'], entries['upstream'], entries['zeta']?.[0]?.urls]
    },
    options: { baseUrl: 'https://packages.example.com/' },
    bare: {
      root: 'bare/charts/',
      objects: new Map([['bare/charts/hello-1.0.0.tgz', old]]),
      names: ['hello 1.0.0'],
    },
  }
}

interface Entry {
  readonly [name: string]: unknown
  readonly name: string
  readonly version: string
  readonly urls: readonly string[]
  readonly digest?: string
}

interface Index {
  readonly serverInfo: unknown
  readonly entries: Readonly<Record<string, readonly Entry[]>>
}

const indexIn = (read: Read, key: string): Index => load(Buffer.from(read(key) ?? []).toString()) as Index

/** From the index to the charts; what lies on other hosts is not asked for. */
async function client(read: Read): Promise<{ names: string[]; complaints: string[] }> {
  const complaints: string[] = []
  const names: string[] = []
  const base = read('bare/charts/index.yaml') === undefined ? root : 'bare/charts/'
  for (const [chart, versions] of Object.entries(indexIn(read, `${base}index.yaml`).entries)) {
    for (const { name, version, urls, digest } of versions) {
      if (name !== chart) complaints.push(`${name} is listed as ${chart}`)
      const [url = ''] = urls
      const { href } = new URL(url, `https://packages.example.com/${base}`)
      if (!href.startsWith('https://packages.example.com/')) continue
      const body = read(href.slice('https://packages.example.com/'.length))
      if (body === undefined) continue
      names.push(`${name} ${version}`)
      if (digest?.replace('sha256:', '') !== sha256(body)) complaints.push(`${name} ${version} has another digest`)
    }
  }
  return { names, complaints }
}
