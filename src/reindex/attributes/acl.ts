/**
 * The headers that give a new object the grants of an access control list.
 *
 * @param xml - GetObjectAcl's answer
 * @param bucketOwner - canonical id
 * @returns `undefined` where the object belongs to another account: a copy would change its owner
 *
 * Source: Amazon S3 User Guide, "Access control list (ACL) overview", canned ACLs and their grants.
 */
export function grantHeaders(xml: string, bucketOwner: string): Record<string, string> | undefined {
  const owner = /<Owner>[^]*?<ID>([^<]*)<\/ID>/.exec(xml)?.[1]
  if (owner !== bucketOwner) return undefined
  const grants = [...xml.matchAll(/<Grant>([^]*?)<\/Grant>/g)].map(([, grant = '']) => readGrant(grant))
  const canned =
    cannedAcls[
      grants
        .map(({ who, what }) => `${who === `id="${owner}"` ? 'owner' : who} ${what}`)
        .sort()
        .join(', ')
    ]
  if (canned !== undefined) return canned === 'private' ? {} : { 'x-amz-acl': canned }
  const headers: Record<string, string> = {}
  for (const { who, what } of grants) {
    const name = `x-amz-grant-${what.toLowerCase().replaceAll('_', '-')}`
    headers[name] = headers[name] === undefined ? who : `${headers[name]}, ${who}`
  }
  return headers
}

function readGrant(xml: string): { who: string; what: string } {
  const text = (name: string): string | undefined => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
  const uri = text('URI')
  return { who: uri === undefined ? `id="${text('ID') ?? ''}"` : `uri="${uri}"`, what: text('Permission') ?? '' }
}

const groups = 'uri="http://acs.amazonaws.com/groups/global'
const cannedAcls: Readonly<Record<string, string>> = {
  'owner FULL_CONTROL': 'private',
  [`owner FULL_CONTROL, ${groups}/AllUsers" READ`]: 'public-read',
  [`owner FULL_CONTROL, ${groups}/AllUsers" READ, ${groups}/AllUsers" WRITE`]: 'public-read-write',
  [`owner FULL_CONTROL, ${groups}/AuthenticatedUsers" READ`]: 'authenticated-read',
}
