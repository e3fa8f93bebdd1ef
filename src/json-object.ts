/** What JSON calls an object, nothing in which has been checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Is it one: no list, and not `null`? */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
