import { expect } from 'chai'
import fc from 'fast-check'

import type { Aws } from '../../../src/aws/connect.ts'
import { namesOf } from '../../../src/aws/names.ts'
import { storedSecrets, type StoredSecretsWant } from '../../../src/resources/function/stored-secrets.ts'
import { fingerprint } from '../../../src/resources/lambda/edge-secrets.ts'

/** Deciding asks nobody. */
const resource = storedSecrets({} as Aws)
const storeArn = 'arn:aws:cloudfront::111122223333:key-value-store/1'
const [a, b, c] = ['a', 'b', 'c'].map((letter) => Buffer.from(letter.repeat(32)).toString('base64')) as [
  string,
  string,
  string,
]

const decide = (secrets: string[], live: readonly string[] | undefined, more: Partial<StoredSecretsWant> = {}) =>
  resource.decide(
    { names: namesOf('packagecloud'), accountId: '111122223333', storeArn, secrets, ...more },
    live === undefined ? undefined : { storeArn, etag: 'KV1', fingerprints: live.map(fingerprint), isExact: true },
  )
const after = (...input: Parameters<typeof decide>) => {
  const decision = decide(...input)
  return [decision.do, ...decision.after.fingerprints.map((one) => [a, b, c].find((text) => fingerprint(text) === one))]
}

describe('the secrets in a key value store, which are live at once', () => {
  it('are written where there are none, and a plan says that it has its effect at once', () => {
    expect(after([a], undefined)).to.deep.equal(['create', a])
    expect(decide([a], undefined).note).to.match(/live at once/)
    expect(decide([b, a], [a]).note).to.match(/live at once/)
    expect(decide([a], [a]).note).to.equal(undefined)
  })

  it('keep the old one until a rotation says that it may go', () => {
    expect(after([b, a], [a])).to.deep.equal(['update', b, a])
    expect(after([b], [b, a])).to.deep.equal(['keep', b, a])
    expect(after([b], [b, a], { mayDrop: [a, b].map(fingerprint) })).to.deep.equal(['update', b])
  })

  it('are refused where packagecloud.rb lacks the one in use, or there is a third', () => {
    expect(decide([b], [a])).to.include({ do: 'refuse', ours: true })
    expect(decide([a], [b, a])).to.include({ do: 'refuse', ours: true })
    expect(decide([c, b], [b, a])).to.include({ do: 'refuse', ours: true })
    expect(after([c, b], [b, a], { replaceSecret: true })).to.deep.equal(['update', c, b])
    expect(after([b], [a], { replaceSecret: true })).to.deep.equal(['update', b])
  })

  it('are refused where a rotation finds one that it does not know', () => {
    const { do: verb, because } = decide([b, a], [c], { mayDrop: [a, b].map(fingerprint) })
    expect(verb).to.equal('refuse')
    expect(because.join()).to.include('does not hold')
  })

  it('go by what the other engine accepts, while that one is in use', () => {
    const inUse = (...secrets: string[]) => ({ inUse: secrets.map(fingerprint) })
    expect(decide([b], undefined, inUse(a))).to.include({ do: 'refuse' })
    expect(decide([b], undefined, inUse(b, a))).to.include({ do: 'refuse' })
    expect(after([b, a], undefined, inUse(a))).to.deep.equal(['create', b, a])
    // What was left here of another time is in nobody's way.
    expect(after([b], [a], inUse(b))).to.deep.equal(['update', b])
  })

  it('never drop one that is accepted, unless somebody has said so', () => {
    const some = fc.uniqueArray(fc.constantFrom(a, b, c), { minLength: 1, maxLength: 2 })
    fc.assert(
      fc.property(some, some, fc.option(some, { nil: undefined }), (secrets, live, drop) => {
        const mayDrop = drop?.map(fingerprint)
        const decision = decide(secrets, live, { mayDrop })
        if (decision.do === 'refuse') return
        const known = [...decision.after.fingerprints, ...(mayDrop ?? [])]
        expect(known).to.include.members(live.map(fingerprint))
        expect(decision.after.fingerprints.slice(0, secrets.length)).to.deep.equal(secrets.map(fingerprint))
        expect(decision.after.fingerprints.length).to.be.lessThan(3)
      }),
    )
  })

  it('are in nothing that is told', () => {
    const told = JSON.stringify([decide([b, a], [a]), decide([b], [a]), decide([c, b], [b, a])])
    for (const secret of [a, b, c]) expect(told).not.to.include(secret)
  })
})
