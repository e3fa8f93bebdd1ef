import { BadPackageError } from '../format.ts'
import { checksumHolds, isBlank, isRegular, nameIn, sizeIn } from '../tar-header.ts'
import { type Member, TarStream } from '../tar-stream.ts'

/** Bytes; Helm takes files of five times as much, and needs not be told what is in all of them. */
const largestFile = 1024 * 1024
/** Bytes of all files: as much as Helm unpacks. */
const largestChart = 100 * 1024 * 1024

/** What is looked for in a chart: by the name behind its folder. */
const wanted = new Set(['Chart.yaml', 'requirements.yaml'])

/**
 * Looks for Chart.yaml in an unpacked chart that is handed over piece by piece, and for requirements.yaml where the
 * dependencies may be in it. Nothing is unpacked to a place that a name tells.
 */
export class ChartFinder {
  readonly files = new Map<string, string>()
  readonly #archive = new TarStream((header) => this.#member(header))
  #size = 0
  #ended = false

  /**
   * Returns whether more is wanted.
   *
   * @throws BadPackageError for what is no chart for sure
   */
  push(piece: Uint8Array): boolean {
    this.#size += piece.length
    this.#archive.push(piece, () => this.#wantsMore())
    if (this.#wantsMore() && this.#size > largestChart)
      throw new BadPackageError(`it unpacks to more than ${largestChart} bytes before all of it is known`)
    return this.#wantsMore()
  }

  /** Is it inside of a file, and not at an end? */
  get isInside(): boolean {
    return this.#archive.isInside
  }

  #wantsMore(): boolean {
    if (this.#ended) return false
    const chart = this.files.get('Chart.yaml')
    return (
      chart === undefined ||
      (!/^["']?apiVersion["']?:\s*["']?v2\b/im.test(chart) && !this.files.has('requirements.yaml'))
    )
  }

  #member(header: Uint8Array): Member | undefined {
    if (isBlank(header)) {
      this.#ended = true
      return undefined
    }
    if (!checksumHolds(header)) throw new BadPackageError('it is no tar archive, or a damaged one')
    const size = sizeIn(header)
    if (size === undefined) throw new BadPackageError('it has a file whose size is no number')
    const name = /^[^/\\]+[/\\]([^/\\]+)$/.exec(nameIn(header).replace(/^\.\//, ''))?.[1]
    if (name === undefined || !wanted.has(name) || this.files.has(name) || !isRegular(header)) return { size }
    if (size > largestFile) throw new BadPackageError(`its ${name} claims ${size} bytes`)
    return { size, take: (bytes) => this.files.set(name, new TextDecoder().decode(bytes)) }
  }
}
