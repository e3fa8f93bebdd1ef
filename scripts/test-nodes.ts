/**
 * Runs the tests that depend on the Node beneath on every other Node that is supported; the npm package `node` brings each
 * of them. What only looks at what pc-ctl does to AWS is left to the one run on the carried Node.
 */
import { globSync } from 'node:fs'
import { join } from 'node:path'

import { share } from '../test/support/share.ts'
import { heard } from './heard.ts'

const mocha = join(import.meta.dirname, '../node_modules/mocha/bin/mocha.js')
const commands = ['reindex-everything', 'reindex-indexes', 'sandbox', 'show-config', 'sign-url']
const tests = [
  'test/zip-archive.test.ts',
  'test/sandbox/lambda/*.test.ts',
  'test/sandbox/host/private-state.test.ts',
  'test/{aws,edge,reindex,repositories,settings,ui}/**/*.test.ts',
  ...commands.map((name) => `test/commands/${name}.test.ts`),
  'test/e2e/happy-path.test.ts',
  ...['behind-proxy', 'outside-behind-proxy', 'package'].map((name) => `test/e2e/${name}.long.test.ts`),
]

/**
 * What other programs make of our bytes, which are the same with every Node: a test that writes them holds them to that. And
 * whether both engines of a re-index do the same.
 */
const ignored = [
  ...['edge', 'reindex', 'repositories', 'settings'].map((room) => `test/${room}/**/*.long.test.ts`),
  'test/repositories/*/real-*.test.ts',
]

const files = globSync(tests, { cwd: join(import.meta.dirname, '..'), exclude: ignored }).sort()

/** Side by side, with half of the processors each: one is had from the registry, or is at its last test, while the other works. */
const ended = await Promise.all(['22', '26'].map(testOn))
if (ended.some((code) => code !== 0)) process.exitCode = 1

async function testOn(major: string, which: number): Promise<number | null> {
  const words = ['exec', '--yes', `--package=node@${major}`, '--', 'node', mocha, '--parallel', '--jobs', '2']
  const { said, code } = await heard(...words, ...share(files, which))
  console.log(`\nNode ${major}\n${said}`)
  return code
}
