/** Makes random configuration files. Equal seeds, equal files. */
import { expressions } from './expressions.ts'
import { ordinary } from './ordinary.ts'
import { statements } from './statements.ts'

interface Draw {
  below(limit: number): number
  pick(some: readonly string[]): string
}

/** Mulberry32. */
function drawing(seed: number): Draw {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return { below: (limit) => next() % limit, pick: (some) => some[next() % some.length] ?? '' }
}

/** The templates of a kind, and how many of them are plain. */
interface Kind {
  readonly templates: readonly string[]
  readonly plainOnes: number
}
type Grammar = ReadonlyMap<string, Kind>

const grammarOf = (...parts: readonly Readonly<Record<string, string>>[]): Grammar =>
  new Map(parts.flatMap((part) => Object.entries(part)).map(([kind, text]) => [kind, kindOf(text)]))

function kindOf(text: string): Kind {
  const lines = text.split('\n').map((line) => line.trim().replaceAll('\\n', '\n'))
  const gap = lines.indexOf('')
  const templates = lines.filter((line) => line !== '')
  return { templates, plainOnes: gap === -1 ? templates.length : gap }
}

const deepest = 5

/** Fills the holes of a template, with plainer ones the deeper it gets. */
function make(kind: string, grammar: Grammar, draw: Draw, depth = 0): string {
  const { templates, plainOnes } = grammar.get(kind) ?? { templates: [`{${kind}}`], plainOnes: 1 }
  const template = draw.pick(depth > deepest ? templates.slice(0, plainOnes) : templates)
  const counter = `c${draw.below(1_000_000)}`
  return template.replaceAll('{counter}', counter).replace(/\{(\w+)\}/g, (hole, inner: string) => {
    if (inner === 'block') return block(grammar, draw, depth + 1)
    return grammar.has(inner) ? make(inner, grammar, draw, depth + 1) : hole
  })
}

const statement = (grammar: Grammar, draw: Draw, depth = 0): string =>
  make(draw.below(depth > 2 ? 6 : 3) === 0 ? 'compound' : 'simple', grammar, draw, depth + 1)

const block = (grammar: Grammar, draw: Draw, depth: number): string =>
  Array.from({ length: 1 + draw.below(3) }, () => statement(grammar, draw, depth)).join('\n')

const prelude = [
  "s = 'st'.dup\nt = +'tt'\nn = 3\na = [1, 'i']\nh = { a: 'ha' }\nk = 'x'\n",
  'r = packagecloud_rails\nq = nginx\nm = redis\n',
  'def f1; end\ndef f2(x) end\ndef f3(x) end\ndef f4; end\nl1 = -> {}\nb = c = h2 = rest = i = e = w = nil\nb = []\nh2 = {}\n',
  "packagecloud_rails['t'] = 'tee'\npackagecloud_rails['l'] = [1]\npackagecloud_rails['m'] = { 'x' => 'em' }\n",
]

const wild = grammarOf(expressions, statements)

/** A file of all that Ruby has, most of which has no place in a configuration file. */
export function wildProgram(seed: number): string {
  const draw = drawing(seed)
  const [variables = '', aliases = '', methods = '', keys = ''] = prelude
  const parts = [
    variables,
    draw.below(3) === 0 ? '' : aliases.replace('m = redis', "m = redis['m'] = {}"),
    methods,
    draw.below(2) === 0 ? keys : '',
  ]
  const length = 2 + draw.below(10)
  const lines = Array.from({ length }, () => `${statement(wild, draw)}\n`)
  return [...parts, ...lines, "packagecloud_rails['last'] = 'plain'\n"].join('')
}

const usual = grammarOf(expressions, ordinary)

/** A file such as people and Chef write them. */
export function ordinaryProgram(seed: number): string {
  const draw = drawing(seed)
  const length = 3 + draw.below(12)
  return Array.from({ length }, () => `${statement(usual, draw)}\n`).join('')
}
