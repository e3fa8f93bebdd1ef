/**
 * Writes schemas/ and the lists of docs/json.md: what `--json` prints, read off the types of the commands and their
 * comments.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

import { format, resolveConfig } from 'prettier'
import {
  ArrayType,
  type BaseType,
  type CompletedConfig,
  type Context,
  createFormatter,
  createParser,
  createProgram,
  DEFAULT_CONFIG,
  type NodeParser,
  type Schema,
  SchemaGenerator,
  StringType,
  type SubNodeParser,
} from 'ts-json-schema-generator'
import ts from 'typescript'

import { wrap } from '../src/ui/wrap.ts'

/** Characters, beside the mark of a list: a terminal of usual width shows it whole. */
const lineWidth = 124

const root = join(import.meta.dirname, '..')
const commands = join(root, 'src/commands')

const config: CompletedConfig = {
  ...DEFAULT_CONFIG,
  path: join(root, 'src/{commands/*,ui/help-document}.ts'),
  tsconfig: join(root, 'tsconfig.json'),
  skipTypeCheck: true,
  // Newer versions may tell more.
  additionalProperties: true,
  topRef: false,
  functions: 'hide',
  expose: 'none',
}
const program = createProgram(config)

/** What of our own stands in JSON as something else than its members: see `toJSON` in src/text.ts and src/ui/lazily.ts. */
class OwnTypes implements SubNodeParser {
  readonly #chain: NodeParser

  constructor(chain: NodeParser) {
    this.#chain = chain
  }

  supportsNode(node: ts.Node): boolean {
    return ts.isTypeReferenceNode(node) && ['Lazily', 'Verbatim'].includes(node.typeName.getText())
  }

  createType(node: ts.Node, context: Context): BaseType {
    const [entry] = ts.isTypeReferenceNode(node) ? (node.typeArguments ?? []) : []
    return entry === undefined ? new StringType() : new ArrayType(this.#chain.createType(entry, context))
  }
}

const parser = createParser(program, config, (chain) =>
  chain.addNodeParser(new OwnTypes(chain as unknown as NodeParser)),
)
const generator = new SchemaGenerator(program, parser, createFormatter(config), config)

/** The schema of a type that a file declares. */
function schemaOf(file: string, name: string): Schema {
  const isIt = (node: ts.Statement): boolean =>
    (ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node)) && node.name.text === name
  const found = program.getSourceFile(file)?.statements.find(isIt)
  if (found === undefined) throw new Error(`${file} declares no type ${name}.`)
  return generator.createSchemaFromNodes([found])
}

/** A member that may be anything may be undefined too, which JSON leaves out. */
function withoutDoubtful(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutDoubtful)
  if (typeof schema !== 'object' || schema === null) return schema
  // Of a class, what is its own is no member.
  const told = Object.entries(schema).filter(([name]) => !name.startsWith('#'))
  const inner = Object.fromEntries(told.map(([name, value]) => [name, withoutDoubtful(value)]))
  const { properties, required } = inner
  if (typeof properties !== 'object' || properties === null || !Array.isArray(required)) return inner
  const isTyped = (name: unknown): boolean =>
    Object.keys(Object(Reflect.get(properties, String(name))) as object).some((word) => word !== 'description')
  const left = required.filter(isTyped)
  return { ...inner, required: left.length === 0 ? undefined : left }
}

const failure = withoutDoubtful(schemaOf(join(root, 'src/ui/envelope.ts'), 'FailureEnvelope')) as Schema
const about = Object.fromEntries(Object.entries(failure.properties ?? {}).filter(([name]) => name !== 'error'))

const schemaFolder = join(root, 'schemas')
const page = join(root, 'docs/json.md')

/** What has a result, in the order of the names, with the type that its file declares it as. */
function told(): { name: string; file: string; type: string }[] {
  const document = join(root, 'src/ui/help-document.ts')
  return [
    ...readdirSync(commands).map((file) => ({
      name: basename(file, '.ts'),
      file: join(commands, file),
      type: 'Result',
    })),
    { name: 'help', file: document, type: 'HelpResult' },
    { name: 'version', file: document, type: 'VersionResult' },
  ].sort((one, other) => (`${one.name}.` < `${other.name}.` ? -1 : 1))
}

/** The files that this script writes, by their path, with what is to be in them. */
export async function jsonFiles(): Promise<Map<string, string>> {
  const written = new Map<string, string>()
  const tables: string[] = []
  for (const { name, file, type } of told()) {
    const { definitions, ...result } = withoutDoubtful(schemaOf(file, type)) as Schema
    const schema = {
      type: 'object',
      properties: { ...about, command: { const: name }, result: { ...result, $schema: undefined } },
      required: ['schemaVersion', 'command', 'changed', 'result', 'warnings'],
      ...(definitions === undefined ? {} : { definitions }),
    }
    written.set(join(schemaFolder, `${name}.json`), await textOf(name, schema))
    tables.push(
      `### ${name}\n\n[schemas/${name}.json](../schemas/${name}.json)\n\n${formsOf(result).join('\n\nor\n\n')}`,
    )
  }
  written.set(join(schemaFolder, 'error.json'), await textOf('error', failure))
  const [before = '', , after = ''] = readFileSync(page, 'utf8').split(/(?<=<!-- results -->\n)|(?=<!-- end -->)/)
  written.set(page, await pretty(page, `${before}\n${tables.join('\n\n')}\n\n${after}`))
  return written
}

const pretty = async (file: string, text: string): Promise<string> =>
  format(text, { ...(await resolveConfig(file)), filepath: file })

const textOf = (name: string, schema: object): Promise<string> =>
  pretty(
    join(schemaFolder, `${name}.json`),
    JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', title: `pc-ctl ${name} --json`, ...schema }),
  )

/** The forms that a result has, each as a list of its members. */
function formsOf(schema: Schema): string[] {
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((one) => (typeof one === 'object' ? formsOf(one) : []))
  const { items } = schema
  if (typeof items === 'object' && !Array.isArray(items)) {
    return formsOf(items).map((form) => `A list; each entry:\n\n${form}`)
  }
  const rows = Object.entries(schema.properties ?? {}).map(([name, member]) => {
    const { description = '' } = typeof member === 'object' ? member : {}
    const mark = schema.required?.includes(name) === true ? '' : ' (not always)'
    const said = [`\`${name}\`${mark}: ${kindOf(member)}`, description.replaceAll('\n', ' ')].filter(
      (part) => part !== '',
    )
    return `- ${wrap(said.join('. '), lineWidth).join('\n  ')}`
  })
  return rows.length === 0 ? ['An object by name.'] : [rows.join('\n')]
}

function kindOf(schema: Schema['items']): string {
  if (typeof schema !== 'object' || Array.isArray(schema)) return 'any'
  const { type, anyOf, items, enum: values, const: only } = schema
  if (only !== undefined) return `\`${JSON.stringify(only)}\``
  if (values !== undefined) return values.map((value) => `\`${JSON.stringify(value)}\``).join(', ')
  if (anyOf !== undefined) return [...new Set(anyOf.map(kindOf))].join(' or ')
  if (type === 'array') return `list of ${kindOf(items)}`
  return [type ?? 'any'].flat().join(' or ')
}

if (process.argv[1] === import.meta.filename) {
  for (const [file, text] of await jsonFiles()) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}
