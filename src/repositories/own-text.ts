/**
 * The same text, for what is kept. What was cut out of a longer text, or joined of others, keeps all of that in memory:
 * of a root the whole entry of the listing that it was seen in.
 */
export const ownText = (text: string): string => Buffer.from(text).toString()
