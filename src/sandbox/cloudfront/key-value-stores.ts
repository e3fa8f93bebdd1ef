import { randomUUID } from 'node:crypto'

import type { CloudFrontOperation } from './config-resource.ts'
import { etagOf, versioned } from './counted-version.ts'
import {
  byArn,
  cloudFrontArn,
  invalidArgument,
  noContent,
  pageOf,
  requireMatch,
  respond,
  shortListContent,
  timestamp,
} from './documents.ts'
import { createKeyValueStoreRequest, updateKeyValueStoreRequest } from './function-shape.ts'
import { stateAtEdge, withState } from './spread.ts'
import { tagMap } from './tags.ts'
import type { FunctionStore } from '../contracts/cloudfront-functions.ts'
import type { KeyValueStore, KeyValueStores } from '../contracts/key-value-stores.ts'
import { readDocument } from '../contracts/shape.ts'
import type { XmlContent } from '../contracts/xml-document.ts'
import { parseXml } from '../wire/xml.ts'
import { AwsError, isListed, type AwsRequest, type Context } from '../contracts/service.ts'
import type { Collection } from '../contracts/store.ts'

/** What was in a store from a moment on. */
interface Contents {
  at: number
  /** Pairs, as a key may be called anything. */
  pairs: [key: string, value: string][]
}

export interface KeyValueStoreDocument {
  /** A UUID, which its ARN ends with; the API calls it by its name. */
  id: string
  name: string
  comment: string
  version: number
  /** Milliseconds since the epoch. */
  createdAt: number
  modifiedAt: number
  readyAt: number
  tags: Record<string, string>
  /** Of what is in it. */
  contentsVersion: number
  /** Oldest first, as far back as an edge may have it. */
  contents: Contents[]
}

export type KeyValueStoreDocuments = Collection<KeyValueStoreDocument>

/** "Quotas" in the developer guide. */
const maxStores = 50

export const storeArn = (context: Context, id: string): string => cloudFrontArn(context, 'key-value-store', id)

/** By its ARN. */
export const storeByArn = (context: Context, stores: KeyValueStoreDocuments, arn: string) =>
  byArn(stores, storeArn(context, ''), arn)

export const isReady = (context: Context, { readyAt }: KeyValueStoreDocument): boolean => context.now() >= readyAt

/** What is in them, for the service that writes it. */
export function keyValueStores(context: Context, stores: KeyValueStoreDocuments): KeyValueStores {
  const seen = (document: KeyValueStoreDocument): KeyValueStore => {
    const { id, contents, contentsVersion, createdAt } = document
    const now = contents.at(-1)
    return {
      arn: storeArn(context, id),
      status: isReady(context, document) ? 'READY' : 'PROVISIONING',
      etag: etagOf(contentsVersion, 'KV'),
      values: new Map(now?.pairs),
      createdAt,
      changedAt: contentsVersion === 1 ? undefined : now?.at,
    }
  }
  return {
    keyValueStore(arn) {
      const document = storeByArn(context, stores, arn)
      return document === undefined ? undefined : seen(document)
    },
    replaceKeys(arn, values) {
      const document = storeByArn(context, stores, arn)
      if (document === undefined) throw new Error(`There is no store ${arn}.`)
      const contents = withState(context, document.contents, { at: context.now(), pairs: [...values] })
      const next = { ...document, contents, contentsVersion: document.contentsVersion + 1 }
      stores.put(next.id, next)
      return seen(next)
    },
  }
}

/** A store with all that was written into it, or as one of the edges has it. */
export function storeForFunction(
  context: Context,
  document: KeyValueStoreDocument,
  at: 'an edge' | 'once',
): FunctionStore {
  const { contents, createdAt } = document
  const state = at === 'once' ? contents.at(-1) : stateAtEdge(context, contents)
  return {
    arn: storeArn(context, document.id),
    values: new Map(state?.pairs),
    createdAt,
    changedAt: state?.at ?? createdAt,
  }
}

/**
 * CreateKeyValueStore, DescribeKeyValueStore, ListKeyValueStores, UpdateKeyValueStore and DeleteKeyValueStore.
 *
 * @param isUsed - by a function in any of its stages
 */
