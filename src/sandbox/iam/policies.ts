import { page, timeText } from './input.ts'
import { type IamOperation, type IamState, uniqueId } from './state.ts'
import type { XmlContent } from '../contracts/xml-document.ts'
import { validationError, type QueryParameters } from '../wire/query.ts'

/** Operations on managed policies, IAM API reference. There are none but those that roles have as their boundaries. */
export const policyOperations: Readonly<Record<string, IamOperation>> = {
  ListPolicies(state, parameters) {
    const scope = oneOf(parameters, 'Scope', ['All', 'AWS', 'Local'])
    const usage = oneOf(parameters, 'PolicyUsageFilter', ['PermissionsPolicy', 'PermissionsBoundary'])
    const prefix = parameters.text('PathPrefix') ?? '/'
    // What is attached is so as a boundary alone, so neither filter leaves some of them out.
    const boundaries = usage === 'PermissionsPolicy' ? [] : [...countedBoundaries(state)]
    const policies = boundaries
      .map(([arn, count]) => policyOf(arn, count))
      .filter(
        ({ isOfAws, path }) => (scope === 'AWS' ? isOfAws : scope !== 'Local' || !isOfAws) && path.startsWith(prefix),
      )
    return page(parameters, policies, 'Policies', ({ shown }) => shown)
  },
}

/** How many roles each of them bounds. */
function countedBoundaries({ roles }: IamState): Map<string, number> {
  const counted = new Map<string, number>()
  for (const { boundary } of roles.list()) {
    if (boundary !== undefined) counted.set(boundary, (counted.get(boundary) ?? 0) + 1)
  }
  return counted
}

interface ManagedPolicy {
  readonly isOfAws: boolean
  readonly path: string
  readonly shown: XmlContent
}

function policyOf(arn: string, boundaryCount: number): ManagedPolicy {
  const [, owner, path = '/', name = ''] = /^arn:aws:iam::(aws|\d{12}):policy(\/(?:.*\/)?)([^/]+)$/.exec(arn) ?? []
  return {
    isOfAws: owner === 'aws',
    path,
    shown: {
      PolicyName: name,
      PolicyId: uniqueId('ANPA', arn),
      Arn: arn,
      Path: path,
      DefaultVersionId: 'v1',
      AttachmentCount: 0,
      PermissionsBoundaryUsageCount: boundaryCount,
      IsAttachable: true,
      CreateDate: timeText(0),
      UpdateDate: timeText(0),
    },
  }
}

function oneOf(parameters: QueryParameters, name: string, values: readonly string[]): string | undefined {
  const value = parameters.text(name)
  if (value === undefined || values.includes(value)) return value
  const member = name.charAt(0).toLowerCase() + name.slice(1)
  const known = `Member must satisfy enum value set: [${values.join(', ')}]`
  throw validationError([`Value '${value}' at '${member}' failed to satisfy constraint: ${known}`])
}
