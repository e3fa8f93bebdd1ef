import { expect } from 'chai'

import { grantHeaders } from '../../../src/reindex/attributes/acl.ts'

describe('the grants of an object', () => {
  const grant = (who: string, what: string): string =>
    `<Grant><Grantee>${who}</Grantee><Permission>${what}</Permission></Grant>`
  const acl = (...grants: string[]): string =>
    `<AccessControlPolicy><Owner><ID>me</ID></Owner><AccessControlList>${grants.join('')}</AccessControlList></AccessControlPolicy>`
  const mine = grant('<ID>me</ID>', 'FULL_CONTROL')

  it('are given again by a canned list or one by one', () => {
    expect(grantHeaders(acl(mine), 'me')).to.deep.equal({})
    const all = '<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI>'
    expect(grantHeaders(acl(mine, grant(all, 'READ')), 'me')).to.deep.equal({ 'x-amz-acl': 'public-read' })
    const others = [
      grant('<ID>you</ID>', 'READ'),
      grant('<URI>http://g</URI>', 'READ'),
      grant('<ID>you</ID>', 'READ_ACP'),
    ]
    expect(grantHeaders(acl(mine, ...others), 'me')).to.deep.equal({
      'x-amz-grant-full-control': 'id="me"',
      'x-amz-grant-read': 'id="you", uri="http://g"',
      'x-amz-grant-read-acp': 'id="you"',
    })
  })

  it('can not be given again for the object of another account', () => {
    expect(grantHeaders(acl(mine), 'somebody')).to.equal(undefined)
  })
})
