/** What is in a package, as CycloneDX: what `npm sbom` knows of the packages that are bundled, and Node. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import type { NodeBinary } from './node-binary.ts'

const execute = promisify(execFile)
const root = join(import.meta.dirname, '../..')

interface Component {
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly [field: string]: unknown
}

interface Bom {
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
  readonly [field: string]: unknown
}

/**
 * Tells what dist/ and a Node are made of.
 *
 * @param time - Unix time in seconds
 * @returns the document, the same for the same sources
 */
export async function sbom(node: NodeBinary, time: number): Promise<string> {
  const { stdout } = await execute(
    'npm',
    ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'],
    { cwd: root, maxBuffer: 2 ** 26 },
  )
  const all = JSON.parse(stdout) as Bom
  const bundled = await bundledPackages()
  const components = all.components.filter(({ name, version }) => bundled.has(`${name} ${version}`)).map(inProduct)
  const runtime = componentOf(node)
  const product = { ...all.metadata.component, name: 'pc-ctl' }
  const refs = new Set(components.map((component) => component['bom-ref']))
  const dependencies = all.dependencies
    .filter(({ ref }) => ref === product['bom-ref'] || refs.has(ref))
    .map(({ ref, dependsOn }) => ({
      ref,
      dependsOn: [
        ...dependsOn.filter((one) => refs.has(one)),
        ...(ref === product['bom-ref'] ? [runtime['bom-ref']] : []),
      ],
    }))
  const document = {
    ...all,
    serialNumber: '',
    metadata: {
      timestamp: new Date(time * 1000).toISOString(),
      lifecycles: [{ phase: 'build' }],
      component: product,
    },
    components: [...components, runtime],
    dependencies: [...dependencies, { ref: runtime['bom-ref'], dependsOn: [] }],
  }
  return `${JSON.stringify({ ...document, serialNumber: serialOf(JSON.stringify(document)) }, undefined, 2)}\n`
}

/** Name and version of each package of which there is something in dist/. */
export async function bundledPackages(): Promise<Set<string>> {
  const text = await readFile(join(root, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8')
  return new Set(Array.from(text.matchAll(/^(\S+ \d\S*) \(.+\)$/gm), ([, title = '']) => title))
}

/** To npm all of it is for development, as nothing is installed beside the product. */
const inProduct = (component: Component): Component => ({ ...component, scope: 'required', properties: [] })

function componentOf({ name, version, integrity, binary }: NodeBinary): Component {
  const purl = `pkg:npm/${name}@${version}`
  return {
    'bom-ref': purl,
    type: 'application',
    name: 'node',
    version,
    scope: 'required',
    description: 'Node.js, the runtime, with all that is linked into it',
    purl,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:lts:*:*:*`,
    hashes: [{ alg: 'SHA-256', content: createHash('sha256').update(binary).digest('hex') }],
    licenses: [{ license: { id: 'MIT' } }],
    externalReferences: [
      {
        type: 'distribution',
        url: `https://registry.npmjs.org/${name}/-/${name}-${version}.tgz`,
        hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex') }],
      },
      { type: 'website', url: 'https://nodejs.org' },
    ],
  }
}

/** A UUID that the content decides, where `npm sbom` has a random one. */
function serialOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16)
  // Version 8, made in a way of one's own, of the usual variant (RFC 9562, 5.8).
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return `urn:uuid:${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')}`
}
