import { converse, type Terminal } from '../ui/ask.ts'
import { CtlError } from '../errors.ts'
import { isTalkSeen, stderr } from '../ui/talk.ts'
import type { Profile, SharedConfiguration } from './shared-profile.ts'

/** The devices whose codes the profile in use needs, its sources' first: their roles are assumed first. */
export function devicesOf({ name, profiles }: SharedConfiguration): string[] {
  const devices = new Set<string>()
  const visited = new Set<string>()
  let next: string | undefined = name
  while (next !== undefined && !visited.has(next)) {
    visited.add(next)
    const profile: Profile = profiles[next] ?? {}
    const { role_arn: role, mfa_serial: device } = profile
    // A profile may name itself as its source: then its own keys are meant.
    if (role !== undefined && device !== undefined) devices.add(device)
    next = role === undefined ? undefined : profile['source_profile']
  }
  return [...devices].reverse()
}

/** The codes of MFA devices. AWS takes each once, so each is given once. */
export class MfaCodes {
  readonly #codes = new Map<string, string>()
  readonly #used = new Set<string>()
  readonly #terminal: () => Terminal
  #given: string | undefined

  /** @param given - `--mfa-code`, for the first device that one is needed of */
  constructor(given: string | undefined, terminal: () => Terminal = onScreen) {
    this.#given = given
    this.#terminal = terminal
  }

  /**
   * Gets the codes of devices now, before anything is drawn on the terminal.
   *
   * @throws CtlError of kind `configuration` for something that is no code, or without a terminal to ask on
   */
  async collect(devices: readonly string[]): Promise<void> {
    for (const device of devices) this.#codes.set(device, await this.#codeOf(device))
  }

  /** @throws CtlError of kind `configuration` as {@link collect}, and for a device whose code was used */
  async take(device: string): Promise<string> {
    if (this.#used.has(device)) {
      throw new CtlError('configuration', `The session that the code of ${device} has opened is over.`, {
        hint: [
          'Run the same command again with a new code: what is done is kept.',
          'duration_seconds in the profile makes sessions longer, up to what the role allows.',
        ],
        code: 'MfaSessionOver',
      })
    }
    this.#used.add(device)
    return this.#codes.get(device) ?? this.#codeOf(device)
  }

  async #codeOf(device: string): Promise<string> {
    const given = this.#given
    this.#given = undefined
    return checked(given ?? (await askCode(device, this.#terminal())))
  }
}

const onScreen = (): Terminal => ({ input: process.stdin, output: stderr, isSeen: isTalkSeen() })

async function askCode(device: string, { input, output, isSeen = true }: Terminal): Promise<string> {
  if (input.isTTY !== true || !isSeen) {
    const where = input.isTTY === true ? 'stderr is no terminal to ask on' : 'there is no terminal to ask on'
    throw new CtlError('configuration', `The profile needs a code of the MFA device ${device}, and ${where}.`, {
      hint: 'Give it with --mfa-code CODE.',
      code: 'MfaCodeMissing',
    })
  }
  const conversation = converse({ input, output })
  try {
    return await conversation.answerTo(`Code of the MFA device ${device}: `)
  } finally {
    conversation.end()
  }
}

function checked(code: string): string {
  const digits = code.replace(/\s/g, '')
  if (/^\d{6}$/.test(digits)) return digits
  throw new CtlError('configuration', 'That is no code of an MFA device: it has six digits.', {
    hint: 'Run the same command again, with the code that the device shows then.',
    code: 'MfaCodeMalformed',
  })
}
