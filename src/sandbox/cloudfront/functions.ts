import type { CloudFrontOperation } from './config-resource.ts'
import { etagOf, versioned } from './counted-version.ts'
import {
  invalidArgument,
  noContent,
  pageOf,
  requireMatch,
  respond,
  shortListContent,
  type DistributionDocument,
} from './documents.ts'
import {
  functionArn,
  publish,
  runnable,
  summary,
  type FunctionDocument,
  type FunctionDocuments,
  type SavedFunction,
} from './function-documents.ts'
import {
  createFunctionRequest,
  testFunctionRequest,
  updateFunctionRequest,
  type FunctionConfig,
  type Stage,
} from './function-shape.ts'
import { isReady, storeByArn, storeForFunction, type KeyValueStoreDocuments } from './key-value-stores.ts'
import { tagMap } from './tags.ts'
import type { FunctionsRuntime } from '../contracts/cloudfront-functions.ts'
import { itemsOf, readDocument } from '../contracts/shape.ts'
import { parseXml } from '../wire/xml.ts'
import { AwsError, isListed, type AwsRequest, type Context } from '../contracts/service.ts'

/** What the operations on functions work with. */
export interface FunctionParts {
  readonly context: Context
  readonly functions: FunctionDocuments
  readonly stores: KeyValueStoreDocuments
  readonly runtime: FunctionsRuntime
  /** The distributions that have a function, by its ARN. */
  associated(arn: string): readonly DistributionDocument[]
  /** Called after another version of it was published. */
  published(arn: string): void
}

/** "Quotas" in the developer guide. */
const maxFunctions = 100
const maxCode = 10_240
const maxEvent = 40_960

/**
 * CloudFront Functions, from the API reference (2020-05-31). Code is saved and published whatever it is: only a run tells
 * what is wrong with it.
 */
export function functionOperations(parts: FunctionParts): Record<string, CloudFrontOperation> {
  const { context, functions } = parts
  const content = (document: FunctionDocument, stage: Stage) =>
    summary(context, document, stage, parts.associated(functionArn(context, document.name)))
  const find = (name: string): FunctionDocument => {
    const document = functions.get(name)
    if (document === undefined) throw noSuchFunction()
    return document
  }
  return {
    async CreateFunction(request) {
      // From there on nothing waits, so that of two equal requests the second sees the first.
      const document = newFunction(parts, await request.buffer())
      functions.put(document.name, document)
      const more = { status: 201, etag: etagOf(1), location: `function/${document.name}` }
      return respond(request, 'FunctionSummary', content(document, 'DEVELOPMENT'), more)
    },
    DescribeFunction(request, { id }) {
      const document = find(id)
      const stage = stageIn(request) ?? 'DEVELOPMENT'
      const { version } = inStage(document, stage)
      return respond(request, 'FunctionSummary', content(document, stage), { etag: etagOf(version) })
    },
    GetFunction(request, { id }) {
      const { code, version } = inStage(find(id), stageIn(request) ?? 'DEVELOPMENT')
      const headers = { 'content-type': 'application/octet-stream', 'x-amzn-requestid': request.requestId }
      return { status: 200, headers: { ...headers, etag: etagOf(version) }, body: Buffer.from(code, 'base64') }
    },
    async UpdateFunction(request, { id }) {
      const asked = readDocument(parseXml(await request.buffer()), 'UpdateFunctionRequest', updateFunctionRequest)
      const before = find(id)
      requireMatch(request, versioned(before.development.version))
      const saved = accept(parts, asked.FunctionConfig, asked.FunctionCode)
      const { version, createdAt } = before.development
      const development = { ...saved, version: version + 1, createdAt, modifiedAt: context.now() }
      const document = { ...before, development }
      functions.put(id, document)
      const response = respond(request, 'FunctionSummary', content(document, 'DEVELOPMENT'))
      // The service model spells this one header so.
      return { ...response, headers: { ...response.headers, ettag: etagOf(development.version) } }
    },
    PublishFunction(request, { id }) {
      const before = find(id)
      requireMatch(request, versioned(before.development.version))
      const document = publish(context, before)
      if (document !== undefined) {
        functions.put(id, document)
        parts.published(functionArn(context, id))
      }
      return respond(request, 'FunctionSummary', content(document ?? before, 'LIVE'))
    },
    async TestFunction(request, { id }) {
      const document = find(id)
      const { stage, ...tested } = await test(parts, request, document)
      return respond(request, 'TestResult', { FunctionSummary: content(document, stage), ...tested })
    },
    DeleteFunction(request, { id }) {
      const document = find(id)
      requireMatch(request, versioned(document.development.version))
      const users = parts.associated(functionArn(context, id)).length
      if (users > 0) {
        const message = `Cannot delete function ${id}, it is in use by ${users} distributions`
        throw new AwsError(409, 'FunctionInUse', message)
      }
      functions.delete(id)
      return noContent(request)
    },
    ListFunctions(request) {
      const asked = stageIn(request)
      const stages = functions
        .list()
        .filter(({ development }) => isListed(context, development.createdAt))
        .flatMap((document) => (['DEVELOPMENT', 'LIVE'] as const).map((stage) => ({ document, stage })))
        .filter(({ document, stage }) => stage === 'DEVELOPMENT' || document.live !== undefined)
        .filter(({ stage }) => asked === undefined || stage === asked)
        .map(({ document, stage }) => ({ id: `${document.name}/${stage}`, content: content(document, stage) }))
      const list = shortListContent(pageOf(request, stages), 'FunctionSummary', (one) => one.content)
      return respond(request, 'FunctionList', list)
    },
  }
}

