import { AwsError } from '../contracts/service.ts'

/** What an account may run at once in a region ("Lambda quotas"). */
export const accountConcurrency = 1000

/** Counts what functions are working on. */
export class FunctionPlaces {
  readonly #taken = new Map<string, number>()

  /**
   * Runs something that takes one of a function's places. Throws TooManyRequestsException (429) where none is left.
   *
   * @param key - of the function
   * @param places - how many it has
   */
  async take<T>(key: string, places: number | undefined, work: () => Promise<T>): Promise<T> {
    const taken = this.#taken.get(key) ?? 0
    if (taken >= (places ?? accountConcurrency)) {
      throw new AwsError(429, 'TooManyRequestsException', 'Rate Exceeded.', {
        fields: { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' },
      })
    }
    this.#taken.set(key, taken + 1)
    try {
      return await work()
    } finally {
      this.#taken.set(key, (this.#taken.get(key) ?? 1) - 1)
    }
  }
}
