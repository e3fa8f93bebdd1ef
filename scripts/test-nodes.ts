/** Runs the tests on every other Node that is supported; the npm package `node` brings each of them. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const mocha = join(import.meta.dirname, '../node_modules/mocha/bin/mocha.js')

for (const major of ['22', '26']) {
  console.log(`\nNode ${major}`)
  const { status } = spawnSync(
    'npm',
    ['exec', '--yes', `--package=node@${major}`, '--', 'node', mocha, 'test/**/*.test.ts'],
    {
      stdio: 'inherit',
    },
  )
  if (status !== 0) process.exit(status ?? 1)
}
