/** What `--json` prints, held against the schemas that are shipped: no member may be missing, and none may be more. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { Ajv, type ValidateFunction } from 'ajv'

const folder = join(import.meta.dirname, '../../schemas')
const ajv = new Ajv({ allErrors: true, allowUnionTypes: true })
const validators = new Map<string, ValidateFunction>()

/** @throws Error that names what does not fit */
export function assertDocument(stdout: string): unknown {
  const document = JSON.parse(stdout) as { command?: unknown; error?: unknown }
  const name = document.error === undefined ? String(document.command) : 'error'
  const validate = validators.get(name) ?? ajv.compile(closed(schemaOf(name)) as object)
  validators.set(name, validate)
  if (!validate(document)) {
    throw new Error(`schemas/${name}.json: ${ajv.errorsText(validate.errors)}\n${stdout.slice(0, 2000)}`)
  }
  return document
}

/** The result in a document of a command that came to its end. */
export function resultOf(stdout: string): unknown {
  const document = assertDocument(stdout)
  if (typeof document === 'object' && document !== null && 'result' in document) return document.result
  throw new Error(`No result: ${stdout}`)
}

const schemaOf = (name: string): unknown => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))

/** Schemas let newer versions tell more; this version tells what it says. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]))
  const isClosable = 'properties' in schema && 'type' in schema && !('additionalProperties' in schema)
  return isClosable ? { ...inner, additionalProperties: false } : inner
}
