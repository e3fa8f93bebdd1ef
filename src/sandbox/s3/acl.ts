import type { Bucket } from './buckets.ts'
import { invalidArgument, notModelled } from './answers.ts'
import type { Grant } from './index.ts'
import { childOf, childrenOf, element, field, parsedOrUndefined, textOf } from './xml.ts'
import { AwsError, type AwsRequest, type Caller } from '../contracts/service.ts'

/** An access control list: a canned one, or the grants that are given in its place. */
export interface Acl {
  acl: string
  grants?: Grant[]
}

const groupUri = 'http://acs.amazonaws.com/groups/'
const everyone = `${groupUri}global/AllUsers`
const authenticated = `${groupUri}global/AuthenticatedUsers`
const groups = [everyone, authenticated, `${groupUri}s3/LogDelivery`]
/** The account that `aws-exec-read` is for: Amazon EC2's (S3 User Guide, "Canned ACL"). */
const imageReader = '6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c'

const cannedForObjects = new Set([
  ...['private', 'public-read', 'public-read-write', 'authenticated-read', 'aws-exec-read'],
  ...['bucket-owner-read', 'bucket-owner-full-control'],
])
const cannedForBuckets = new Set([...cannedForObjects, 'log-delivery-write'])

export const isPublicAcl = ({ acl, grants }: Acl): boolean =>
  grants === undefined
    ? acl === 'public-read' || acl === 'public-read-write' || acl === 'authenticated-read'
    : grants.some(({ who }) => who === `uri="${everyone}"` || who === `uri="${authenticated}"`)

/** What an ACL gives to whom; the owner's own grant is first. Source: S3 User Guide, "Canned ACL". */
function grantsOf({ acl, grants }: Acl, owner: string): Grant[] {
  if (grants !== undefined) return grants
  const list: Grant[] = [{ who: `id="${owner}"`, what: 'FULL_CONTROL' }]
  const add = (who: string, what: string): number => list.push({ who, what })
  if (acl === 'public-read' || acl === 'public-read-write') add(`uri="${everyone}"`, 'READ')
  if (acl === 'public-read-write') add(`uri="${everyone}"`, 'WRITE')
  if (acl === 'authenticated-read') add(`uri="${authenticated}"`, 'READ')
  if (acl === 'aws-exec-read') add(`id="${imageReader}"`, 'READ')
  if (acl === 'log-delivery-write')
    for (const what of ['WRITE', 'READ_ACP']) add(`uri="${groupUri}s3/LogDelivery"`, what)
  return list
}

/** Does an ACL let a caller do what the permission (`READ`, `WRITE_ACP`…) is for? */
export function aclAllows(
  acl: Acl,
  owner: string,
  caller: Caller,
  permission: string,
  ignoresPublic: boolean,
): boolean {
  const { kind } = caller
  const names = ignoresPublic ? [] : [`uri="${everyone}"`]
  if (!ignoresPublic && (kind === 'user' || kind === 'role')) names.push(`uri="${authenticated}"`)
  if (kind === 'origin-access-identity') names.push(`id="${caller.s3CanonicalUserId}"`)
  return grantsOf(acl, owner).some(
    ({ who, what }) => names.includes(who) && (what === permission || what === 'FULL_CONTROL'),
  )
}

/** An ACL as GetBucketAcl and GetObjectAcl answer it. */
export function aclMarkup(owner: string, acl: Acl): string {
  const grant = ({ who, what }: Grant): string => {
    const [, kind, name = ''] = /^(id|uri)="(.*)"$/.exec(who) ?? []
    const type = kind === 'id' ? 'CanonicalUser' : 'Group'
    const grantee = field(kind === 'id' ? 'ID' : 'URI', name)
    return `<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="${type}">${grantee}</Grantee>${field('Permission', what)}</Grant>`
  }
  const grants = grantsOf(acl, owner).map(grant).join('')
  return element('Owner', field('ID', owner)) + element('AccessControlList', grants)
}

/** The ACL that a request's headers ask for, for something new or in place of another. Throws InvalidArgument, InvalidRequest. */
export function aclInHeaders({ headers }: AwsRequest, kind: 'bucket' | 'object'): Acl | undefined {
  const acl = headers['x-amz-acl']
  const grants = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith('x-amz-grant-') ? grantsIn(name, value) : [],
  )
  if (acl === undefined) return grants.length === 0 ? undefined : { acl: 'private', grants }
  if (grants.length > 0) {
    throw new AwsError(400, 'InvalidRequest', 'Specifying both Canned ACLs and Header Grants is not allowed')
  }
  if (!(kind === 'bucket' ? cannedForBuckets : cannedForObjects).has(acl)) throw invalidArgument('', 'x-amz-acl', acl)
  return { acl }
}

