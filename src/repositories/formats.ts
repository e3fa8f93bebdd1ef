import { alpine } from './alpine/alpine.ts'
import { apt } from './apt/apt.ts'
import type { Format } from './format.ts'
import { gem } from './gem/gem.ts'
import { helm } from './helm/helm.ts'
import { maven } from './maven/maven.ts'
import { npm } from './npm/npm.ts'
import { pypi } from './pypi/pypi.ts'
import { yum } from './yum/yum.ts'

/** The formats whose indexes pc-ctl makes. Of the others it only puts the attributes right. */
export const formats: readonly Format[] = [apt, yum, gem, maven, npm, helm, pypi, alpine]

/** Is this the name of a format whose packages are read, and whose indexes are made? */
export const isIndexed = (name: string): boolean => formats.some((format) => format.name === name)

/** The format of a name that one of {@link formats} has. */
export function formatNamed(name: string): Format {
  const found = formats.find((format) => format.name === name)
  if (found === undefined) throw new Error(`There is no format ${name}.`)
  return found
}
