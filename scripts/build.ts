/**
 * Builds dist/: every command and the code they share, bundled with their dependencies into ES modules that load only
 * what the command in hand needs, plus oclif's manifest, so that start-up reads one JSON file and one command.
 */
import { copyFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { Plugin } from '@oclif/core'
import { build } from 'esbuild'

import { buildEdge } from './build-edge.ts'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

await rm(dist, { recursive: true, force: true })
await rm(join(root, 'oclif.manifest.json'), { force: true })
const commands = (await readdir(join(root, 'src/commands'))).filter((file) => file.endsWith('.ts'))

await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts', 'src/run.ts', ...commands.map((file) => `src/commands/${file}`)],
  outdir: dist,
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
  logLevel: 'warning',
})

await buildEdge(join(dist, 'edge/index.mjs'))
await copyFile(join(root, 'node_modules/@ruby/prism/src/prism.wasm'), join(dist, 'prism.wasm'))

const plugin = new Plugin({ root, ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true })
await plugin.load()
await writeFile(join(root, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest, undefined, 2)}\n`)
