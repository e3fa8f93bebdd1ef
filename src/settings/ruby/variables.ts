/** Names and what they stand for where the evaluation is. */
import type { Scope } from './context.ts'
import type { Evaluation } from './evaluation.ts'
import type { Value } from './value.ts'

/** The name under which a variable is kept: local ones by their scope. */
export function variableOf({ name, depth }: { name: string; depth?: number }, run: Evaluation): string {
  if (depth === undefined) return name
  // The parser does not see the variables around a text that is run from within another one.
  if (run.context.source.depth > 0) return `${scopeOf(name, run).id}/${name}`
  let { scope } = run.context
  for (let up = depth; up > 0 && scope.parent !== undefined; up -= 1) scope = scope.parent
  return `${scope.id}/${name}`
}

/** A local variable, looked up by its name alone. */
export const localOf = (name: string, run: Evaluation): Value | undefined =>
  run.state.variables.get(`${scopeOf(name, run).id}/${name}`)

function scopeOf(name: string, run: Evaluation): Scope {
  for (let scope: Scope | undefined = run.context.scope; scope !== undefined; scope = scope.parent) {
    if (run.state.variables.get(`${scope.id}/${name}`) !== undefined) return scope
  }
  return run.context.scope
}

export function setLocal(name: string, value: Value, run: Evaluation): void {
  run.state.setVariable(`${run.context.scope.id}/${name}`, value)
}

/** Whether a name means something here. */
export const isKnown = (name: string, run: Evaluation): boolean =>
  run.methods.has(name) ||
  run.state.settings.get(name) !== undefined ||
  run.state.variables.get(name) !== undefined ||
  localOf(name, run) !== undefined
