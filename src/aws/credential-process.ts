import { CtlError, messageOf } from '../errors.ts'
import { printable } from '../ui/printable.ts'

const mostLines = 4
const mostCharacters = 400

/**
 * Says why a `credential_process` gave no credentials, with what it wrote to stderr. Its command line is not repeated but
 * for the program: arguments may be secret. Of its stdout nothing is shown, since that is where credentials come.
 *
 * @param command - the value of `credential_process`
 */
export function processFailure(error: unknown, profile: string, command: string): CtlError {
  const message = messageOf(error)
  const failed = `Command failed: ${command}`
  const program = programOf(command)
  const [what, hint] = message.startsWith(failed)
    ? [`failed${quoted(message.slice(failed.length))}`, 'Run it by hand, as this user, and see what it needs.']
    : [flawOf(message), 'It must print what "Sourcing credentials with an external process" of the AWS CLI asks for.']
  return new CtlError(
    'configuration',
    `The credential_process of profile ${profile} (${program}) ${what}.`.replace(/\.\.$/, '.'),
    {
      hint,
      code: 'CredentialProcess',
      // The SDK's error repeats the whole command.
    },
  )
}

/** The first word, without its folders; what stands in quotes is one word. */
function programOf(command: string): string {
  const [, quotedWord, word = ''] = /^\s*(?:"([^"]+)"|(\S+))/.exec(command) ?? []
  return printable((quotedWord ?? word).replace(/^.*\//, ''))
}

/** The SDK's words for what is wrong with the output, of which it repeats nothing. */
function flawOf(message: string): string {
  if (/invalid JSON/.test(message)) return 'printed something that is no JSON'
  if (/Version 1/.test(message)) return 'printed JSON without "Version": 1'
  if (/expired/.test(message)) return 'printed credentials that have expired'
  if (/invalid credentials/.test(message)) return 'printed no AccessKeyId and SecretAccessKey'
  return 'gave no credentials'
}

/** The end of what it said, without what may be a secret. */
function quoted(text: string): string {
  const lines = text.split('\n').map((line) => printable(line.trim()))
  const said = lines
    .filter((line) => line !== '')
    .slice(-mostLines)
    .join(' / ')
  if (said === '') return ', and said nothing'
  const kept = withoutSecrets(said)
  return `: ${kept.length > mostCharacters ? `…${kept.slice(-mostCharacters)}` : kept}`
}

/** Access keys, secret keys, tokens: long runs of what keys are made of, and what stands behind a name of a secret. */
const withoutSecrets = (text: string): string =>
  text
    .replace(/((?:secret|password|passwd|token|key|authorization|bearer)["']?\s*[=:]\s*["']?)[^\s"',;]+/gi, '$1***')
    .replace(/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, '***')
    .replace(/[A-Za-z0-9+/=_-]{32,}/g, '***')
