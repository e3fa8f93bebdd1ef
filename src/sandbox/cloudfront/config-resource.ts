import {
  invalidArgument,
  listContent,
  newVersion,
  nextVersion,
  noContent,
  pageOf,
  shortListContent,
  requireMatch,
  respond,
  timestamp,
  type ConfigDocument,
} from './documents.ts'
import type { CloudFrontRoute } from './routes.ts'
import type { Shape } from '../contracts/shape.ts'
import { readConfig, writeConfig, type Kept } from './unknown.ts'
import type { XmlContent } from '../contracts/xml-document.ts'
import { parseXml } from '../wire/xml.ts'
import { AwsError, isListed, type AwsRequest, type AwsResponse, type Context } from '../contracts/service.ts'
import type { Collection } from '../contracts/store.ts'

export type CloudFrontOperation = (request: AwsRequest, route: CloudFrontRoute) => Promise<AwsResponse> | AwsResponse

/** One of CloudFront's resources that consist of an id, an ETag and a config. */
export interface ConfigResource<C> {
  /** As in the operations' names: `CachePolicy`. */
  name: string
  /** As in the List operation's name. */
  plural: string
  /** Root elements of the API, where they are not `name`, `nameConfig` and `nameList`. */
  path: string
  config: Shape<C>
  /** Policies list with their type and carry a date, the others page with IsTruncated. */
  isPolicy: boolean
  documents: Collection<ConfigDocument<C>>
  /** What AWS itself provides; can't be changed. */
  managed: readonly ConfigDocument<C>[]
  newId(): string
  notFound(): AwsError
  /** Checks and completes a config. `previous` is the document that it replaces. */
  accept(config: C, previous: ConfigDocument<C> | undefined, all: readonly ConfigDocument<C>[]): C
  /** A document that a create request asks for again and that answers it. May throw for a conflict. */
  replayed?(config: C, all: readonly ConfigDocument<C>[]): ConfigDocument<C> | undefined
  /** The members in front of the config. */
  describe(document: ConfigDocument<C>): Record<string, XmlContent>
  summary?: (document: ConfigDocument<C>) => XmlContent
  /** The error for deleting what is in use. */
  inUse(id: string): AwsError | undefined
  changed(id: string): void
}

/** Create, Get, GetConfig, Update, List and Delete of a resource. */
export function configOperations<C>(
  context: Context,
  resource: ConfigResource<C>,
): Record<string, CloudFrontOperation> {
  const { name, documents, managed } = resource
  const all = (): ConfigDocument<C>[] => [...managed, ...documents.list()]
  const listed = (): ConfigDocument<C>[] => all().filter(({ createdAt }) => isListed(context, createdAt))
  const content = (document: ConfigDocument<C>): XmlContent => ({
    ...resource.describe(document),
    [`${name}Config`]: writeConfig(`${name}Config`, resource.config, document),
  })
  const read = async (request: AwsRequest): Promise<Kept<C>> =>
    readConfig(parseXml(await request.buffer()), `${name}Config`, resource.config)
  const find = (id: string): ConfigDocument<C> => {
    const document = documents.get(id) ?? managed.find((candidate) => candidate.id === id)
    if (document === undefined) throw resource.notFound()
    return document
  }
  const findOwn = (request: AwsRequest, id: string, illegal: string): ConfigDocument<C> => {
    const document = find(id)
    if (managed.includes(document)) throw new AwsError(400, illegal, `You cannot change a managed policy: ${id}`)
    requireMatch(request, document)
    return document
  }
  return {
    async [`Create${name}`](request) {
      const { config: asked, unknown } = await read(request)
      const before = resource.replayed?.(asked, all())
      const document = before ?? {
        id: resource.newId(),
        config: resource.accept(asked, undefined, all()),
        unknown,
        createdAt: context.now(),
        modifiedAt: context.now(),
        ...newVersion(),
      }
      documents.put(document.id, document)
      const location = `${resource.path}/${document.id}`
      return respond(request, name, content(document), { status: 201, etag: document.etag, location })
    },
    [`Get${name}`](request, { id }) {
      const document = find(id)
      return respond(request, name, content(document), { etag: document.etag })
    },
    [`Get${name}Config`](request, { id }) {
      const document = find(id)
      const config = writeConfig(`${name}Config`, resource.config, document)
      return respond(request, `${name}Config`, config, { etag: document.etag })
    },
    async [`Update${name}`](request, { id }) {
      const { config: asked, unknown } = await read(request)
      const previous = findOwn(request, id, 'IllegalUpdate')
      const others = all().filter((document) => document.id !== id)
      const config = resource.accept(asked, previous, others)
      const document = { ...previous, config, unknown, modifiedAt: context.now(), ...nextVersion(previous) }
      documents.put(id, document)
      resource.changed(id)
      return respond(request, name, content(document), { etag: document.etag })
    },
    [`Delete${name}`](request, { id }) {
      findOwn(request, id, 'IllegalDelete')
      const inUse = resource.inUse(id)
      if (inUse !== undefined) throw inUse
      documents.delete(id)
      return noContent(request)
    },
    [`List${resource.plural}`](request) {
      if (resource.isPolicy) return respond(request, `${name}List`, policyList(request, resource, listed(), content))
      const summary = resource.summary ?? content
      return respond(request, `${name}List`, listContent(pageOf(request, listed()), `${name}Summary`, summary))
    },
  }
}

/** Policies of one type or both; `Type` is `managed` or `custom`. */
function policyList<C>(
  request: AwsRequest,
  resource: ConfigResource<C>,
  listed: readonly ConfigDocument<C>[],
  content: (document: ConfigDocument<C>) => XmlContent,
): XmlContent {
  const type = request.query.get('Type') ?? ''
  if (!['', 'managed', 'custom'].includes(type)) throw invalidArgument('The parameter Type is not valid.')
  const typeOf = (document: ConfigDocument<C>): string => (resource.managed.includes(document) ? 'managed' : 'custom')
  const page = pageOf(
    request,
    listed.filter((document) => type === '' || type === typeOf(document)),
  )
  return shortListContent(page, `${resource.name}Summary`, (document) => ({
    Type: typeOf(document),
    [resource.name]: content(document),
  }))
}

export const policyMembers = (document: ConfigDocument<unknown>): Record<string, XmlContent> => ({
  Id: document.id,
  LastModifiedTime: timestamp(document.modifiedAt),
})