/** `x-amz-grant-read: id="…", uri="…"`. */
function grantsIn(header: string, value: string): Grant[] {
  const what = header.slice('x-amz-grant-'.length).toUpperCase().replaceAll('-', '_')
  if (!permissions.has(what)) throw invalidArgument('Argument format not recognized', header, value)
  return value.split(',').map((grantee) => {
    const [, kind = '', name = ''] = /^\s*([A-Za-z]+)\s*=\s*"?([^"]*)"?\s*$/.exec(grantee) ?? []
    if (kind === 'id') return { who: acceptId(name, 'id'), what }
    if (kind === 'uri') return { who: acceptGroup(name, 'uri'), what }
    if (kind === 'emailAddress') throw notModelled(`grants by emailAddress (${header})`)
    throw invalidArgument('Argument format not recognized', header, value)
  })
}

const permissions = new Set(['FULL_CONTROL', 'READ', 'READ_ACP', 'WRITE', 'WRITE_ACP'])

/** Canonical user ids: 64 hexadecimal digits an account, 96 an origin access identity. */
function acceptId(id: string, name: string): string {
  if (/^(?:[0-9a-f]{64}|[0-9a-f]{96})$/.test(id)) return `id="${id}"`
  throw invalidArgument('Invalid id', name, id)
}

function acceptGroup(uri: string, name: string): string {
  if (groups.includes(uri)) return `uri="${uri}"`
  throw invalidArgument('Invalid group uri', name, uri)
}

/**
 * The ACL that a PutBucketAcl or PutObjectAcl asks for: a canned one, by header grants, or as a document. Throws
 * MissingSecurityHeader, UnexpectedContent, InvalidRequest, InvalidArgument, MalformedACLError, NotImplemented.
 */
export async function aclAskedFor(request: AwsRequest, kind: 'bucket' | 'object', owner: string): Promise<Acl> {
  const inHeaders = aclInHeaders(request, kind)
  const body = await request.buffer()
  if (inHeaders !== undefined) {
    if (body.length === 0) return inHeaders
    throw new AwsError(400, 'UnexpectedContent', 'This request does not support content')
  }
  if (body.length > 0) return aclInDocument(body, owner)
  throw new AwsError(400, 'MissingSecurityHeader', 'Your request was missing a required header', {
    fields: { MissingHeaderName: 'x-amz-acl' },
  })
}

const malformedAcl = (): AwsError =>
  new AwsError(
    400,
    'MalformedACLError',
    'The XML you provided was not well-formed or did not validate against our published schema',
  )

function aclInDocument(body: Buffer, owner: string): Acl {
  const root = parsedOrUndefined(body)
  const list = childOf(root, 'AccessControlList')
  const named = textOf(childOf(root, 'Owner'), 'ID')
  if (root?.name !== 'AccessControlPolicy' || named === undefined || list === undefined) throw malformedAcl()
  if (!root.children.every(({ name }) => name === 'Owner' || name === 'AccessControlList')) throw malformedAcl()
  if (named !== owner) throw invalidArgument('Invalid id', 'CanonicalUser/ID', named)
  const grants = childrenOf(list, 'Grant').map((grant): Grant => {
    const grantee = childOf(grant, 'Grantee')
    const what = textOf(grant, 'Permission') ?? ''
    const id = textOf(grantee, 'ID')
    const uri = textOf(grantee, 'URI')
    if (childOf(grantee, 'EmailAddress') !== undefined) {
      throw notModelled('grants by EmailAddress')
    }
    if (!permissions.has(what) || (id === undefined) === (uri === undefined)) throw malformedAcl()
    return {
      who: id === undefined ? acceptGroup(uri ?? '', 'Group/URI') : acceptId(id, 'CanonicalUser/ID'),
      what,
    }
  })
  if (grants.length !== list.children.length) throw malformedAcl()
  return { acl: 'private', grants }
}

/** Does nobody but the owner have anything by it? */
export const isOwnersOnly = (acl: Acl, owner: string): boolean =>
  grantsOf(acl, owner).every(({ who }) => who === `id="${owner}"`)

/**
 * Throws where the bucket has ACLs off and the ACL is not `bucket-owner-full-control` in one spelling or another
 * (AccessControlListNotSupported; S3 User Guide, "Disabling ACLs"), or blocks public ones (AccessDenied).
 */
export function checkAcl(acl: Acl, { ownership, publicAccessBlock }: Bucket, owner: string): Acl {
  const isPlain = acl.grants === undefined ? acl.acl === 'bucket-owner-full-control' : isOwnersOnly(acl, owner)
  if (ownership === 'BucketOwnerEnforced' && !isPlain) {
    throw new AwsError(400, 'AccessControlListNotSupported', 'The bucket does not allow ACLs')
  }
  if (publicAccessBlock?.BlockPublicAcls === true && isPublicAcl(acl)) {
    throw new AwsError(403, 'AccessDenied', 'Access Denied')
  }
  return acl
}
