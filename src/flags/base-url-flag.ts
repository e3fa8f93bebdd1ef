import { Flags } from '@oclif/core'

import { CtlError } from '../errors.ts'

/** Where indexes tell whole URLs, and nothing that is there tells how they begin. */
export const baseUrlFlag = {
  'base-url': Flags.string({
    description:
      'what clients have before a key, such as https://packages.example.com/: for new indexes that tell whole URLs',
    helpValue: 'URL',
    helpGroup: 'INDEXES',
  }),
}

/**
 * The URL with a slash at its end.
 *
 * @throws CtlError (usage) if nobody could ask for anything below it, or if it has a secret in it
 */
export function readBaseUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const url = URL.parse(text)
  const wrong =
    url === null || !['http:', 'https:'].includes(url.protocol)
      ? 'is no URL that begins with https:// or http://'
      : url.username !== '' || url.password !== ''
        ? 'has a user in it, whom everybody would see in the indexes'
        : /[?#]/.test(text)
          ? 'has more than a path after the host'
          : undefined
  if (url === null || wrong !== undefined) {
    throw new CtlError('usage', `The --base-url ${wrong ?? ''}.`, {
      hint: 'It is what clients have before the key of an object, such as --base-url https://packages.example.com/.',
    })
  }
  return url.href.endsWith('/') ? url.href : `${url.href}/`
}
