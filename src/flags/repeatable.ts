const none: string[] = []

/** Of a flag that is given once a value, as often as there are values. Without any there is nothing that help could show. */
export const repeatable = {
  multiple: true as const,
  multipleNonGreedy: true,
  default: none,
  defaultHelp: async (): Promise<string | undefined> => undefined,
}
