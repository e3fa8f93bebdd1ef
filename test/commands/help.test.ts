import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { Config } from '@oclif/core'
import { expect } from 'chai'

import { commandGroups } from '../../src/ui/command-groups.ts'
import { assertDocument, resultOf } from '../support/json-document.ts'
import { runCli } from '../support/run-cli.ts'

describe('help', function () {
  this.timeout(120_000)

  it('has every command in one group', () => {
    const commands = readdirSync(join(import.meta.dirname, '../../src/commands')).map((name) => name.replace('.ts', ''))
    expect(Object.values(commandGroups).flat()).to.have.members(commands)
  })

  it('is asked for in all the ways that other programs have', async () => {
    const { stdout } = await runCli(['--help'])
    expect(stdout)
      .to.match(/^THE RUNBOOK\n {2}enable-cloudfront/m)
      .and.match(/^ {2}cfremove, cfdelete /m)
    for (const words of [[], ['help'], ['-h'], ['help', '--help']])
      expect((await runCli(words)).stdout).to.equal(stdout)
    const ofStatus = await runCli(['status', '--help'])
    expect(ofStatus.stdout)
      .to.match(/^Show all resources.*\n\nUSAGE/)
      .and.include('EXAMPLES')
    for (const words of [
      ['help', 'status'],
      ['status', '-h'],
    ]) {
      expect(await runCli(words)).to.deep.equal(ofStatus)
    }
    expect((await runCli(['version'])).stdout).to.equal((await runCli(['--version'])).stdout)
  })

  it('is offered to who mistypes', async () => {
    const wrong = async (...words: string[]): Promise<string> => {
      const { code, stderr } = await runCli(words)
      expect(code).to.equal(2)
      return stderr
    }
    expect(await wrong('statsu'))
      .to.include('Did you mean `status`?')
      .and.not.include('audit-cache-control')
    expect(await wrong('xyz')).to.equal('Error: pc-ctl has no command "xyz".\n  All commands:\n    pc-ctl help\n')
    expect(await wrong('--json', 'status', '--token', 'not to be seen')).to.equal('')
    expect(await wrong('--verbose', 'status', '--token', 'not to be seen'))
      .to.include('pc-ctl status --verbose\n')
      .and.not.include('seen')
    expect(await wrong('help', 'statsu')).to.include('Did you mean `status`?')
    expect(await wrong('status', '--jsno')).to.include('Did you mean `--json`?')
    expect(await wrong('cfinfo', '--format', 'tabel')).to.include('Did you mean `table`?')
    expect(await wrong('permissions', 'bootstrp')).to.include('Did you mean `bootstrap`?')
  })

  it('names the value of every flag that takes one', async () => {
    const { commands } = await Config.load(join(import.meta.dirname, '../..'))
    const nameless = commands.flatMap(({ id, flags }) =>
      Object.values(flags).flatMap((flag) =>
        flag.type === 'option' && flag.helpValue === undefined && flag.options === undefined
          ? `${id} ${flag.name}`
          : [],
      ),
    )
    expect(nameless).to.deep.equal([])
    for (const { id } of commands) {
      const { stdout } = await runCli([id, '--help'])
      expect(stdout, id).to.not.match(/<value>|<option|Format output/)
    }
  })

  it('breaks lines of a description where the screen ends, and tells the summary once', async () => {
    const { stdout } = await runCli(['reindex-everything', '--help'])
    const [, description = ''] = /^DESCRIPTION\n(.*?)\n\n/ms.exec(stdout) ?? []
    const lines = description.split('\n')
    for (const [index, line] of lines.slice(0, -1).entries()) {
      const [next = ''] = (lines[index + 1] ?? '').trim().split(' ')
      expect(`${line} ${next}`.length, line).to.be.greaterThan(80)
    }
    expect(stdout.split('Make the indexes of all repositories anew')).to.have.lengthOf(2)
  })

  it('keeps what a description has indented', async () => {
    expect((await runCli(['sandbox', '--help'])).stdout).to.match(
      /^ {2}Faults make chosen calls fail:\n {4}SERVICE:OPERATION.*\n {4}CALLS {2}2 .*\n {4}WHAT {3}an AWS .*\n {4}\S/m,
    )
  })

  it('is one document with --json, as is the version', async () => {
    const { commands: named } = await Config.load(join(import.meta.dirname, '../..'))
    // For oclif an alias is a command too.
    const commands = named.filter(({ id, aliases }) => !aliases.includes(id))
    const said = async (...words: string[]): Promise<unknown> => {
      const { code, stdout, stderr } = await runCli(words)
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
      return resultOf(stdout)
    }
    const all = (await said('help', '--json')) as { groups: { commands: { name: string }[] }[] }
    expect(all.groups.flatMap((group) => group.commands.map(({ name }) => name))).to.have.members(
      commands.map(({ id }) => id),
    )
    for (const words of [
      ['--help', '--json'],
      ['--json', '--help'],
      ['-h', '--json'],
    ])
      expect(await said(...words)).to.deep.equal(all)
    for (const { id } of commands) expect(await said('help', id, '--json')).to.have.property('name', id)
    const ofExport = await said('export', '--json', '-h')
    expect(ofExport).to.deep.equal(await said('help', '--json', 'export'))
    expect(ofExport).to.have.property('usage', 'export --format FORMAT [FLAGS]')
    expect(await said('help', 'cfdelete', '--json')).to.have.property('name', 'cfremove')
    const version = await said('version', '--json')
    expect(version).to.include({ node: process.version, platform: process.platform })
    expect(await said('--version', '--json')).to.deep.equal(version)
    const { code, stdout } = await runCli(['help', 'statsu', '--json'])
    expect(code).to.equal(2)
    expect(assertDocument(stdout)).to.have.nested.property('error.hint[0]', 'Did you mean `status`?')
  })
})
