import type { Node } from '@ruby/prism/src/nodes.js'

/** What a node is made of. Prism's own `compactChildNodes` leaves out lists that stand among other children. */
export const childrenOf = (node: Node): Node[] => node.childNodes().filter((child) => child !== null)

/** In words: `range`, `while`, `regular expression`. Bundled classes may have other names, so it is read off the JSON. */
export function kindOf(node: Node): string {
  const json: unknown = node.toJSON()
  const type = typeof json === 'object' && json !== null && 'type' in json ? String(json.type) : 'Expression'
  return type
    .replace(/Node$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase()
}
