import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from 'chai'

import { ask } from '../../src/ui/ask.ts'
import { CtlError } from '../../src/errors.ts'

const terminal = () => {
  const output = new PassThrough()
  const chunks: string[] = []
  output.on('data', (chunk) => chunks.push(String(chunk)))
  return { input: Object.assign(new PassThrough(), { isTTY: true }), output, said: () => chunks.join('') }
}
const never = new AbortController().signal

describe('ask', () => {
  it('takes y and yes, in any case, for yes', async () => {
    for (const answer of ['y', 'Y', 'yes', ' YES ']) {
      const { input, output } = terminal()
      const asked = ask(['Take over?'], never, { input, output })
      input.write(`${answer}\n`)
      expect(await asked, answer).to.equal(true)
    }
  })

  it('takes everything else for no, above all nothing', async () => {
    for (const answer of ['', 'n', 'no', 'yesterday', 'ja']) {
      const { input, output } = terminal()
      const asked = ask(['Take over?'], never, { input, output })
      input.write(`${answer}\n`)
      expect(await asked, answer).to.equal(false)
    }
  })

  it('asks one question after the other, and none after a no', async () => {
    const { input, output, said } = terminal()
    const asked = ask(['One?', 'Two?', 'Three?'], never, { input, output })
    input.write('y\n')
    await sleep(10)
    input.write('n\n')
    expect(await asked).to.equal(false)
    expect(said()).to.equal('One? [y/N] Two? [y/N] ')
  })

  it('takes the end of the input for no, instead of waiting for ever', async () => {
    const { input, output } = terminal()
    const asked = ask(['Take over?'], never, { input, output })
    input.end()
    expect(await asked).to.equal(false)
  })

  it('ends as interrupted when the operator interrupts', async () => {
    const controller = new AbortController()
    const asked = ask(['Take over?'], controller.signal, terminal()).catch((error: unknown) => error)
    setTimeout(() => controller.abort(), 10)
    expect(await asked)
      .to.be.instanceOf(CtlError)
      .and.to.include({ failure: 'interrupted', exitCode: 130 })
  })

  it('does not ask where nobody can answer, and says what to type', async () => {
    const { output, said } = terminal()
    const error: unknown = await ask(['Take over?'], never, { input: new PassThrough(), output }).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).to.be.instanceOf(CtlError).and.to.include({ failure: 'usage' })
    expect(error).to.have.property('message').that.includes('Take over?')
    expect(error).to.have.property('hint').that.deep.equals(['Run it with --yes if the answer is yes.'])
    expect(said()).to.equal('')
  })
})
