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

  it('are read as S3 writes them, and others may: with attributes, white space and references', () => {
    const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    const document = `<?xml version="1.0" encoding="UTF-8"?>
<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Owner><DisplayName>a &lt;ID&gt;you&lt;/ID&gt;</DisplayName><ID>me</ID></Owner>
  <AccessControlList>
    <Grant>
      <Grantee ${xsi} xsi:type="Group"><URI>http://example.org/?a&amp;b</URI></Grantee>
      <Permission>READ</Permission>
    </Grant>
  </AccessControlList>
</AccessControlPolicy>`
    expect(grantHeaders(document, 'me')).to.deep.equal({ 'x-amz-grant-read': 'uri="http://example.org/?a&b"' })
  })

  it('can not be given again for the object of another account', () => {
    expect(grantHeaders(acl(mine), 'somebody')).to.equal(undefined)
  })
})
