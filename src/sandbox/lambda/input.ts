import { ZipError, ZipSizeError } from '../../zip-archive.ts'
import type { FunctionReference, FunctionSettings } from './function.ts'
import { checkPackage, packageLimits } from './function-package.ts'
import { isObject, type JsonObject } from '../../json-object.ts'
import { validationMessage } from '../wire/query.ts'
import { AwsError } from '../contracts/service.ts'

/** Runtimes of the service model, as of November 2026. */
const runtimes = [
  ...['nodejs22.x', 'nodejs24.x', 'nodejs26.x'],
  ...['python3.10', 'python3.11', 'python3.12', 'python3.13', 'python3.14'],
  ...['java8.al2', 'java11', 'java17', 'java21', 'java25'],
  ...['dotnet8', 'dotnet10', 'ruby3.3', 'ruby3.4', 'ruby4.0', 'provided.al2', 'provided.al2023'],
]
/** Neither creating nor updating a function with these is allowed any more (developer guide, "Lambda runtimes"). */
const blockedRuntimes = [
  ...['nodejs', 'nodejs4.3', 'nodejs4.3-edge', 'nodejs6.10', 'nodejs8.10', 'nodejs10.x', 'nodejs12.x'],
  ...['nodejs14.x', 'nodejs16.x', 'nodejs18.x', 'nodejs20.x'],
  ...['python2.7', 'python3.6', 'python3.7', 'python3.8', 'python3.9', 'ruby2.5', 'ruby2.7', 'ruby3.2', 'java8'],
  ...['go1.x', 'provided', 'dotnetcore1.0', 'dotnetcore2.0', 'dotnetcore2.1', 'dotnetcore3.1', 'dotnet6'],
]

const maxZipBytes = 52_428_800
/** Settings that are stored and given back, and change nothing here. */
const otherMembers = [
  ...['VpcConfig', 'DeadLetterConfig', 'KMSKeyArn', 'TracingConfig', 'Layers', 'FileSystemConfigs'],
  ...['EphemeralStorage', 'SnapStart', 'ImageConfig'],
]

export const invalidParameter = (message: string): AwsError =>
  new AwsError(400, 'InvalidParameterValueException', message)

const validation = (problems: string[]): AwsError =>
  new AwsError(400, 'ValidationException', validationMessage(problems))

const constraint = (value: unknown, member: string, rule: string): string =>
  `Value '${String(value)}' at '${member}' failed to satisfy constraint: Member must ${rule}`

/** A string member; another type is what Lambda calls a SerializationException. */
export function textMember(body: JsonObject, member: string): string | undefined {
  const value = body[member]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw wrongType(member, 'a string')
  return value
}

export function flagMember(body: JsonObject, member: string): boolean {
  const value = body[member]
  if (value === undefined || value === null) return false
  if (typeof value !== 'boolean') throw wrongType(member, 'a boolean')
  return value
}

export function numberMember(body: JsonObject, member: string): number | undefined {
  const value = body[member]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(member, 'an integer')
  return value
}

/** A map of strings, such as Tags. */
export function mapMember(body: JsonObject, member: string): Record<string, string> | undefined {
  const value = body[member]
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) throw wrongType(member, 'a map')
  return Object.fromEntries(Object.keys(value).map((key) => [key, textMember(value, key) ?? '']))
}

const wrongType = (member: string, type: string): AwsError =>
  new AwsError(400, 'SerializationException', `Member ${member} could not be deserialized: it must be ${type}.`)

/**
 * What a function is called in a request: a name, a partial ARN or an ARN, each with or without a qualifier.
 * Throws ValidationException, or ResourceNotFoundException for an ARN of another region.
 */
export function parseReference(
  text: string,
  qualifier: string | undefined,
  region: string,
  accountId: string,
): FunctionReference {
  const pattern =
    /^(?:arn:aws:lambda:(?<region>[a-z0-9-]+):)?(?:(?<account>\d{12}):)?(?:function:)?(?<name>[A-Za-z0-9_-]+)(?::(?<inner>\$LATEST|[A-Za-z0-9_-]+))?$/
  const { region: arnRegion, account, name, inner } = pattern.exec(text)?.groups ?? {}
  if (name === undefined || text.length > 140 || name.length > 64) {
    const regex =
      '(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?'
    throw validation([constraint(text, 'functionName', `satisfy regular expression pattern: ${regex}`)])
  }
  if (arnRegion !== undefined && arnRegion !== region) {
    const message = `Functions from '${arnRegion}' are not reachable in this region ('${region}')`
    throw new AwsError(404, 'ResourceNotFoundException', message)
  }
  if (account !== undefined && account !== accountId) {
    throw new AwsError(403, 'AccessDeniedException', `Cross-account access to ${text} is not allowed.`)
  }
  if (inner !== undefined && qualifier !== undefined && inner !== qualifier) {
    throw invalidParameter('The derived qualifier from the function name does not match the specified qualifier.')
  }
  return { name, qualifier: qualifier ?? inner }
}

