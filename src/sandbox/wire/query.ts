import type { XmlContent } from '../contracts/xml-document.ts'
import { xmlError, xmlResponse } from './xml.ts'
import { AwsError, type AwsRequest, type AwsResponse } from '../contracts/service.ts'

/** The protocol of IAM and STS: form parameters in, XML out (Smithy, "AWS Query protocol"). */
export interface QueryProtocol {
  /** The value of `Action`. Throws MissingAction, InvalidAction. */
  operation(request: AwsRequest): Promise<string>
  respond(request: AwsRequest, operation: string, result?: XmlContent): AwsResponse
  error(error: AwsError, request: AwsRequest): AwsResponse
}

export function queryProtocol(namespace: string, version: string): QueryProtocol {
  return {
    async operation(request) {
      const parameters = await queryParameters(request)
      const action = parameters.text('Action')
      const asked = parameters.text('Version')
      if (action === undefined) throw new AwsError(400, 'MissingAction', 'Missing Action')
      if (asked !== version) {
        const message = `Could not find operation ${action} for version ${asked ?? 'NO_VERSION_SPECIFIED'}`
        throw new AwsError(400, 'InvalidAction', message)
      }
      return action
    },
    respond(request, operation, result) {
      const content = {
        ...(result === undefined ? {} : { [`${operation}Result`]: result }),
        ResponseMetadata: { RequestId: request.requestId },
      }
      return xmlResponse(request, `${operation}Response`, content, { namespace })
    },
    error: (error, request) => xmlError(error, request, namespace),
  }
}

/** The parameters of a query request. */
export interface QueryParameters {
  text(name: string): string | undefined
  /** Is there anything of this name, or in it? */
  has(name: string): boolean
  /** Throws ValidationError as AWS does for a missing required member. */
  required(name: string): string
  /** `Name.member.1`, `Name.member.2` … */
  list(name: string): string[]
  /** Structures in a list: `Name.member.1.Key`, `Name.member.1.Value` … */
  structures(name: string): Record<string, string>[]
}

/** Reads the form in the body, and the query string of a GET. */
export async function queryParameters(request: AwsRequest): Promise<QueryParameters> {
  const body = await request.buffer()
  const form = new URLSearchParams([...request.query, ...new URLSearchParams(body.toString('utf8'))])
  const structures = (name: string): Record<string, string>[] => {
    const found = new Map<number, Record<string, string>>()
    const prefix = `${name}.member.`
    for (const [key, value] of form) {
      if (!key.startsWith(prefix)) continue
      const [index = '', ...members] = key.slice(prefix.length).split('.')
      const structure = found.get(Number(index)) ?? {}
      structure[members.join('.')] = value
      found.set(Number(index), structure)
    }
    return [...found].sort(([a], [b]) => a - b).map(([, structure]) => structure)
  }
  return {
    text: (name) => form.get(name) ?? undefined,
    has: (name) => form.has(name) || structures(name).length > 0,
    required(name) {
      const value = form.get(name)
      if (value !== null) return value
      const member = name.charAt(0).toLowerCase() + name.slice(1)
      throw validationError([`Value null at '${member}' failed to satisfy constraint: Member must not be null`])
    },
    list: (name) => structures(name).flatMap((structure) => structure[''] ?? []),
    structures,
  }
}

/** AWS's validation message, used by the query and JSON protocols alike. */
export function validationMessage(problems: readonly string[]): string {
  const count = `${problems.length} validation error${problems.length === 1 ? '' : 's'} detected`
  return `${count}: ${problems.join('; ')}`
}

export const validationError = (problems: readonly string[]): AwsError =>
  new AwsError(400, 'ValidationError', validationMessage(problems))
