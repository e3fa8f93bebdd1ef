// Where Node is too old. Parsed by it, so: old syntax only.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const carried = findCarriedNode()
if (carried === undefined || process.env.PC_CTL_HANDED_OVER === '1') {
  process.stderr.write(`pc-ctl needs Node 22.20 or newer; this is ${process.version} (${process.execPath}).\n`)
  process.exit(1)
}
handOver(carried)

/** The npm package `node`, a development dependency of a checkout, brings a Node of its own. */
function findCarriedNode() {
  try {
    const carried = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node')
    return existsSync(carried) ? carried : undefined
  } catch {
    return undefined
  }
}

/** Runs the same command on another Node, as if it had been started so: same streams, signals and exit code. */
function handOver(node) {
  const run = fileURLToPath(new URL('run.js', import.meta.url))
  const child = spawn(node, [run, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, PC_CTL_HANDED_OVER: '1' },
  })
  // A terminal's Ctrl-C reaches the child by itself; here it only must not end this process before it.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT')
  })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`pc-ctl could not be started with ${node}: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]))
}
