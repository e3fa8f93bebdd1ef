import { randomBytes } from 'node:crypto'

import { rails } from '../options.ts'
import { CtlError } from '../errors.ts'
import type { TemplateData } from '../ui/template.ts'
import { verbatim } from '../text.ts'
import { checkSecret } from './secret.ts'
import type { Note, Settings } from './settings.ts'

/** A new secret, and what becomes of the one that it replaces, if any. */
export interface NewSecret {
  lines: TemplateData['cloudfront-secret.rb']
  /** The line of the file that the old one stands in. */
  oldLine?: number | undefined
  /** `printed` beside the new one, to be `renamed` by hand as its value is not known, or `dropped` as useless. */
  old?: 'printed' | 'renamed' | 'dropped' | undefined
  /** The line of an earlier previous secret, which is given up for this one. */
  previousLine?: number | undefined
  /** Lines that are not evaluated and might set a secret. */
  suspects: readonly Note[]
  /** Whether there may be a secret that no line of the file assigns, and that this one takes the place of. */
  elsewhere: boolean
}

/** 32 bytes of the system's CSPRNG in base64 without padding: 43 characters. */
const generate = (): string => randomBytes(32).toString('base64').replace(/=+$/, '')

/**
 * Makes a CloudFront secret.
 *
 * @param again - the command that replaces one, for the hint
 * @throws CtlError of kind `refused` if there is one already, known or not, or surely may be, and it is not forced
 */
export function newSecret(settings: Settings, force: boolean, again: string): NewSecret {
  const secret = generate()
  const suspects = settings.notes.filter((note) => note.sets(key) !== 'no')
  const there = oldSecret(settings)
  if (!force) refuse(there, suspects, again)
  // Of a secret that another line sets than an assignment, the line can't be made that of the previous one.
  if (there === undefined || settings.notes.some(({ line }) => line === there.line)) {
    return { lines: { secret }, suspects, elsewhere: suspects.length > 0 || there !== undefined }
  }
  const previous = placeOf(settings, 'cloudfrontPreviousSecret')
  const found = { oldLine: there.line, previousLine: previous?.line, suspects, elsewhere: suspects.length > 0 }
  if (there.value === undefined) return { ...found, lines: { secret }, old: 'renamed' }
  return isWellFormed(there.value)
    ? { ...found, lines: { secret, previousSecret: there.value }, old: 'printed' }
    : { ...found, lines: { secret }, old: 'dropped' }
}

function refuse(there: OldSecret | undefined, suspects: readonly Note[], again: string): void {
  if (there !== undefined) throw present(there, again)
  const [first, ...others] = suspects.filter((note) => note.sets(key) === 'surely')
  if (first === undefined) return
  const message = `${first.file}:${first.line}: this is not evaluated and may set ${inFile}: ${first.text}.`
  throw new CtlError('refused', message, {
    hint: [
      ...others.map(({ line, text }) => `So may line ${line}: ${text}`),
      'If there is a secret already, keep that: one that the edge does not know would make it refuse downloads.',
      'If there is none, this makes the first one:',
      verbatim(again),
    ],
  })
}

const key = 'cloudfront_secret'
const inFile = rails(key)

interface OldSecret {
  file: string
  line: number
  value?: string
  reason?: string
}

function oldSecret(settings: Settings): OldSecret | undefined {
  const place = placeOf(settings, 'cloudfrontSecret')
  if (place === undefined) return undefined
  const value = settings.cloudfrontSecret?.value
  const problem = settings.problems.cloudfrontSecret
  return {
    ...place,
    ...(value === undefined ? {} : { value }),
    ...(problem === undefined ? {} : { reason: problem.reason }),
  }
}

function placeOf(
  settings: Settings,
  name: 'cloudfrontSecret' | 'cloudfrontPreviousSecret',
): { file: string; line: number } | undefined {
  const source = settings[name]?.source
  const problem = settings.problems[name]
  if (source?.kind === 'config') return { file: source.file, line: source.line }
  return problem === undefined || problem.kind === 'empty' || problem.isDoubtful === true
    ? undefined
    : { file: problem.file, line: problem.line }
}

function isWellFormed(secret: string): boolean {
  try {
    checkSecret(secret)
    return true
  } catch {
    return false
  }
}

function present({ file, line, reason }: OldSecret, again: string): CtlError {
  const unread = reason === undefined ? '' : `, although not to a value that pc-ctl can read: it ${reason}`
  return new CtlError('refused', `${file}:${line}: ${inFile} is already set${unread}.`, {
    hint: [
      'A secret that the edge does not know yet would make it refuse downloads.',
      'To replace the secret without that, let the edge accept both for a while. This prints what it takes, in order:',
      verbatim(again),
    ],
  })
}