const noSuchFunction = (): AwsError =>
  new AwsError(404, 'NoSuchFunctionExists', 'The specified function does not exist.')

/** Throws NoSuchFunctionExists for a stage that nothing was ever published to. */
function inStage(document: FunctionDocument, stage: Stage): FunctionDocument['development'] {
  const found = stage === 'LIVE' ? document.live : document.development
  if (found === undefined) throw noSuchFunction()
  return found
}

function stageIn(request: AwsRequest): Stage | undefined {
  const stage = request.query.get('Stage') ?? undefined
  if (stage === undefined || stage === 'DEVELOPMENT' || stage === 'LIVE') return stage
  throw invalidArgument('The parameter Stage is not valid.')
}

function newFunction(parts: FunctionParts, body: Buffer): FunctionDocument {
  const { context, functions } = parts
  const asked = readDocument(parseXml(body), 'CreateFunctionRequest', createFunctionRequest)
  const { Name, FunctionConfig, FunctionCode, Tags } = asked
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(Name)) throw invalidArgument('The parameter Name is not valid.')
  const saved = accept(parts, FunctionConfig, FunctionCode)
  if (functions.get(Name) !== undefined) {
    const rule =
      'To create a function, you must provide a unique name. To update an existing function, use UpdateFunction.'
    const message = `A function with the same name already exists in this AWS account. ${rule}`
    throw new AwsError(409, 'FunctionAlreadyExists', message)
  }
  if (functions.list().length >= maxFunctions) {
    const message = 'You have reached the maximum number of CloudFront functions for this AWS account.'
    throw new AwsError(400, 'TooManyFunctions', message)
  }
  const now = context.now()
  const development = { ...saved, version: 1, createdAt: now, modifiedAt: now }
  return { name: Name, development, published: [], tags: tagMap(Tags?.Items ?? []) }
}

/** Checks what is to be saved. Throws InvalidArgument, FunctionSizeLimitExceeded. */
function accept({ context, stores }: FunctionParts, config: FunctionConfig, code: Buffer): SavedFunction {
  if (config.Comment.length > 128) throw invalidArgument('The parameter Comment is too long.')
  if (code.length === 0) throw invalidArgument('The parameter FunctionCode is required.')
  if (code.length > maxCode) throw new AwsError(413, 'FunctionSizeLimitExceeded', 'The function is too large.')
  const associations = itemsOf(config.KeyValueStoreAssociations)
  if (associations.length > 1) throw invalidArgument('The parameter KeyValueStoreAssociations has too many items.')
  for (const { KeyValueStoreARN: arn } of associations) {
    if (config.Runtime === 'cloudfront-js-1.0') {
      throw invalidArgument(`The parameter KeyValueStoreAssociations is not supported by runtime ${config.Runtime}.`)
    }
    const store = storeByArn(context, stores, arn)
    if (store === undefined) throw invalidArgument(`The parameter KeyValueStoreAssociationArn ${arn} does not exist.`)
    if (!isReady(context, store)) {
      const rule = 'cannot be associated before the resource is provisioned'
      throw invalidArgument(`The parameter KeyValueStoreAssociationArn ${arn} ${rule}`)
    }
  }
  // An empty list is answered like one that was left out.
  const { KeyValueStoreAssociations, ...rest } = config
  const kept = associations.length === 0 ? rest : { ...rest, KeyValueStoreAssociations }
  return { config: kept, code: code.toString('base64') }
}

async function test(parts: FunctionParts, request: AwsRequest, document: FunctionDocument) {
  const { context, stores, runtime } = parts
  const asked = readDocument(parseXml(await request.buffer()), 'TestFunctionRequest', testFunctionRequest)
  const stage = asked.Stage ?? 'DEVELOPMENT'
  const tested = inStage(document, stage)
  if (request.headers['if-match'] !== etagOf(tested.version)) {
    const message = 'The If-Match version is missing or not valid for the resource.'
    throw new AwsError(400, 'InvalidIfMatchVersion', message)
  }
  const ran = runnable(functionArn(context, document.name), tested)
  const store = ran.storeArn === undefined ? undefined : storeByArn(context, stores, ran.storeArn)
  const keys = store === undefined ? undefined : storeForFunction(context, store, 'once')
  const run = await runtime.run(ran, eventIn(asked.EventObject), keys)
  return {
    stage,
    ComputeUtilization: Math.round(run.computeUtilization),
    FunctionExecutionLogs: { member: run.logs },
    FunctionErrorMessage: run.errorMessage ?? '',
    FunctionOutput: run.output === undefined ? '' : JSON.stringify(run.output),
  }
}

function eventIn(bytes: Buffer): unknown {
  if (bytes.length > maxEvent) throw invalidArgument('The parameter EventObject is too long.')
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw invalidArgument('The parameter EventObject is not valid.')
  }
}
