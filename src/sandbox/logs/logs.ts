import { isObject, type JsonObject } from '../../json-object.ts'
import { json11Error, json11Response, readJson, targetOperation } from '../wire/json.ts'
import { AwsError, type Context, type Permission, type Service } from '../contracts/service.ts'
import type { Collection } from '../contracts/store.ts'

interface LogGroup {
  readonly region: string
  readonly name: string
  readonly createdAt: number
}

interface State {
  readonly context: Context
  readonly groups: Collection<LogGroup>
}

type Operation = (state: State, input: JsonObject, region: string) => object

/**
 * CloudWatch Logs: log groups, and nothing in them. Written from its API reference (2014-03-28), names, limits and messages
 * as there.
 */
export function createLogs(context: Context): Service {
  const state: State = { context, groups: context.store.collection<LogGroup>('log-group') }
  return {
    names: ['logs'],
    operations: Object.keys(operations),
    operation: (request) => targetOperation(request, 'Logs_20140328'),
    async permissions(request, operation): Promise<readonly Permission[]> {
      const input = await readJson(request)
      const name = textIn(input, 'logGroupName') ?? textIn(input, 'logGroupNamePrefix') ?? ''
      return [{ action: `logs:${operation}`, resource: arnOf(state, { region: request.region, name }) }]
    },
    async handle(request, operation) {
      const run = operations[operation]
      if (run === undefined) throw new AwsError(400, 'UnknownOperationException', '')
      return json11Response(request, run(state, await readJson(request), request.region))
    },
    error: json11Error,
  }
}

const operations: Readonly<Record<string, Operation>> = {
  CreateLogGroup(state, input, region) {
    const name = nameIn(input)
    if (state.groups.get(idOf(region, name)) !== undefined) {
      throw new AwsError(400, 'ResourceAlreadyExistsException', 'The specified log group already exists')
    }
    state.groups.put(idOf(region, name), { region, name, createdAt: state.context.now() })
    return {}
  },
  DeleteLogGroup(state, input, region) {
    const name = nameIn(input)
    if (state.groups.get(idOf(region, name)) === undefined) {
      throw new AwsError(400, 'ResourceNotFoundException', 'The specified log group does not exist.')
    }
    state.groups.delete(idOf(region, name))
    return {}
  },
  DescribeLogGroups(state, input, region) {
    const prefix = textIn(input, 'logGroupNamePrefix') ?? ''
    const limit = input['limit'] ?? 50
    if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > 50) {
      throw invalid(
        `Value '${JSON.stringify(limit)}' at 'limit' failed to satisfy constraint: Member must be between 1 and 50`,
      )
    }
    const after = textIn(input, 'nextToken') ?? ''
    const rest = state.groups
      .list()
      .filter((group) => group.region === region && group.name.startsWith(prefix) && group.name > after)
    const page = rest.slice(0, limit)
    return {
      logGroups: page.map((group) => ({
        logGroupName: group.name,
        arn: `${arnOf(state, group)}:*`,
        creationTime: group.createdAt,
        metricFilterCount: 0,
        storedBytes: 0,
      })),
      ...(rest.length > limit ? { nextToken: page.at(-1)?.name } : {}),
    }
  },
}

const idOf = (region: string, name: string): string => `${region} ${name}`

const arnOf = ({ context }: State, { region, name }: Pick<LogGroup, 'region' | 'name'>): string =>
  `arn:aws:logs:${region}:${context.accountId}:log-group:${name}`

function textIn(input: JsonObject, member: string): string | undefined {
  const value = isObject(input) ? input[member] : undefined
  return typeof value === 'string' ? value : undefined
}

function nameIn(input: JsonObject): string {
  const name = textIn(input, 'logGroupName') ?? ''
  if (/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name)) return name
  throw invalid(
    `1 validation error detected: Value '${name}' at 'logGroupName' failed to satisfy constraint: Member must satisfy ` +
      'regular expression pattern: [\\.\\-_/#A-Za-z0-9]+',
  )
}

const invalid = (message: string): AwsError => new AwsError(400, 'InvalidParameterException', message)
