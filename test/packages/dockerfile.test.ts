/** The Dockerfile, as far as it can be looked at without docker; packages.long.test.ts runs what it runs. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect } from 'chai'
import { validate } from 'dockerfile-utils'

import { instructionsOf } from './dockerfile.ts'

const text = readFileSync(join(import.meta.dirname, '../../Dockerfile'), 'utf8')

describe('the Dockerfile', () => {
  it('is one that docker builds', () => {
    expect(validate(text).map(({ message }) => message)).to.deep.equal([])
    expect(validate(text.replace('WORKDIR', 'WORKDIRECTORY')).map(({ message }) => message)).to.deep.equal([
      'Unknown instruction: WORKDIRECTORY',
    ])
  })

  it('makes an image of a named release, without what builds it, whose user is not root', () => {
    const named = (keyword: string) => instructionsOf(text).filter((one) => one.keyword === keyword)
    expect(named('FROM').map(({ argument }) => argument)).to.deep.equal(['debian:13-slim'])
    expect(instructionsOf(text).filter(({ keyword }) => ['ADD', 'COPY'].includes(keyword))).to.deep.equal([])
    const [run, ...more] = named('RUN')
    expect(more).to.deep.equal([])
    expect(run?.argument)
      .to.match(/apt-get install --yes --no-install-recommends /)
      .and.to.match(/rm -rf \/var\/lib\/apt\/lists\/\*/)
    expect(named('USER').at(-1)?.argument).to.match(/^[1-9]\d*:[1-9]\d*$/)
    expect(JSON.parse(named('ENTRYPOINT')[0]?.argument ?? '')).to.deep.equal(['pc-ctl'])
  })

  it('is given nothing but packages', () => {
    const ignored = readFileSync(join(import.meta.dirname, '../../.dockerignore'), 'utf8')
    expect(ignored).to.equal('*\n!build/packages/*.deb\n')
  })
})
