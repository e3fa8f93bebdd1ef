/**
 * Characters that do something instead of standing there: control characters, which could do anything to a terminal,
 * line and paragraph separators, those that turn the direction of writing, and halves of surrogate pairs.
 */
export const controls = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u

/** Text that does nothing but stand there: {@link controls}, which names and keys may hold, as `\uXXXX`. */
export const printable = (text: string): string =>
  text.replace(new RegExp(controls, 'gu'), (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
