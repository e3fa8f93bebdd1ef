/** What exists and what depends on what: as a tree, as Mermaid has it, and as a drawing. */
import type { Drawing } from '../../ui/drawing.ts'
import { renderReportPage } from '../../ui/report-page.ts'
import { type Part, render, renderPart } from '../../ui/template.ts'
import { type Block, item, type Tree, tree } from '../../text.ts'
import { bucketKind, type Status, type StatusLine } from './status.ts'
import { stateMarks, statusBlocks, statusTitle, whichOne } from './text.ts'

const client = 'package manager'
const distributionKind = 'CloudFront distribution'
const signed = 'signed URL'

/** A status as a Mermaid flowchart. */
export function statusGraph({ resources, bucket }: Status): string {
  const edges = resources.flatMap(({ kind, dependsOn }) =>
    dependsOn.map(({ kind: end, as }) => `  ${nodeOf(kind)} -->|"${as}"| ${nodeOf(end)}`),
  )
  return [
    'flowchart LR',
    `  client(["${client}"]) -->|"${signed}"| ${nodeOf(distributionKind)}`,
    ...resources.map((line) => {
      const drift = line.state === 'ok' ? '' : ':::drift'
      return `  ${nodeOf(line.kind)}["${line.kind}<br/>${label(line)}"]${drift}`
    }),
    `  ${nodeOf(bucketKind)}[("${bucketKind}<br/>${bucket.name}")]`,
    ...edges,
    '  classDef drift stroke:#c00,stroke-width:3px',
  ].join('\n')
}

/** Of an installation there is one of each kind: `IAMrole` of "IAM role". */
const nodeOf = (kind: string): string => kind.replace(/\W/g, '')

const label = ({ state, id, name }: StatusLine): string => (state === 'ok' ? id || name : `${name} (${state})`)

/** Something that exists or should, and what it depends on. Of an installation there is one of each kind. */
interface Node {
  readonly kind: string
  /** Which one it is, in full and in short. */
  readonly name: string
  readonly short: string
  readonly state: StatusLine['state']
  readonly dependsOn: readonly { readonly kind: string; readonly as: string }[]
}

/** What nothing else depends on comes before what does. */
function nodesOf({ resources, bucket: { name } }: Status): ReadonlyMap<string, Node> {
  const nodes: readonly Node[] = [
    ...resources.map((line): Node => {
      const { kind, state, dependsOn } = line
      const short = state === 'ok' ? whichOne(line) : `${whichOne(line)} (${state})`
      return { kind, name: label(line), short, state, dependsOn }
    }),
    { kind: bucketKind, name, short: name, state: 'ok', dependsOn: [] },
  ]
  return new Map(nodes.map((node) => [node.kind, node]))
}

/** Where one begins to read: at the client, and at what nothing depends on. */
function rootsOf(nodes: ReadonlyMap<string, Node>): readonly Node[] {
  const ends = new Set([...nodes.values()].flatMap(({ dependsOn }) => dependsOn.map(({ kind }) => kind)))
  const first: Node = {
    kind: client,
    name: '',
    short: '',
    state: 'ok',
    dependsOn: [{ kind: distributionKind, as: signed }],
  }
  return [first, ...[...nodes.values()].filter(({ kind }) => kind !== distributionKind && !ends.has(kind))]
}

/** A status as trees: what something depends on hangs on it. */
export function statusTrees(status: Status): Block[] {
  const nodes = nodesOf(status)
  const hung = ({ kind, short, state, dependsOn }: Node, as: string): Tree =>
    tree(
      kind === client ? client : item(stateMarks[state], `${as === '' ? '' : `${as}: `}${kind} ${short}`),
      dependsOn.flatMap((end) => {
        const node = nodes.get(end.kind)
        // What hangs on something that other trees have stands there.
        return node === undefined ? [] : hung(as === '' && kind !== client ? { ...node, dependsOn: [] } : node, end.as)
      }),
    )
  return rootsOf(nodes).map((root) => hung(root, ''))
}

/** Pixels of a drawing. */
const box = { width: 250, height: 56 } as const
const space = { down: 30, around: 20 } as const
/** Where arrows turn behind a box, one after the other, and how much of what an arrow says stands before its end. */
const arrow = { first: 12, apart: 10, end: 10, character: 7 } as const
/** Characters that a box has room for. */
const mostCharacters = 34

/** A status as a drawing. */
export const statusDrawing = (status: Status): Promise<string> => render('status-graph.svg', { drawing: drawn(status) })

/**
 * A status as a page with its drawing.
 *
 * @param again - the command that shows it
 */
