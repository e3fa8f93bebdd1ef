import { expect } from 'chai'

import { chooseObjects } from '../../../src/reindex/selection.ts'
import { CtlError } from '../../../src/errors.ts'

const mapping = {
  file: 'map.json',
  text: JSON.stringify([{ match: 'mirror/**.bin', class: 'package', format: 'firmware' }]),
}

describe('the choice of objects', () => {
  it('knows the formats that keys tell, and those of the mapping', () => {
    expect(chooseObjects({ only: ['apt', 'firmware'], mapping }).only).to.deep.equal(['apt', 'firmware'])
  })

  it('refuses a format that nothing has, and tells which there are', () => {
    let thrown: unknown
    try {
      chooseObjects({ only: ['apt', 'deb'] })
    } catch (error) {
      thrown = error
    }
    if (!(thrown instanceof CtlError)) throw new Error('nothing was refused')
    expect(thrown).to.include({ failure: 'usage', message: 'There is no format "deb" to take --only.' })
    expect(thrown.hint.join(' ')).to.contain('apt, yum, gem')
  })
})
