import type { Block, Tree } from '../text.ts'
import type { Screen } from './screen.ts'

/** What leads to a branch, to the last one, and what stands beside the lines beneath either. */
const branches = {
  unicode: { branch: '├─ ', last: '└─ ', beside: '│  ', beneath: '   ' },
  ascii: { branch: '|- ', last: '`- ', beside: '|  ', beneath: '   ' },
} as const

/** Lays a tree out: what hangs on something stands beneath it. */
export function treeLines(
  { label, children }: Tree,
  screen: Screen,
  linesOf: (block: Block, screen: Screen) => string[],
): string[] {
  const { branch, last, beside, beneath } = branches[screen.unicode ? 'unicode' : 'ascii']
  const inner = { ...screen, columns: screen.columns - branch.length }
  const [first = '', ...rest] = linesOf(label, screen)
  const trunk = children.length > 0 ? beside : beneath
  return [
    first,
    ...rest.map((line) => trunk + line),
    ...children.flatMap((child, index) => {
      const isLast = index === children.length - 1
      const [top = '', ...below] = treeLines(child, inner, linesOf)
      return [(isLast ? last : branch) + top, ...below.map((line) => (isLast ? beneath : beside) + line)]
    }),
  ]
}