/** The settings in a request; members that are missing stay undefined. Throws ValidationException (400). */
export function readSettings(body: JsonObject): Partial<FunctionSettings> {
  const settings = {
    runtime: textMember(body, 'Runtime'),
    role: textMember(body, 'Role'),
    handler: textMember(body, 'Handler'),
    description: textMember(body, 'Description'),
    timeout: numberMember(body, 'Timeout'),
    memorySize: numberMember(body, 'MemorySize'),
    architectures: architecturesIn(body),
    environment: isObject(body['Environment']) ? mapMember(body['Environment'], 'Variables') : undefined,
    logGroup: isObject(body['LoggingConfig']) ? textMember(body['LoggingConfig'], 'LogGroup') : undefined,
    others: othersIn(body),
  }
  const problems = [...rangeProblems(settings), ...patternProblems(settings)]
  if (problems.length > 0) throw validation(problems)
  checkRuntime(settings.runtime)
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}

function othersIn(body: JsonObject): Record<string, unknown> | undefined {
  const present = otherMembers.filter((member) => body[member] !== undefined)
  return present.length === 0 ? undefined : Object.fromEntries(present.map((member) => [member, body[member]]))
}

function architecturesIn(body: JsonObject): string[] | undefined {
  const value = body['Architectures']
  if (!Array.isArray(value)) return undefined
  const names = value.map(String)
  if (names.length === 1 && (names[0] === 'x86_64' || names[0] === 'arm64')) return names
  throw validation([constraint(`[${names.join(', ')}]`, 'architectures', 'satisfy enum value set: [x86_64, arm64]')])
}

type Ranges = { timeout: number | undefined; memorySize: number | undefined }

function rangeProblems({ timeout, memorySize }: Ranges): string[] {
  const bounded: [string, number | undefined, number, number][] = [
    ['timeout', timeout, 1, 900],
    ['memorySize', memorySize, 128, 10_240],
  ]
  return bounded.flatMap(([member, value, low, high]) => {
    if (value === undefined) return []
    if (value < low) return [constraint(value, member, `have value greater than or equal to ${low}`)]
    return value > high ? [constraint(value, member, `have value less than or equal to ${high}`)] : []
  })
}

type Patterns = { role: string | undefined; handler: string | undefined; description: string | undefined }

function patternProblems({ role, handler, description }: Patterns): string[] {
  const rolePattern = 'arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+'
  const problems: string[] = []
  if (role !== undefined && !new RegExp(`^${rolePattern}$`).test(role)) {
    problems.push(constraint(role, 'role', `satisfy regular expression pattern: ${rolePattern}`))
  }
  if (handler !== undefined && !/^\S+$/.test(handler)) {
    problems.push(constraint(handler, 'handler', 'satisfy regular expression pattern: [^\\s]+'))
  }
  for (const [member, value, length] of [
    ['handler', handler, 128],
    ['description', description, 256],
  ] as const) {
    if (value !== undefined && value.length > length) {
      problems.push(constraint(value, member, `have length less than or equal to ${length}`))
    }
  }
  return problems
}

function checkRuntime(runtime: string | undefined): void {
  if (runtime === undefined || runtimes.includes(runtime)) return
  if (blockedRuntimes.includes(runtime)) {
    throw invalidParameter(
      `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. ` +
        'We recommend you use a supported runtime while creating or updating functions.',
    )
  }
  const known = [...runtimes, ...blockedRuntimes].join(', ')
  const rule = `satisfy enum value set: [${known}] or be a valid ARN`
  throw invalidParameter(constraint(runtime, 'runtime', rule))
}

/**
 * The zip in `ZipFile` (base64), once it has been read to its end. Throws InvalidParameterValueException for what can't be
 * unpacked, or is too large when it is.
 */
export async function readZip(code: JsonObject): Promise<Buffer> {
  const encoded = textMember(code, 'ZipFile')
  if (encoded === undefined) {
    if (code['S3Bucket'] !== undefined || code['ImageUri'] !== undefined) {
      throw invalidParameter('The sandbox takes function code only as ZipFile.')
    }
    throw invalidParameter('Please provide a source for function code.')
  }
  const zip = Buffer.from(encoded, 'base64')
  if (zip.length > maxZipBytes) {
    const limit = `must be less than ${maxZipBytes} bytes for direct uploads`
    throw new AwsError(413, 'RequestEntityTooLargeException', `Request ${limit}`)
  }
  const count = await checkPackage(zip).catch((error: unknown) => {
    if (error instanceof ZipSizeError) {
      throw invalidParameter(`Unzipped size must be smaller than ${packageLimits.bytes} bytes`)
    }
    if (!(error instanceof ZipError)) throw error
    const message = 'Could not unzip uploaded file. Please check your file, then try to upload again.'
    throw invalidParameter(`${message} (${error.message})`)
  })
  if (count === 0) throw invalidParameter('Uploaded file must be a non-empty zip')
  return zip
}

/** Throws InvalidParameterValueException for tags that Lambda would not take. */
export function checkTags(tags: Readonly<Record<string, string>>): void {
  const entries = Object.entries(tags)
  if (entries.length > 50) throw invalidParameter('The number of tags exceeds the maximum of 50.')
  for (const [key, value] of entries) {
    if (key === '' || key.length > 128) throw invalidParameter('Tag keys must be between 1 and 128 characters long.')
    if (value.length > 256) throw invalidParameter('Tag values must be at most 256 characters long.')
    if (/^aws:/i.test(key)) throw invalidParameter("Tag keys must not begin with 'aws:'.")
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(key + value)) {
      throw invalidParameter('Tag keys and values may hold letters, digits, spaces and _.:/=+-@ only.')
    }
  }
}
