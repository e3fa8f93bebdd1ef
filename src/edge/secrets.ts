/**
 * The secrets of one container: each is decrypted once, when the first request needs it. Where that fails, KMS is asked
 * again by later requests, but with one call a second at most, however many come: whoever sends forged tokens while KMS
 * is down, or a secret can't be decrypted, must not have it called for each of them.
 */

/** A failure that passes by itself, so that asking once more at once may help. */
export class PassingTrouble extends Error {
  override readonly name = 'PassingTrouble'
}

/** Milliseconds until a call that failed at once is repeated, within the same request. */
const pauseMs = 100
/** Milliseconds from one call to the next while calls fail. */
const betweenCallsMs = 1000

/** What {@link Secrets} needs of the world. */
export interface SecretsSource<Key> {
  readonly ciphertexts: readonly string[]
  /** One call to KMS. @throws PassingTrouble, or another Error where the ciphertext will not be decrypted */
  readonly decrypt: (ciphertext: string) => Promise<Key>
  /** In milliseconds, of any beginning. */
  readonly now?: () => number
  readonly pause?: (milliseconds: number) => Promise<unknown>
}

const sleep = (milliseconds: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** The decrypted secrets, and when KMS is asked for those that are not decrypted yet. */
export class Secrets<Key> {
  readonly #source: Required<SecretsSource<Key>>
  /** Those that are decrypted, or about to be. */
  readonly #known = new Map<string, Promise<Key>>()
  /** Those that are not, the one that was asked for longest ago first: one that is broken must not keep others waiting. */
  #missing: string[]
  #all: readonly Promise<Key>[] | undefined
  #calledAt = -Infinity
  /** What the last call for each of them failed with. */
  readonly #troubles = new Map<string, unknown>()

  constructor(source: SecretsSource<Key>) {
    this.#source = { now: Date.now, pause: sleep, ...source }
    this.#missing = [...source.ciphertexts]
  }

  /** Each secret by itself, in the order of the ciphertexts. Rejections that nobody waits for are nobody's concern. */
  all(): readonly Promise<Key>[] {
    if (this.#all !== undefined) return this.#all
    this.#ask()
    const { ciphertexts } = this.#source
    const all = ciphertexts.map((one) => this.#known.get(one) ?? rejected<Key>(this.#troubles.get(one)))
    if (this.#missing.length === 0) this.#all = all
    return all
  }

  /** Begins to decrypt what is missing, as far as that may be asked for now. */
  #ask(): void {
    const waiting = this.#missing.filter((one) => !this.#known.has(one))
    const [first, ...others] = waiting
    if (first === undefined) return
    if (this.#troubles.size === 0) {
      for (const one of waiting) void this.#open(one, () => this.#twice(one))
      return
    }
    // A clock that is set back must not keep KMS from being asked.
    if (Math.abs(this.#source.now() - this.#calledAt) < betweenCallsMs) return
    const probe = this.#open(first, () => this.#once(first))
    for (const one of others) void this.#open(one, () => probe.then(() => this.#twice(one)))
  }

  #open(ciphertext: string, decrypt: () => Promise<Key>): Promise<Key> {
    const key = decrypt()
    this.#known.set(ciphertext, key)
    key.then(
      () => (this.#missing = this.#missing.filter((one) => one !== ciphertext)),
      () => this.#known.delete(ciphertext),
    )
    return key
  }

  async #once(ciphertext: string): Promise<Key> {
    const { decrypt, now } = this.#source
    this.#calledAt = now()
    this.#missing = [...this.#missing.filter((one) => one !== ciphertext), ciphertext]
    try {
      const key = await decrypt(ciphertext)
      this.#troubles.delete(ciphertext)
      return key
    } catch (error) {
      this.#troubles.set(ciphertext, error)
      throw error
    }
  }

  async #twice(ciphertext: string): Promise<Key> {
    try {
      return await this.#once(ciphertext)
    } catch (error) {
      if (!(error instanceof PassingTrouble)) throw error
      await this.#source.pause(pauseMs)
      return this.#once(ciphertext)
    }
  }
}

function rejected<T>(error: unknown): Promise<T> {
  const promise = Promise.reject<T>(error instanceof Error ? error : new Error(String(error)))
  promise.catch(() => undefined)
  return promise
}
