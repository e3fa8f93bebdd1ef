import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { expect } from 'chai'

import { commandGroups } from '../../src/ui/command-groups.ts'
import { runCli } from '../support/run-cli.ts'

describe('help', () => {
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
      .and.not.include('Its commands are')
    expect(await wrong('xyz')).to.include('Its commands are audit-cache-control')
    expect(await wrong('help', 'statsu')).to.include('Did you mean `status`?')
    expect(await wrong('status', '--jsno')).to.include('Did you mean `--json`?')
    expect(await wrong('cfinfo', '--format', 'tabel')).to.include('Did you mean `table`?')
    expect(await wrong('permissions', 'bootstrp')).to.include('Did you mean `bootstrap`?')
  })
})
