import { options, type OptionName } from '../options.ts'

/** What oclif is told of an option that `options` has: its words, its variable and its default. */
export function option<N extends OptionName>(name: N) {
  const { variable, ...words } = options[name]
  return { ...words, env: variable }
}
