import { BadPackageError } from '../format.ts'
import { checksumHolds, isBlank, isRegular, nameIn, sizeIn } from '../tar-header.ts'

const block = 512
/** Bytes; Helm takes files of five times as much, and needs not be told what is in all of them. */
const largestFile = 1024 * 1024
/** Bytes of all files: as much as Helm unpacks. */
const largestChart = 100 * 1024 * 1024

/** What is looked for in a chart: by the name behind its folder. */
const wanted = new Set(['Chart.yaml', 'requirements.yaml'])

interface FoundFile {
  readonly name: string
  readonly size: number
  readonly parts: Uint8Array[]
  got: number
}

/**
 * Looks for Chart.yaml in an unpacked chart that is handed over piece by piece, and for requirements.yaml where the
 * dependencies may be in it. Nothing is unpacked to a place that a name tells.
 */
export class ChartFinder {
  readonly files = new Map<string, string>()
  #header = Buffer.alloc(0)
  #skip = 0
  #size = 0
  #ended = false
  #file: FoundFile | undefined

  /**
   * Returns whether more is wanted.
   *
   * @throws BadPackageError for what is no chart for sure
   */
  push(piece: Uint8Array): boolean {
    this.#size += piece.length
    for (let at = 0; at < piece.length && this.#wantsMore();) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, piece.length - at)
        this.#skip -= skipped
        at += skipped
      } else if (this.#file === undefined) {
        const more = piece.subarray(at, at + block - this.#header.length)
        this.#header = Buffer.concat([this.#header, more])
        at += more.length
        if (this.#header.length === block) this.#member()
      } else {
        const more = piece.subarray(at, at + this.#file.size - this.#file.got)
        at += more.length
        this.#take(this.#file, more)
      }
    }
    if (this.#wantsMore() && this.#size > largestChart)
      throw new BadPackageError(`it unpacks to more than ${largestChart} bytes before all of it is known`)
    return this.#wantsMore()
  }

  /** Is it inside of a file, and not at an end? */
  get isInside(): boolean {
    return this.#file !== undefined || this.#skip > 0 || this.#header.length > 0
  }

  #wantsMore(): boolean {
    if (this.#ended) return false
    const chart = this.files.get('Chart.yaml')
    return (
      chart === undefined ||
      (!/^["']?apiVersion["']?:\s*["']?v2\b/im.test(chart) && !this.files.has('requirements.yaml'))
    )
  }

  #take(file: FoundFile, bytes: Uint8Array): void {
    file.parts.push(Uint8Array.from(bytes))
    file.got += bytes.length
    if (file.got < file.size) return
    this.files.set(file.name, new TextDecoder().decode(Buffer.concat(file.parts)))
    this.#file = undefined
    this.#skip = (block - (file.size % block)) % block
  }

  #member(): void {
    const header = this.#header
    this.#header = Buffer.alloc(0)
    if (isBlank(header)) {
      this.#ended = true
      return
    }
    if (!checksumHolds(header)) throw new BadPackageError('it is no tar archive, or a damaged one')
    const size = sizeIn(header)
    if (size === undefined) throw new BadPackageError('it has a file whose size is no number')
    const name = /^[^/\\]+[/\\]([^/\\]+)$/.exec(nameIn(header).replace(/^\.\//, ''))?.[1]
    if (name === undefined || !wanted.has(name) || this.files.has(name) || !isRegular(header)) {
      this.#skip = Math.ceil(size / block) * block
      return
    }
    if (size > largestFile) throw new BadPackageError(`its ${name} claims ${size} bytes`)
    this.#file = { name, size, parts: [], got: 0 }
    if (size === 0) this.#take(this.#file, new Uint8Array())
  }
}
