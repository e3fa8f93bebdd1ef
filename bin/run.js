#!/usr/bin/env node
// Parsed by whatever Node the machine has, so: old syntax only, and nothing imported before the version is known.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [major, minor] = process.versions.node.split('.').map(Number)
const here = dirname(fileURLToPath(import.meta.url))

if (major > 22 || (major === 22 && minor >= 20)) {
  await import('../dist/main.js')
} else {
  const carried = findCarriedNode()
  if (carried === undefined || process.env.PC_CTL_HANDED_OVER === '1') {
    process.stderr.write(`pc-ctl needs Node 22.20 or newer; this is ${process.version} (${process.execPath}).\n`)
    process.exit(1)
  }
  const child = spawnSync(carried, [join(here, 'run.js'), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, PC_CTL_HANDED_OVER: '1' },
  })
  process.exit(child.status === null ? 1 : child.status)
}

/** The npm package `node`, a development dependency of a checkout, brings a Node of its own. */
function findCarriedNode() {
  try {
    const carried = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node')
    return existsSync(carried) ? carried : undefined
  } catch {
    return undefined
  }
}
