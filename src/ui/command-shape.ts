import { Flags } from '@oclif/core'

import { listed } from '../text.ts'

/** As much of an oclif flag as is judged. */
export interface FlagShape {
  readonly type: 'boolean' | 'option'
  readonly char?: string | undefined
  readonly aliases?: readonly string[] | undefined
  readonly charAliases?: readonly string[] | undefined
  readonly allowNo?: boolean | undefined
  readonly hidden?: boolean | undefined
  readonly required?: boolean | undefined
  readonly multiple?: boolean | undefined
  readonly multipleNonGreedy?: boolean | undefined
  readonly delimiter?: string | undefined
  readonly options?: readonly string[] | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly helpValue?: string | readonly string[] | undefined
  readonly env?: string | undefined
  readonly default?: unknown
  readonly exclusive?: readonly unknown[] | undefined
  readonly dependsOn?: readonly unknown[] | undefined
  /** Of type `some`: it goes only with one of these. */
  readonly relationships?:
    readonly { readonly type: string; readonly flags: readonly (string | { readonly name: string })[] }[] | undefined
  readonly parse?: unknown
}

/** As much of an oclif argument as is judged. */
interface ArgShape {
  readonly required?: boolean | undefined
  readonly multiple?: boolean | undefined
  readonly options?: readonly string[] | undefined
  readonly description?: string | undefined
}

/** What a command takes. */
export interface Shape {
  /** As it is typed, such as `pc-ctl cflist`. */
  readonly command: string
  readonly flags: Readonly<Record<string, FlagShape>>
  readonly args: Readonly<Record<string, ArgShape>>
  /** Whether words beyond the arguments are refused. */
  readonly strict: boolean
}

/** oclif's integer flags have nothing else in common. */
const integers = Flags.integer().parse
const isInteger = ({ parse }: FlagShape): boolean => parse === integers

/** Whether a flag takes this value. */
export function isAllowed(value: string, flag: FlagShape): boolean {
  if (flag.options !== undefined) return flag.options.includes(value)
  if (!isInteger(flag)) return true
  const number = Number(value)
  return /^-?\d+$/.test(value) && number >= (flag.min ?? -Infinity) && number <= (flag.max ?? Infinity)
}

/** What the flag that was typed so takes, in a few words. */
export function allowedValues(typed: string, flag: FlagShape): string {
  if (flag.options !== undefined) return listed(flag.options, 'or')
  if (isInteger(flag)) return wholeNumber(flag)
  const value = typeof flag.helpValue === 'string' ? flag.helpValue : 'VALUE'
  return `${typed} ${value}`
}

function wholeNumber({ min, max }: FlagShape): string {
  if (min !== undefined && max !== undefined) return `a whole number from ${min} to ${max}`
  return `a whole number${min === undefined ? '' : `, ${min} or more`}${max === undefined ? '' : `, ${max} at most`}`
}
