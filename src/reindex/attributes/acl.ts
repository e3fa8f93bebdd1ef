import { XMLParser } from 'fast-xml-parser'

const parser = new XMLParser({ parseTagValue: false, isArray: (name) => name === 'Grant' })

/** What the parser makes of GetObjectAcl's answer. An element without content is an empty text there. */
interface Answer {
  readonly AccessControlPolicy?: {
    readonly Owner?: { readonly ID?: string }
    readonly AccessControlList?: { readonly Grant?: readonly Grant[] }
  }
}

interface Grant {
  readonly Grantee?: { readonly ID?: string; readonly URI?: string }
  readonly Permission?: string
}

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
  const { Owner, AccessControlList } = (parser.parse(xml) as Answer).AccessControlPolicy ?? {}
  const owner = Owner?.ID
  if (owner !== bucketOwner) return undefined
  const grants = (AccessControlList?.Grant ?? []).map(({ Grantee: { ID = '', URI } = {}, Permission = '' }) => ({
    who: URI === undefined ? `id="${ID}"` : `uri="${URI}"`,
    what: Permission,
  }))
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

const groups = 'uri="http://acs.amazonaws.com/groups/global'
const cannedAcls: Readonly<Record<string, string>> = {
  'owner FULL_CONTROL': 'private',
  [`owner FULL_CONTROL, ${groups}/AllUsers" READ`]: 'public-read',
  [`owner FULL_CONTROL, ${groups}/AllUsers" READ, ${groups}/AllUsers" WRITE`]: 'public-read-write',
  [`owner FULL_CONTROL, ${groups}/AuthenticatedUsers" READ`]: 'authenticated-read',
}
