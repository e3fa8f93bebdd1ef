import { readFileSync } from 'node:fs'
import { globSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

import ts from 'typescript'

/** Folder (or file that stands beside folders) → those that it imports, types included; all by their path in `src/`. */
export type FolderGraph = ReadonlyMap<string, ReadonlySet<string>>

/**
 * Reads the imports of all files below a folder. A file that stands beside folders, such as `reindex/run.ts`, counts by
 * itself: it is a front door of theirs or what they stand on.
 *
 * @param root - such as `src`
 */
export function folderGraph(root: string): FolderGraph {
  const files = globSync('**/*.ts', { cwd: root }).sort()
  const nested = new Set(files.flatMap((file) => parentsOf(dirname(file))))
  const nodeOf = (file: string): string => (nested.has(dirname(file)) ? file : dirname(file))
  const graph = new Map<string, Set<string>>()
  for (const file of files) {
    const edges = graph.get(nodeOf(file)) ?? new Set<string>()
    graph.set(nodeOf(file), edges)
    for (const { fileName } of ts.preProcessFile(readFileSync(join(root, file), 'utf8')).importedFiles) {
      if (!fileName.startsWith('.')) continue
      const target = normalize(join(dirname(file), fileName))
      if (!target.startsWith('..') && nodeOf(target) !== nodeOf(file)) edges.add(nodeOf(target))
    }
  }
  return graph
}

/** The folders above a folder, itself not included. */
function parentsOf(folder: string): string[] {
  const parent = dirname(folder)
  return folder === '.' ? [] : [parent, ...parentsOf(parent)]
}

/**
 * The circles of a graph, each as the folders on the way round; none where imports go one way.
 */
export function circlesOf(graph: FolderGraph): string[][] {
  const circles: string[][] = []
  const done = new Set<string>()
  const visit = (node: string, way: string[]): void => {
    const start = way.indexOf(node)
    if (start >= 0) return void circles.push([...way.slice(start), node])
    if (done.has(node)) return
    for (const next of graph.get(node) ?? []) visit(next, [...way, node])
    done.add(node)
  }
  for (const node of graph.keys()) visit(node, [])
  return circles
}