export async function statusPage(status: Status, again: readonly string[]): Promise<string> {
  const others = status.resources.filter(({ state }) => state !== 'ok').length
  const all = status.resources.length
  return renderReportPage({
    title: statusTitle(status),
    verdict: status.drift
      ? item('update', `${others} of ${all} resources are not as pc-ctl would make them.`)
      : item('ok', `All ${all} resources are as pc-ctl would make them.`),
    facts: [],
    picture: await statusPicture(status),
    sections: [{ heading: 'Resources', blocks: statusBlocks(status, again) }],
  })
}

interface Place {
  readonly node: Node
  readonly column: number
  readonly row: number
}

/** Puts each into the column behind the last one that depends on it; what nothing depends on close to what it needs. */
function placesOf(status: Status): Place[] {
  const nodes = nodesOf(status)
  const columns = new Map<string, number>()
  const reach = ({ kind, dependsOn }: Node, column: number): void => {
    if ((columns.get(kind) ?? -1) >= column) return
    columns.set(kind, column)
    for (const end of dependsOn) {
      const node = nodes.get(end.kind)
      if (node !== undefined) reach(node, column + 1)
    }
  }
  const [first, ...others] = rootsOf(nodes)
  if (first !== undefined) reach(first, 0)
  for (const node of others) {
    const nearest = Math.min(...node.dependsOn.map(({ kind }) => columns.get(kind) ?? 1))
    reach(node, Math.max(0, nearest - 1))
  }
  const taken = new Map<number, number>()
  return [...(first === undefined ? [] : [first]), ...nodes.values()].map((node) => {
    const column = columns.get(node.kind) ?? 0
    const row = taken.get(column) ?? 0
    taken.set(column, row + 1)
    return { node, column, row }
  })
}

function drawn(status: Status): Drawing {
  const places = placesOf(status)
  const xs = xsOf(places)
  return {
    title: statusTitle(status),
    width: Math.max(...xs) + box.width + space.around,
    height: yOf(Math.max(...places.map(({ row }) => row))) + box.height + space.around,
    boxes: places.map(({ node: { kind, short, name, state }, column, row }) => ({
      x: xs[column] ?? 0,
      y: yOf(row),
      kind,
      name: inBox(short),
      whole: name,
      drifts: state !== 'ok',
    })),
    arrows: places.flatMap((place) => arrowsTo(place, places, xs)),
  }
}

/** As a part of a page. */
export const statusPicture = (status: Status): Promise<Part> =>
  renderPart('status-graph.svg', { drawing: drawn(status) })

const yOf = (row: number): number => space.around + row * (box.height + space.down)

/** Where columns begin: before each there is room for the turns of arrows, and for what those say that end there. */
function xsOf(places: readonly Place[]): number[] {
  const columns = Math.max(...places.map(({ column }) => column)) + 1
  const xs: number[] = [space.around]
  for (let column = 1; column < columns; column++) {
    const said = places
      .filter((place) => place.column === column)
      .flatMap((place) => arrivalsAt(place.node, places).map(({ as }) => as.length))
    const turning = places.filter((place) => place.column === column - 1).map(({ row }) => turnBehind(row))
    const gap = Math.max(0, ...turning) + arrow.apart + Math.max(0, ...said) * arrow.character + arrow.end
    xs.push((xs.at(-1) ?? 0) + box.width + gap)
  }
  return xs
}

const turnBehind = (row: number): number => arrow.first + row * arrow.apart

const arrivalsAt = (node: Node, places: readonly Place[]): (Place & { readonly as: string })[] =>
  places.flatMap((place) =>
    place.node.dependsOn.filter(({ kind }) => kind === node.kind).map(({ as }) => ({ ...place, as })),
  )

/** Each arrives at a height of its own, and turns where no other one does. */
function arrowsTo({ node, column, row }: Place, places: readonly Place[], xs: readonly number[]): Drawing['arrows'] {
  const from = arrivalsAt(node, places)
  return from.map(({ as, ...source }, index) => {
    const [begin, end] = [(xs[source.column] ?? 0) + box.width, (xs[column] ?? 0) - 2]
    const until = yOf(row) + Math.round(((index + 1) * box.height) / (from.length + 1))
    return {
      path: `M${begin} ${yOf(source.row) + box.height / 2}H${begin + turnBehind(source.row)}V${until}H${end}`,
      x: end - arrow.end,
      y: until - 4,
      label: as,
    }
  })
}

/** The ends tell one id from another best. */
const inBox = (text: string): string =>
  text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters / 2 - 1)}…${text.slice(-mostCharacters / 2)}`
