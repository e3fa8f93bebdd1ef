/**
 * Runs the tests on every other Node that is supported; the npm package `node` brings each of them. Left out are the long
 * rehearsals of faults, which look at what pc-ctl does and not at the Node under it.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const mocha = join(import.meta.dirname, '../node_modules/mocha/bin/mocha.js')
const rooms = '{aws,commands,edge,reindex,repositories,resources,sandbox,settings,tasks,ui}'
const tests = [`test/${rooms}/**/*.test.ts`, 'test/e2e/{happy-path,origin-access,package,s3cmd-walk}.test.ts']

for (const major of ['22', '26']) {
  console.log(`\nNode ${major}`)
  const { status } = spawnSync('npm', ['exec', '--yes', `--package=node@${major}`, '--', 'node', mocha, ...tests], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}
