import type { DistributionConfig$ } from '@aws-sdk/client-cloudfront'
import { XmlCodec } from '@aws-sdk/core/protocols'

import { type Command, sendBody } from '../aws/received.ts'
import { editDocument } from '../aws/xml-edit.ts'
import { attributesOf, childOf, parseTree, printTree, type XmlElement } from '../xml-tree.ts'
import { CtlError } from '../errors.ts'
import { type Decision, refuse } from './resource.ts'

/*
 * CloudFront has got many new elements under its one API version, 2020-05-31, and resets those that an update leaves
 * out. What the SDK reads from an answer and writes into an update are only those that were known when it was made. So
 * an update is an edit of the document that was received: see `editDocument`.
 */

/** What the SDK knows of a document that is written back as a whole, such as `DistributionConfig$`. */
type Schema = typeof DistributionConfig$

/** The document's root element. */
const rootOf = ([, , name]: Schema): string => name

/** A configuration as it is at AWS. */
export interface Kept<C> {
  readonly id: string
  readonly config: C
  /** The document that `config` was read from; absent where nothing has been read yet, as in a plan. */
  readonly received?: string | undefined
}

/** An update: the document to send, and the paths of what is not known to us and would be lost by it. */
export interface Rewriting {
  readonly body: string
  readonly lost: readonly string[]
}

/** Pure. Writes the wanted configuration into the document that the present one was read from. */
export function rewritten<C>(schema: Schema, live: Kept<C>, wanted: C): Rewriting {
  const after = serialized(schema, wanted)
  const received = live.received === undefined ? undefined : configIn(parseTree(live.received), rootOf(schema))
  const { document, lost } =
    received === undefined
      ? { document: after, lost: [] }
      : editDocument(received, serialized(schema, live.config), after)
  return { body: `<?xml version="1.0" encoding="UTF-8"?>\n${printTree(document)}`, lost }
}

/**
 * Has the command of an update send the wanted configuration with all that is not known to us.
 *
 * @throws CtlError of kind `refused` if something of that would be lost; {@link unlessLost} tells so in a plan already
 */
export function keepUnknown<C>(command: Command<'serialize'>, schema: Schema, live: Kept<C>, wanted: C): void {
  const { body, lost } = rewritten(schema, live, wanted)
  if (lost.length > 0)
    throw new CtlError('refused', `${live.id} can't be changed: ${whyNot(lost)}.`, { hint: repair(schema, live.id) })
  sendBody(command, body)
}

/** Pure. A decision to update, unless something that is not known to us would be lost by it: then a refusal. */
export function unlessLost<C, L>(
  schema: Schema,
  what: string,
  live: L & Kept<C>,
  wanted: C,
  decision: Decision<L>,
): Decision<L> {
  if (decision.do !== 'update') return decision
  const { lost } = rewritten(schema, live, wanted)
  if (lost.length === 0) return decision
  return refuse<L>(live, `${what} can't be changed: ${whyNot(lost)}`, ...repair(schema, live.id))
}

const whyNot = (lost: readonly string[]): string =>
  `it has settings that this version of pc-ctl does not know and would take away: ${lost.join(', ')}`

function repair(schema: Schema, id: string): string[] {
  // AWS's command line calls them so too: cache-policy-config of CachePolicyConfig.
  const file = rootOf(schema)
    .replace(/\B[A-Z]/g, '-$&')
    .toLowerCase()
  const name = file.replace(/-config$/, '')
  return [
    'If they may go: take them away in the CloudFront console or with a current AWS CLI, then run the same command again.',
    `  aws cloudfront get-${file} --id ${id}`,
    `  aws cloudfront update-${name} --id ${id} --if-match ETAG --${file} file://EDITED.json`,
    'If they must stay: a newer version of pc-ctl may know them.',
  ]
}

const codec = new XmlCodec({
  httpBindings: true,
  timestampFormat: { useTrait: true, default: 5 },
  xmlNamespace: 'http://cloudfront.amazonaws.com/doc/2020-05-31/',
  serviceNamespace: 'com.amazonaws.cloudfront',
})

/** What the SDK would send. */
function serialized(schema: Schema, config: unknown): XmlElement {
  const serializer = codec.createSerializer()
  serializer.write(schema, config)
  return parseTree(String(serializer.flush()))
}

/** The configuration in an answer, with the namespaces that it was declared in. */
function configIn(root: XmlElement, name: string): XmlElement | undefined {
  if (root.name === name) return root
  const config = childOf(root, name)
  if (config === undefined) return undefined
  const declared = attributesOf(config)
  const inherited = [...attributesOf(root)].filter(([key]) => /^xmlns(:|$)/.test(key) && !declared.has(key))
  return { ...config, open: config.open.replace(/(?=\s*\/?>$)/, inherited.map(([, text]) => ` ${text}`).join('')) }
}
