import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

import ejs from 'ejs'

import { shellWord } from '../shell.ts'
import type { Drawing } from './drawing.ts'
import { packageRoot } from './package-root.ts'
import { controls, printable } from './printable.ts'
import { readProse } from './prose.ts'
import type { ShownPage } from './shown-page.ts'
import type { Block } from '../text.ts'

/** What each template of templates/NAME.ejs is filled in with. A property that may be undefined may be left out. */
export interface TemplateData {
  'cloudfront-secret.rb': { secret: string; previousSecret?: string | undefined }
  'cloudfront-secret-first.txt': { configFile: string; configFound: boolean; bootstrap: string; elsewhere: boolean }
  'cloudfront-secret-replacement.txt': {
    configFile: string
    bootstrap: string
    old: 'printed' | 'renamed' | 'dropped'
    oldLine: number
    previousLine?: number | undefined
  }
  'cloudfront-secret-written.txt': { configFile: string; bootstrap: string; isReplaced: boolean }
  'doctor-proxies.txt': {
    hosts: readonly { name: string; port: string; scheme: string }[]
    domains: string
    passThrough: string
    refresh: string
  }
  'report.html': { page: ShownPage }
  'status-graph.svg': { drawing: Drawing }
  'completion.bash': Record<string, never>
  'completion.zsh': Record<string, never>
  'completion.fish': Record<string, never>
  'disable-cloudfront.rb': Record<string, never>
  'disable-cloudfront.txt': {
    configFile: string
    line?: number | undefined
    reason?: string | undefined
    reconfigure: string
    restart: string
    check: string
  }
  'disable-cloudfront-after.txt': { reconfigure: string; restart: string }
  'cloudfront-distribution.rb': { distributionId: string; packagesDomain: string }
}

/** What one template has written, for another to take as it is; made by {@link renderPart} alone. */
export class Part {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Literal = (value: unknown) => string

/** How a value is written in the language of a template, by the ending of the template's name. */
const literals: Readonly<Record<string, Literal>> = {
  '.rb': rubyLiteral,
  '.js': jsonLiteral,
  '.mjs': jsonLiteral,
  '.json': jsonLiteral,
  '.sh': shellLiteral,
  '.bash': shellLiteral,
  '.zsh': shellLiteral,
  // Between single quotes fish takes a backslash for one that escapes.
  '.fish': (value) => shellLiteral(plainText(value).replaceAll('\\', '\\\\')),
  '.md': plainText,
  '.svg': (value) => htmlText(printable(plainText(value))),
  '.html': (value) =>
    value instanceof Part ? value.text : htmlText(plainText(value).split('\n').map(printable).join('\n')),
  '.txt': (value) => printable(plainText(value)),
}

/**
 * Fills in a template. `<%= x %>` always prints a literal of the template's language, so no value can break out of the
 * place it is put in.
 *
 * @returns the text, which ends in a line break
 * @throws TypeError for a value that the language has no literal for, and for one that is missing
 */
export async function render<K extends keyof TemplateData>(name: K, data: TemplateData[K]): Promise<string> {
  const source = await readFile(join(packageRoot, 'templates', `${name}.ejs`), 'utf8')
  return fill(source, name, { ...data })
}

/** As {@link render}, of markup that is to stand in a page. */
export const renderPart = async (name: 'status-graph.svg', data: TemplateData[typeof name]): Promise<Part> =>
  new Part(await render(name, data))

type Prose = Extract<keyof TemplateData, `${string}.txt`>

/** Fills in a template that is prose, see {@link readProse}. */
export const renderProse = async <K extends Prose>(name: K, data: TemplateData[K]): Promise<Block[]> =>
  readProse(await render(name, data))

/** Fills in the text of a template; `name` tells the language. */
export function fill(source: string, name: string, data: Readonly<Record<string, unknown>>): string {
  const escape = literals[extname(name)]
  if (escape === undefined) throw new TypeError(`${name} is in a language without literals`)
  return ejs.render(source, { data }, { escape, _with: false, localsName: 'given', destructuredLocals: ['data'] })
}

/** What nobody would see in a string, or not as it is. */
const unseen = new RegExp(`${controls.source}|\ufeff`, 'u')

/**
 * A Ruby literal: a quoted string, true, false, an Integer or nil.
 *
 * @throws TypeError for anything else, and for a string that is not well-formed Unicode
 */
export function rubyLiteral(value: unknown): string {
  if (value === null) return 'nil'
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
  if (typeof value !== 'string' || !value.isWellFormed()) throw noLiteral(value, 'Ruby')
  // Between single quotes Ruby takes all but these two as they are, but turns CR LF into LF.
  if (!unseen.test(value)) return `'${value.replace(/[\\']/g, '\\$&')}'`
  const escaped = value
    .replace(/[\\"#]/g, '\\$&')
    .replace(new RegExp(unseen, 'gu'), (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return `"${escaped}"`
}

function shellLiteral(value: unknown): string {
  const text = plainText(value)
  if (text.includes('\0')) throw noLiteral(value, 'the shell')
  return shellWord(text)
}

function jsonLiteral(value: unknown): string {
  const json: unknown = JSON.stringify(value)
  if (typeof json !== 'string') throw noLiteral(value, 'JSON')
  return json
}

function plainText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  throw noLiteral(value, 'text')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text of HTML, and a value between its quotes. */
const htmlText = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '')

const noLiteral = (value: unknown, language: string): TypeError =>
  new TypeError(`no literal of ${language} for ${value === undefined ? 'a missing value' : `this ${typeof value}`}`)
