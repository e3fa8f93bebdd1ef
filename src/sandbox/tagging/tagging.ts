import type { TaggedResource, TaggedResources } from '../contracts/lambda-peers.ts'
import { isObject, type JsonObject } from '../../json-object.ts'
import { json11Error, json11Response, readJson, targetOperation } from '../wire/json.ts'
import { AwsError, type Service } from '../contracts/service.ts'

const invalid = (message: string): AwsError => new AwsError(400, 'InvalidParameterException', message)

/**
 * The Resource Groups Tagging API: GetResources, over the services that have tagged resources; roles are not among
 * them, as on AWS. Written from its API reference (2017-01-26).
 */
export function createTagging(sources: readonly TaggedResources[]): Service {
  return {
    names: ['tagging'],
    operations: ['GetResources'],
    operation: (request) => targetOperation(request, 'ResourceGroupsTaggingAPI_20170126'),
    // The service signs as tagging, its actions are called tag.
    permissions: (_request, operation) => [{ action: `tag:${operation}` }],
    async handle(request, operation) {
      if (operation !== 'GetResources') throw new AwsError(400, 'UnknownOperationException', '')
      const body = await readJson(request)
      const wanted = selection(body)
      const found = sources
        .flatMap((source) => source.taggedResources(request.region))
        .filter(wanted)
        .sort((a, b) => (a.arn < b.arn ? -1 : 1))
      return json11Response(request, page(body, found))
    },
    error: json11Error,
  }
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

/** Reads the filters: all tag filters must fit, of the types and of a filter's values one. */
function selection(body: JsonObject): (resource: TaggedResource) => boolean {
  const types = texts(body['ResourceTypeFilters'])
  const arns = texts(body['ResourceARNList'])
  if (arns.length > 0 && (types.length > 0 || body['TagFilters'] !== undefined)) {
    throw invalid('ResourceARNList cannot be used together with TagFilters or ResourceTypeFilters.')
  }
  for (const type of types) {
    if (!/^[a-z0-9-]+(:[A-Za-z0-9/-]+)?$/.test(type)) throw invalid(`Resource type ${type} is not valid.`)
  }
  const filters = (Array.isArray(body['TagFilters']) ? body['TagFilters'] : []).map((filter: unknown) => {
    if (!isObject(filter) || typeof filter['Key'] !== 'string') throw invalid('A tag filter must have a Key.')
    return { key: filter['Key'], values: texts(filter['Values']) }
  })
  return ({ arn, type, tags }) =>
    (arns.length === 0 || arns.includes(arn)) &&
    (types.length === 0 || types.some((wanted) => wanted === type || wanted === type.split(':')[0])) &&
    filters.every(({ key, values }) => {
      const value = tags[key]
      return value !== undefined && (values.length === 0 || values.includes(value))
    })
}

/** One page; the token is the last ARN of the page before. */
function page(body: JsonObject, found: readonly TaggedResource[]): object {
  const size = body['ResourcesPerPage'] ?? 100
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || size > 100) {
    throw invalid('ResourcesPerPage must be between 1 and 100.')
  }
  const token = typeof body['PaginationToken'] === 'string' ? body['PaginationToken'] : ''
  const after = Buffer.from(token, 'base64url').toString()
  if (after !== '' && !after.startsWith('arn:')) throw invalid('The PaginationToken is not valid.')
  const rest = found.filter(({ arn }) => arn > after)
  const resources = rest.slice(0, size)
  const last = resources.at(-1)?.arn
  return {
    PaginationToken: rest.length > size && last !== undefined ? Buffer.from(last).toString('base64url') : '',
    ResourceTagMappingList: resources.map(({ arn, tags }) => ({
      ResourceARN: arn,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    })),
  }
}
