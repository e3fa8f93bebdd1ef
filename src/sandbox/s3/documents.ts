import type { XmlElement } from '../contracts/xml-document.ts'
import { invalidArgument, isoTime, notModelled } from './answers.ts'
import { childOf, childrenOf, malformedXml, requiredText, textOf } from './xml.ts'
import { AwsError } from '../contracts/service.ts'

/** What may be in an element: the names of its children and what may be in them. Empty: text. */
interface Tree {
  readonly [name: string]: Tree
}
const text: Tree = {}
const texts = (...names: string[]): Tree => Object.fromEntries(names.map((name) => [name, text]))

/** Throws MalformedXML for an element that S3's schema does not have. */
function checkTree(parent: XmlElement, tree: Tree): void {
  for (const child of parent.children) {
    const inner = tree[child.name]
    if (inner === undefined) throw malformedXml()
    checkTree(child, inner)
  }
}

const invalidRequest = (message: string): AwsError => new AwsError(400, 'InvalidRequest', message)

const corsTree: Tree = {
  CORSRule: texts('ID', 'AllowedHeader', 'AllowedMethod', 'AllowedOrigin', 'ExposeHeader', 'MaxAgeSeconds'),
}
const corsMethods = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD']

/** API reference, PutBucketCors: up to 100 rules, each with an origin and a method at least. */
export function checkCors(root: XmlElement): void {
  checkTree(root, corsTree)
  const rules = childrenOf(root, 'CORSRule')
  if (rules.length === 0 || rules.length > 100) throw malformedXml()
  for (const rule of rules) {
    const methods = childrenOf(rule, 'AllowedMethod').map(({ text: method }) => method.trim())
    const origins = childrenOf(rule, 'AllowedOrigin').map(({ text: origin }) => origin.trim())
    if (methods.length === 0 || origins.length === 0) throw malformedXml()
    const unknown = methods.find((method) => !corsMethods.includes(method))
    if (unknown !== undefined) {
      throw invalidRequest(`Found unsupported HTTP method in CORS config. Unsupported method is ${unknown}`)
    }
    const wild = origins.find((origin) => origin.split('*').length > 2)
    if (wild !== undefined) throw invalidRequest(`AllowedOrigin "${wild}" can not have more than one wildcard.`)
  }
}

const tag = texts('Key', 'Value')
const filter: Tree = { ...texts('Prefix', 'ObjectSizeGreaterThan', 'ObjectSizeLessThan'), Tag: tag }
const lifecycleActions: Tree = {
  Expiration: texts('Date', 'Days', 'ExpiredObjectDeleteMarker'),
  Transition: texts('Date', 'Days', 'StorageClass'),
  NoncurrentVersionExpiration: texts('NoncurrentDays', 'NewerNoncurrentVersions'),
  NoncurrentVersionTransition: texts('NoncurrentDays', 'NewerNoncurrentVersions', 'StorageClass'),
  AbortIncompleteMultipartUpload: texts('DaysAfterInitiation'),
}
const lifecycleTree: Tree = {
  Rule: { ...texts('ID', 'Prefix', 'Status'), Filter: { ...filter, And: filter }, ...lifecycleActions },
}

/** API reference, PutBucketLifecycleConfiguration: up to 1,000 rules, each with a scope, a status and an action. */
export function checkLifecycle(root: XmlElement): void {
  checkTree(root, lifecycleTree)
  const rules = childrenOf(root, 'Rule')
  if (rules.length === 0 || rules.length > 1000) throw malformedXml()
  const ids = rules.flatMap((rule) => textOf(rule, 'ID') ?? [])
  const twice = ids.find((id, at) => ids.indexOf(id) < at)
  if (twice !== undefined) {
    throw invalidArgument('Rule ID must be unique. Found same ID for more than one rule', 'ID', twice)
  }
  for (const rule of rules) checkRule(rule)
}

function checkRule(rule: XmlElement): void {
  const scope = childOf(rule, 'Filter')
  const scopes = [scope, childOf(rule, 'Prefix')].filter((one) => one !== undefined)
  const actions = rule.children.filter(({ name }) => name in lifecycleActions)
  if (scopes.length !== 1 || actions.length === 0 || actions.some(({ children }) => children.length === 0)) {
    throw malformedXml()
  }
  if (!['Enabled', 'Disabled'].includes(requiredText(rule, 'Status').trim())) throw malformedXml()
  if ((scope?.children.length ?? 0) > 1) throw malformedXml()
  for (const action of actions) {
    const given = ['Date', 'Days', 'ExpiredObjectDeleteMarker'].filter((name) => childOf(action, name) !== undefined)
    if (given.length > 1) throw malformedXml()
    const date = textOf(action, 'Date')
    if (date === undefined) continue
    const instant = Date.parse(date)
    if (Number.isNaN(instant)) throw malformedXml()
    if (instant % 86_400_000 !== 0) throw invalidArgument("'Date' must be at midnight GMT", 'Date', isoTime(instant))
  }
}

const websiteTree: Tree = {
  IndexDocument: texts('Suffix'),
  ErrorDocument: texts('Key'),
}

/** API reference, PutBucketWebsite. Redirects are not carried out by the sandbox, so it does not take them either. */
export function checkWebsite(root: XmlElement): void {
  for (const name of ['RedirectAllRequestsTo', 'RoutingRules']) {
    if (childOf(root, name) !== undefined) throw notModelled(`the element ${name} of PutBucketWebsite`)
  }
  checkTree(root, websiteTree)
  const index = childOf(root, 'IndexDocument')
  if (index === undefined) {
    const message = 'A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty'
    throw invalidArgument(message, 'IndexDocument', 'null')
  }
  const suffix = requiredText(index, 'Suffix')
  if (suffix === '' || suffix.includes('/')) {
    throw invalidArgument('The IndexDocument Suffix is not well formed', 'IndexDocument', suffix)
  }
  const error = childOf(root, 'ErrorDocument')
  if (error !== undefined && requiredText(error, 'Key') === '') {
    throw invalidArgument('The ErrorDocument Key is not well formed', 'ErrorDocument', '')
  }
}

const loggingTree: Tree = {
  LoggingEnabled: {
    ...texts('TargetBucket', 'TargetPrefix'),
    TargetGrants: { Grant: { Grantee: texts('ID', 'URI', 'EmailAddress', 'DisplayName'), Permission: text } },
    TargetObjectKeyFormat: { SimplePrefix: text, PartitionedPrefix: texts('PartitionDateSource') },
  },
}

/** API reference, PutBucketLogging: logs go to a bucket of the same region. `regionOf` a bucket that exists. */
export function checkLogging(root: XmlElement, region: string, regionOf: (bucket: string) => string | undefined): void {
  checkTree(root, loggingTree)
  const enabled = childOf(root, 'LoggingEnabled')
  if (enabled === undefined) return
  const target = requiredText(enabled, 'TargetBucket').trim()
  if (childOf(enabled, 'TargetPrefix') === undefined) throw malformedXml()
  const targetRegion = regionOf(target)
  if (targetRegion === undefined) {
    throw new AwsError(400, 'InvalidTargetBucketForLogging', 'The target bucket for logging does not exist', {
      fields: { TargetBucket: target },
    })
  }
  if (targetRegion !== region) {
    // Spelled so by S3.
    throw new AwsError(403, 'CrossLocationLoggingProhibitted', 'Cross S3 location logging not allowed. ', {
      fields: { TargetBucketLocation: targetRegion },
    })
  }
}
