/**
 * Draws the rooms of `src/` into docs/architecture.md, as they import each other.
 *
 *     node scripts/architecture.ts
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { fileGraph, folderGraph, type ImportGraph } from './import-graph.ts'
import { rooms } from './lint/rooms.js'

const root = join(import.meta.dirname, '..')
const page = join(root, 'docs/architecture.md')
const marked = /(?<=<!-- rooms: made by npm run docs -->\n)[^]*?(?=<!-- \/rooms -->)/

/**
 * The page with its picture drawn anew.
 *
 * @throws Error where the page has no place for it
 */
export function drawnAnew(text: string): string {
  if (!marked.test(text)) throw new Error('docs/architecture.md lacks the marks between which the rooms are drawn.')
  return text.replace(marked, () => `\n\`\`\`mermaid\n${drawing()}\n\`\`\`\n\n`)
}

/** An arrow is left out where another way leads there: the picture is of who stands on whom. */
function drawing(): string {
  const graph = roomGraph(folderGraph(fileGraph(join(root, 'src'))))
  const arrows = [...graph].flatMap(([from, targets]) =>
    [...targets]
      .filter((to) => ![...targets].some((other) => other !== to && leads(graph, other, to)))
      .map((to) => `  ${idOf(from)} --> ${idOf(to)}`),
  )
  return ['flowchart TD', ...[...graph.keys()].map((room) => `  ${idOf(room)}["${room}"]`), ...arrows].join('\n')
}

function roomGraph(folders: ImportGraph): Map<string, Set<string>> {
  const graph = new Map(
    Object.keys(rooms)
      .sort()
      .map((room) => [room, new Set<string>()]),
  )
  for (const [folder, targets] of folders) {
    for (const target of [...targets].sort()) {
      const [from, to] = [roomOf(folder), roomOf(target)]
      if (from !== undefined && to !== undefined && from !== to) graph.get(from)?.add(to)
    }
  }
  return graph
}

const byLength = Object.keys(rooms).sort((a, b) => b.length - a.length)
const roomOf = (path: string): string | undefined => byLength.find((room) => `${path}/`.startsWith(`${room}/`))
const idOf = (room: string): string => room.replaceAll('/', '_')

const leads = (graph: ReadonlyMap<string, ReadonlySet<string>>, from: string, to: string): boolean =>
  [...(graph.get(from) ?? [])].some((next) => next === to || leads(graph, next, to))

if (import.meta.main) await writeFile(page, drawnAnew(await readFile(page, 'utf8')))
