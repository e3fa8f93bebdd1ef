/**
 * Whatever Node mocha is started with: one that can't read TypeScript hands over to the checkout's own, the npm package
 * `node`, so that one file is run the same by npx, by an editor and by hand. Old syntax only.
 */
const { spawnSync } = require('node:child_process')
const { existsSync } = require('node:fs')
const { delimiter, join } = require('node:path')

const [major, minor] = process.versions.node.split('.').map(Number)
const modules = join(__dirname, 'node_modules')
const carried = join(modules, 'node/bin/node')
if ((major < 22 || (major === 22 && minor < 20)) && process.execPath !== carried) {
  if (!existsSync(carried)) {
    process.stderr.write(
      `The tests need Node 22.20 or newer; this is ${process.version}. Type \`npm ci\`, which brings one.\n`,
    )
    process.exit(1)
  }
  // What tests start finds the same Node, as under npm.
  const PATH = [join(modules, '.bin'), process.env.PATH].join(delimiter)
  const { status } = spawnSync(carried, process.argv.slice(1), { stdio: 'inherit', env: { ...process.env, PATH } })
  process.exit(status === null ? 1 : status)
}

module.exports = {
  require: [join(__dirname, 'test/setup.ts')],
  timeout: 120000,
  forbidOnly: true,
  exit: true,
  reporter: join(__dirname, 'test/reporter.ts'),
}
