/**
 * Works on many things, no more than so many at a time. The results are in the order of the things. When one fails no
 * other is begun, and those under way are waited for.
 *
 * @throws what the first failure threw
 */
export async function inParallel<T, R>(
  things: Iterable<T>,
  most: number,
  work: (thing: T) => R | Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const failures: unknown[] = []
  const entries = enumerated(things)
  const worker = async (): Promise<void> => {
    for (
      let next = entries.next();
      next.done !== true;
      next = failures.length > 0 ? entries.return(undefined) : entries.next()
    ) {
      const [index, thing] = next.value
      try {
        results[index] = await work(thing)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: most }, worker))
  if (failures.length > 0) throw failures[0]
  return results
}

function* enumerated<T>(things: Iterable<T>): Generator<[number, T], undefined> {
  let index = 0
  for (const thing of things) yield [index++, thing]
  return undefined
}
