/** What the sandbox says of itself is what it does: every operation that a service performs is named, and no other. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { type Sandbox, startSandbox } from '../../src/sandbox/host/sandbox.ts'

/** Service → the operations in the first column of its table. */
function toldIn(text: string): Map<string, string[]> {
  const sections = text.split(/^## /m).slice(1)
  return new Map(
    sections.map((section) => {
      const rows = section.matchAll(/^\|([^|]*)\|/gm)
      const names = [...rows].flatMap(([, first = '']) =>
        Array.from(first.matchAll(/`(\w+)`/g), ([, name = '']) => name),
      )
      return [section.slice(0, section.indexOf('\n')), names]
    }),
  )
}

describe("the sandbox's README", () => {
  let sandbox: Sandbox
  before(async () => {
    sandbox = await startSandbox()
  })
  after(() => sandbox.close())

  it('has a table of each service, with the operations that it performs', async () => {
    const told = toldIn(await readFile(join(import.meta.dirname, '../../src/sandbox/README.md'), 'utf8'))
    const services = sandbox.services.all
    expect([...told.keys()]).to.have.members(services.map(({ names: [name] }) => name))
    for (const {
      names: [name = ''],
      operations,
    } of services) {
      expect(told.get(name), name).to.have.members(operations)
    }
  })
})
