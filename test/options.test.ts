import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type Command, Parser } from '@oclif/core'
import { expect } from 'chai'
import { generateKey } from 'openpgp'

import { keysOf, type OptionName, options, variables } from '../src/options.ts'
import { loadSettings } from '../src/settings/settings.ts'
import { openSigningKeys } from '../src/tasks/reindex/signing-keys.ts'

const root = join(import.meta.dirname, '..')
const optionNames = Object.keys(options) as OptionName[]
const keys = Object.values(keysOf).flat()

/** A hand-written text, and what it is called. */
async function documents(): Promise<readonly (readonly [string, string])[]> {
  const folders = ['docs', 'docs/adr', 'templates'].map(async (folder) =>
    (await readdir(join(root, folder))).filter((name) => /\.(md|ejs)$/.test(name)).map((name) => `${folder}/${name}`),
  )
  const names = ['README.md', ...(await Promise.all(folders)).flat()]
  return Promise.all(names.map(async (name) => [name, await readFile(join(root, name), 'utf8')] as const))
}

async function commands(): Promise<[string, Pick<typeof Command, 'flags'>][]> {
  const names = (await readdir(join(root, 'src/commands'))).map((name) => name.replace(/\.ts$/, ''))
  return Promise.all(
    names.map(async (name): Promise<[string, Pick<typeof Command, 'flags'>]> => {
      const { default: Class } = (await import(`../src/commands/${name}.ts`)) as { default: Partial<typeof Command> }
      return [name, { flags: Class.flags ?? {} }]
    }),
  )
}

describe('Options', () => {
  it('have the same variable wherever there is the flag, and no flag a variable that is not in the table', async () => {
    for (const [command, { flags }] of await commands()) {
      for (const [name, { env }] of Object.entries(flags)) {
        const known = optionNames.find((each) => each === name)
        const wanted = command === 'sandbox' && name !== 'config' ? undefined : known && options[known].variable
        // By --bucket and --region the sandbox is told what to make.
        if (env !== undefined || wanted !== undefined) expect(env, `${command} --${name}`).to.equal(wanted)
      }
    }
  })

  for (const name of optionNames) {
    it(`--${name} is taken from ${options[name].variable}`, async () => {
      const having = (await commands()).find(([command, { flags }]) => command !== 'sandbox' && name in flags)
      const definition = having?.[1].flags[name]
      if (definition === undefined) throw new Error(`No command has --${name}.`)
      process.env[options[name].variable] = 'given-by-the-variable'
      try {
        const { flags } = await Parser.parse([], { flags: { [name]: definition } })
        expect([flags[name]].flat()).to.deep.equal(['given-by-the-variable'])
        const { flags: both } = await Parser.parse([`--${name}`, 'said'], { flags: { [name]: definition } })
        expect([both[name]].flat()).to.deep.equal(['said'])
      } finally {
        Reflect.deleteProperty(process.env, options[name].variable)
      }
    })
  }

  it('with a default have it in the settings, where that is said', async () => {
    const config = options.config.default
    const { installation } = await loadSettings({ config, installation: options.installation.default }, {})
    expect(installation).to.deep.equal({ value: 'packagecloud', source: { kind: 'default' } })
  })

  it(`open signing keys with the passphrase in ${variables.passphrase}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-options-'))
    try {
      const passphrase = 'open sesame'
      const { privateKey } = await generateKey({
        userIDs: [{ name: 'a' }],
        type: 'ecc',
        curve: 'ed25519Legacy',
        passphrase,
      })
      const file = join(folder, 'key.asc')
      await writeFile(file, privateKey)
      const opened = await openSigningKeys([{ prefix: '', file }], [], { [variables.passphrase]: passphrase })
      expect(opened.of('apt/')?.keys).to.have.length(1)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('are documented by the variables that there are, and all of them', async () => {
    const documented = (await documents()).map(([, text]) => text.match(/\bPC_CTL_[A-Z_]*[A-Z]/g) ?? []).flat()
    const there = [...optionNames.map((name) => options[name].variable), ...Object.values(variables)]
    expect([...new Set(documented)].sort()).to.deep.equal(there.sort())
  })

  it('of packagecloud.rb are documented, and written in templates, by keys that there are', async () => {
    for (const [name, text] of await documents()) {
      for (const [, key] of text.matchAll(/packagecloud_rails\[:?['"]?(\w+)['"]?\]/g))
        expect(keys, name).to.include(key)
    }
    const readme = await readFile(join(root, 'README.md'), 'utf8')
    const table = readme.slice(readme.indexOf('\n## Settings'))
    for (const setting of ['bucket', 'region', 'accessKey', 'secretKey', 'cloudfrontSecret'] as const) {
      for (const key of keysOf[setting]) expect(table).to.include(`\`${key}\``)
    }
    for (const name of ['config', 'bucket', 'region', 'profile', 'installation'] as const) {
      expect(table).to.match(new RegExp(`\`--${name}\` +\\| \`${options[name].variable}\``))
    }
  })
})
