import { expect } from 'chai'

import { namesOf, ownerOf, tagKey } from '../../src/aws/names.ts'

/** Every installation name of up to six characters over a small alphabet: enough to meet each way words can collide. */
function installations(): string[] {
  let all = ['']
  for (let length = 0; length < 6; length++) {
    all = [...new Set(all.flatMap((text) => [text, ...['a', 'b', '0', '-'].map((next) => `${text}${next}`)]))]
  }
  return all.filter((name) => /^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(name))
}

describe('names', () => {
  it('says what an installation’s resources are called', () => {
    const names = namesOf('packagecloud')
    expect({ ...names, callerReference: names.callerReference('acme-packages') }).to.deep.equal({
      installation: 'packagecloud',
      rolePath: '/packagecloud/enterprise/',
      roleName: 'packagecloud_cloudfront_auth',
      rolePolicyName: 'packagecloud_cloudfront_auth',
      keyAlias: 'alias/packagecloud_cloudfront_auth',
      functionName: 'packagecloud_cloudfront_auth',
      originAccess: 'packagecloud:enterprise packagecloud',
      policy: 'packagecloud-enterprise-packagecloud',
      mark: 'packagecloud:enterprise packagecloud',
      sidPrefix: 'PackagecloudEnterprisePackagecloud',
      tag: { Key: 'packagecloud:enterprise', Value: 'packagecloud' },
      callerReference: 'packagecloud:enterprise:packagecloud:acme-packages',
    })
  })

  it('keeps distinct installations distinct in every form', () => {
    const all = installations()
    expect(all.length).to.be.greaterThan(900)
    const forms = all.map((installation) => {
      const names = namesOf(installation)
      return { ...names, callerReference: names.callerReference('bucket'), tag: names.tag.Value, rolePath: '' }
    })
    const [first] = forms
    for (const form of Object.keys(first ?? {}) as (keyof NonNullable<typeof first>)[]) {
      if (form === 'rolePath') continue
      expect(new Set(forms.map((names) => names[form])).size, form).to.equal(all.length)
    }
  })

  it('keeps caller references of different buckets distinct', () => {
    const names = namesOf('packagecloud')
    expect(names.callerReference('one')).to.not.equal(names.callerReference('two'))
    expect(namesOf('a').callerReference('b')).to.not.equal(namesOf('a-b').callerReference(''))
  })

  it('stays within AWS’s limits for installation names of up to 40 characters', () => {
    const names = namesOf('a'.repeat(40))
    // From the API references of IAM, Lambda, KMS and CloudFront.
    const limits: [string, number][] = [
      [names.roleName, 64],
      [names.rolePolicyName, 128],
      [names.functionName, 64],
      [names.keyAlias, 256],
      [names.originAccess, 64],
      [names.policy, 128],
      [names.mark, 128],
      [names.callerReference('b'.repeat(63)), 128],
    ]
    for (const [name, most] of limits) expect(name.length, name).to.be.at.most(most)
  })

  it('makes Sids of letters and digits only, as S3 wants them', () => {
    for (const installation of ['a-b2-c', 'packagecloud']) {
      expect(namesOf(installation).sidPrefix).to.match(/^[A-Za-z0-9]+$/)
    }
  })

  it('takes only the characters that each service allows', () => {
    const names = namesOf('acme-x2')
    expect(names.roleName).to.match(/^[\w+=,.@-]+$/)
    expect(names.functionName).to.match(/^[a-zA-Z0-9-_]+$/)
    expect(names.keyAlias).to.match(/^alias\/[a-zA-Z0-9/_-]+$/)
    expect(names.policy).to.match(/^[a-zA-Z0-9_-]+$/)
  })
})

describe('ownerOf', () => {
  it('reads the tag in both of AWS’s spellings', () => {
    expect(
      ownerOf([
        { Key: 'team', Value: 'infra' },
        { Key: tagKey, Value: 'acme' },
      ]),
    ).to.equal('acme')
    expect(ownerOf({ team: 'infra', [tagKey]: 'acme' })).to.equal('acme')
  })

  it('says that nobody owns what has no tags, other tags, or the tag in another case', () => {
    expect(ownerOf(undefined)).to.be.undefined
    expect(ownerOf([])).to.be.undefined
    expect(ownerOf({})).to.be.undefined
    expect(ownerOf([{ Key: 'Packagecloud:Enterprise', Value: 'acme' }])).to.be.undefined
    expect(ownerOf({ name: 'acme' })).to.be.undefined
  })

  it('takes an empty value for what it is, which is no installation', () => {
    expect(ownerOf([{ Key: tagKey, Value: '' }])).to.equal('')
  })
})
