import type { Pattern } from './pattern.ts'
import type { Value } from './value.ts'

/** Something that can be written. */
export type Cell =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'setting'; readonly name: string }
  | { readonly kind: 'text'; readonly text: string }
  | Part

/** An array or hash, or something in it. */
export type Part =
  | { readonly kind: 'object'; readonly id: string }
  | { readonly kind: 'entry'; readonly id: string; readonly key: Value }
  | { readonly kind: 'keys'; readonly id: string; readonly pattern: Pattern }