export function keyValueStoreOperations(
  context: Context,
  stores: KeyValueStoreDocuments,
  isUsed: (arn: string) => boolean,
): Record<string, CloudFrontOperation> {
  const find = (name: string): KeyValueStoreDocument => {
    const store = stores.list().find((one) => one.name === name)
    if (store === undefined) throw new AwsError(404, 'EntityNotFound', 'The entity was not found.')
    return store
  }
  const content = (store: KeyValueStoreDocument): XmlContent => ({
    Name: store.name,
    Id: store.id,
    Comment: store.comment,
    ARN: storeArn(context, store.id),
    Status: isReady(context, store) ? 'READY' : 'PROVISIONING',
    LastModifiedTime: timestamp(store.modifiedAt),
  })
  const answer = (request: AwsRequest, store: KeyValueStoreDocument, more = {}) =>
    respond(request, 'KeyValueStore', content(store), { etag: etagOf(store.version), ...more })
  return {
    async CreateKeyValueStore(request) {
      const store = newStore(context, stores, parseXml(await request.buffer()))
      stores.put(store.id, store)
      return answer(request, store, { status: 201, location: `key-value-store/${store.name}` })
    },
    DescribeKeyValueStore: (request, { id }) => answer(request, find(id)),
    async UpdateKeyValueStore(request, { id }) {
      const { Comment } = readDocument(
        parseXml(await request.buffer()),
        'UpdateKeyValueStoreRequest',
        updateKeyValueStoreRequest,
      )
      const store = find(id)
      requireMatch(request, versioned(store.version))
      checkComment(Comment)
      const next = { ...store, comment: Comment, version: store.version + 1, modifiedAt: context.now() }
      stores.put(store.id, next)
      return answer(request, next)
    },
    DeleteKeyValueStore(request, { id }) {
      const store = find(id)
      requireMatch(request, versioned(store.version))
      if (isUsed(storeArn(context, store.id))) {
        const message = 'The entity cannot be deleted while it is in use.'
        throw new AwsError(409, 'CannotDeleteEntityWhileInUse', message)
      }
      stores.delete(store.id)
      return noContent(request)
    },
    ListKeyValueStores(request) {
      const status = request.query.get('Status') ?? undefined
      const listed = stores
        .list()
        .filter((one) => isListed(context, one.createdAt))
        .filter((one) => status === undefined || status === (isReady(context, one) ? 'READY' : 'PROVISIONING'))
        // Lists go by name: it is what a store is called by.
        .map((one) => ({ id: one.name, content: content(one) }))
      const list = shortListContent(pageOf(request, listed), 'KeyValueStore', (one) => one.content)
      return respond(request, 'KeyValueStoreList', list)
    },
  }
}

function newStore(
  context: Context,
  stores: KeyValueStoreDocuments,
  document: ReturnType<typeof parseXml>,
): KeyValueStoreDocument {
  const asked = readDocument(document, 'CreateKeyValueStoreRequest', createKeyValueStoreRequest)
  const { Name, Comment = '', ImportSource, Tags } = asked
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(Name)) throw invalidArgument('The parameter Name is not valid.')
  checkComment(Comment)
  if (ImportSource !== undefined) {
    throw new AwsError(400, 'UnsupportedOperation', 'This sandbox imports nothing into key value stores.')
  }
  const all = stores.list()
  if (all.some(({ name }) => name === Name)) {
    throw new AwsError(409, 'EntityAlreadyExists', 'The entity already exists. You must provide a unique entity.')
  }
  if (all.length >= maxStores) throw new AwsError(400, 'EntityLimitExceeded', 'The entity limit has been exceeded.')
  const now = context.now()
  return {
    id: randomUUID(),
    name: Name,
    comment: Comment,
    version: 1,
    createdAt: now,
    modifiedAt: now,
    readyAt: now + context.timing.storeReady,
    tags: tagMap(Tags?.Items ?? []),
    contentsVersion: 1,
    contents: [{ at: now, pairs: [] }],
  }
}

function checkComment(comment: string): void {
  if (comment.length > 128) throw invalidArgument('The parameter Comment is too long.')
}
