/** The name of an error that AWS answered, such as `NoSuchEntityException`; empty for anything else. */
export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')

/**
 * Runs a read and turns exactly the named errors into `undefined`, which means "it is not there". Every other error,
 * above all a denied permission, stays an error: "could not look" is not "not there".
 */
export async function absentAs<T>(names: string | readonly string[], read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if ((typeof names === 'string' ? [names] : names).includes(nameOf(error))) return undefined
    throw error
  }
}
