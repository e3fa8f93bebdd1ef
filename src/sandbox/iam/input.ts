import { PolicySyntaxError } from '../policy/policy-document.ts'
import { validationError, type QueryParameters } from '../wire/query.ts'
import type { XmlContent } from '../contracts/xml-document.ts'
import { AwsError } from '../contracts/service.ts'

export interface Tag {
  Key: string
  Value: string
}

export const noSuchEntity = (message: string): AwsError => new AwsError(404, 'NoSuchEntity', message)
export const alreadyExists = (message: string): AwsError => new AwsError(409, 'EntityAlreadyExists', message)
const invalidInput = (message: string): AwsError => new AwsError(400, 'InvalidInput', message)

/** A required name; `longest` in characters. Throws ValidationError. */
export function nameIn(parameters: QueryParameters, parameter: string, longest: number): string {
  const name = parameters.required(parameter)
  const member = parameter.charAt(0).toLowerCase() + parameter.slice(1)
  if (!/^[\w+=,.@-]+$/.test(name)) {
    throw new AwsError(
      400,
      'ValidationError',
      `The specified value for ${member} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
    )
  }
  if (name.length > longest) {
    const problem = `Value '${name}' at '${member}' failed to satisfy constraint: Member must have length less than or equal to ${longest}`
    throw validationError([problem])
  }
  return name
}

/** `/` where none is given. Throws ValidationError. */
export function pathIn(parameters: QueryParameters): string {
  const path = parameters.text('Path') ?? '/'
  if (path.length <= 512 && /^\/([\x21-\x2e\x30-\x7e]+\/)*$/.test(path)) return path
  throw new AwsError(
    400,
    'ValidationError',
    'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
  )
}

/** Tags as IAM takes them: keys that differ only in case are the same. Throws InvalidInput, LimitExceeded, ValidationError. */
export function tagsIn(parameters: QueryParameters): Tag[] {
  const tags = parameters.structures('Tags').map(({ Key = '', Value = '' }) => ({ Key, Value }))
  for (const { Key, Value } of tags) {
    if (/^aws:/i.test(Key))
      throw invalidInput('Invalid tag key. System tags (those beginning with aws:) cannot be used.')
    if (!isTagText(Key) || Key === '' || Key.length > 128 || !isTagText(Value) || Value.length > 256) {
      throw validationError([
        `Value '${Key}' at 'tags' failed to satisfy constraint: [Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+]`,
      ])
    }
  }
  const keys = new Set(tags.map(({ Key }) => Key.toLowerCase()))
  if (keys.size < tags.length) {
    throw invalidInput('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  }
  return tags
}

const isTagText = (text: string): boolean => /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(text)

/** `given` laid over `present`. Throws LimitExceeded. */
export function mergedTags(present: readonly Tag[], given: readonly Tag[]): Tag[] {
  const replaced = new Set(given.map(({ Key }) => Key.toLowerCase()))
  const tags = [...present.filter(({ Key }) => !replaced.has(Key.toLowerCase())), ...given]
  if (tags.length <= 50) return tags
  throw new AwsError(409, 'LimitExceeded', 'The number of tags has reached the maximum limit.')
}

/** Runs a policy parser; its complaint becomes MalformedPolicyDocument, or an error of the given code. */
export function checkedPolicy(parse: () => unknown, code = 'MalformedPolicyDocument'): void {
  try {
    parse()
  } catch (error) {
    if (error instanceof PolicySyntaxError) throw new AwsError(400, code, error.message)
    throw error
  }
}

/** One page of a list: `MaxItems` and `Marker` in, `IsTruncated` and `Marker` out. */
export function page<T>(
  parameters: QueryParameters,
  items: readonly T[],
  element: string,
  show: (item: T) => XmlContent,
): XmlContent {
  const size = Number(parameters.text('MaxItems') ?? 100)
  if (!Number.isInteger(size) || size < 1 || size > 1000) {
    throw validationError([
      `Value '${size}' at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 1000`,
    ])
  }
  const start = startOf(parameters.text('Marker'))
  const end = start + size
  const truncated = end < items.length
  return {
    [element]: { member: items.slice(start, end).map(show) },
    IsTruncated: truncated,
    Marker: truncated ? Buffer.from(String(end)).toString('base64') : undefined,
  }
}

function startOf(marker: string | undefined): number {
  if (marker === undefined) return 0
  const start = Number(Buffer.from(marker, 'base64').toString())
  if (Number.isInteger(start) && start > 0) return start
  throw new AwsError(400, 'ValidationError', 'Invalid Marker.')
}

/** A time as the query protocol writes it: seconds, UTC. */
export const timeText = (instant: number): string => new Date(instant).toISOString().replace(/\.\d+/, '')
