import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

import ts from 'typescript'

/** What imports what, types included; all by their path in `src/`. */
export type ImportGraph = ReadonlyMap<string, ReadonlySet<string>>

/**
 * Reads the imports of all files below a folder.
 *
 * @param root - such as `src`
 */
export function fileGraph(root: string): ImportGraph {
  const graph = new Map<string, Set<string>>()
  for (const file of globSync('**/*.ts', { cwd: root }).sort()) {
    const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), 'utf8'))
    const targets = importedFiles
      .filter(({ fileName }) => fileName.startsWith('.'))
      .map(({ fileName }) => normalize(join(dirname(file), fileName)))
    graph.set(file, new Set(targets.filter((target) => !target.startsWith('..'))))
  }
  return graph
}

/**
 * The imports of files as imports of their folders. A file that stands beside folders, such as `reindex/run.ts`, counts by
 * itself: it is a front door of theirs or what they stand on.
 */
export function folderGraph(files: ImportGraph): ImportGraph {
  const nested = new Set([...files.keys()].flatMap((file) => parentsOf(dirname(file))))
  const nodeOf = (file: string): string => (nested.has(dirname(file)) ? file : dirname(file))
  const graph = new Map<string, Set<string>>()
  for (const [file, targets] of files) {
    const edges = graph.get(nodeOf(file)) ?? new Set<string>()
    graph.set(nodeOf(file), edges)
    for (const target of targets) if (nodeOf(target) !== nodeOf(file)) edges.add(nodeOf(target))
  }
  return graph
}

/** The folders above a folder, itself not included. */
function parentsOf(folder: string): string[] {
  const parent = dirname(folder)
  return folder === '.' ? [] : [parent, ...parentsOf(parent)]
}

/**
 * The circles of a graph, each as the files or folders on the way round; none where imports go one way.
 */
export function circlesOf(graph: ImportGraph): string[][] {
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
