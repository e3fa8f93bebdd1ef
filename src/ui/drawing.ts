/** What a drawing is made of, in pixels. */
export interface Drawing {
  readonly title: string
  readonly width: number
  readonly height: number
  readonly boxes: readonly {
    readonly x: number
    readonly y: number
    readonly kind: string
    readonly name: string
    readonly whole: string
    readonly drifts: boolean
  }[]
  readonly arrows: readonly { readonly path: string; readonly x: number; readonly y: number; readonly label: string }[]
}
