/**
 * What `npm test` looks at before the tests: lint, format, types and the build, two at a time. ESLint alone takes as long as
 * all others together, and each of them one processor.
 *
 *     node scripts/check.ts
 */
import { heard } from './heard.ts'

const lanes = [['lint:code'], ['typecheck', 'build', 'lint:rest']] as const

/** Runs an npm script; what it says is shown when it is over. */
async function run(script: string): Promise<boolean> {
  const { said, code } = await heard('run', '--silent', script)
  process.stdout.write(code === 0 ? said : `npm run ${script}: exit code ${String(code)}\n${said}`)
  return code === 0
}

const ended = await Promise.all(
  lanes.map(async (scripts) => {
    for (const script of scripts) if (!(await run(script))) return false
    return true
  }),
)
if (ended.includes(false)) process.exitCode = 1
