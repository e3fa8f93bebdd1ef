import type { Format, Role } from '../repositories/format.ts'
import type { StretchRow } from './journal/journal.ts'

/** What an object is to a format: by its key, or by what it was told to be. */
export const roleOf = (
  format: Format,
  { key, class: kind, format: told }: Pick<StretchRow, 'key' | 'class' | 'format'>,
): Role | undefined =>
  format.roleOf(key) ??
  (format.rootOfTold !== undefined && told === format.name && kind === 'metadata' ? 'index' : undefined)
