import type { ParseResult } from '@ruby/prism/src/deserialize.js'

import type { Source } from './source.ts'
import type { Value } from './value.ts'

/** Where local variables are looked up. */
export interface Scope {
  readonly id: string
  readonly parent: Scope | undefined
}

/** What surrounds the code that is being evaluated. */
export interface Context {
  readonly source: Source
  readonly scope: Scope
  /** `undefined` at the top, where calls without a receiver are settings. */
  readonly self: Value | undefined
  /** Takes what `return` gives, in a method or lambda. */
  readonly returns: Value[] | undefined
  /** Takes what `next` and `break` give. */
  readonly given: Value[] | undefined
  /** What `yield` calls. */
  readonly block: Value
}

/** What is read besides the file itself. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv
  readonly parse: (text: string) => ParseResult
  /** A file that the file includes, or why it can't be seen. */
  readonly include: (file: string) => { readonly text: string } | 'absent' | 'unreadable'
}
