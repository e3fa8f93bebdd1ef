/**
 * Builds dist/: every command and the code they share, bundled with their dependencies into ES modules that load only
 * what the command in hand needs, plus oclif's manifest, so that start-up reads one JSON file and one command.
 *
 * It is built beside the present one and then takes its place, so that a command started meanwhile finds either whole.
 */
import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { Plugin } from '@oclif/core'
import { build, type Metafile } from 'esbuild'

import { buildEdge } from './build-edge.ts'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')
const next = await mkdtemp(`${dist}.`)

const commands = (await readdir(join(root, 'src/commands'))).filter((file) => file.endsWith('.ts'))

try {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [
      'src/main.ts',
      'src/run.ts',
      'src/reindex/read-worker.ts',
      ...commands.map((file) => `src/commands/${file}`),
    ],
    outdir: next,
    outbase: 'src',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    minifySyntax: true,
    minifyWhitespace: true,
    chunkNames: 'chunks/[name]-[hash]',
    // CommonJS inside the bundle asks for node:* through require().
    banner: { js: "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);" },
    // oclif asks for TypeScript only while developing plugins.
    external: ['typescript'],
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  await buildEdge(join(next, 'edge/index.mjs'))
  await copyFile(join(root, 'node_modules/@ruby/prism/src/prism.wasm'), join(next, 'prism.wasm'))
  await writeFile(join(next, 'THIRD-PARTY-LICENSES.txt'), await licences(metafile))
  await takePlace()
} finally {
  await rm(next, { recursive: true, force: true })
}

const plugin = new Plugin({ root, ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true })
await plugin.load()
await writeFile(join(root, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest, undefined, 2)}\n`)

async function takePlace(): Promise<void> {
  const old = `${next}.old`
  if (existsSync(dist)) await rename(dist, old)
  await rename(next, dist)
  await rm(old, { recursive: true, force: true })
}

/** The licences of all that is bundled, which must travel with it. */
async function licences({ inputs }: Metafile): Promise<string> {
  const folders = Object.keys(inputs).flatMap((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? [])
  const texts = [...new Set(folders)].sort().map(async (folder) => {
    const manifest = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')) as Record<string, unknown>
    const file = (await readdir(join(root, folder))).find((name) => /^(licen[cs]e|copying)/i.test(name))
    const text = file === undefined ? '' : await readFile(join(root, folder, file), 'utf8')
    return `${String(manifest['name'])} ${String(manifest['version'])} (${String(manifest['license'])})\n\n${text.trim()}`
  })
  return `${(await Promise.all(texts)).join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}
