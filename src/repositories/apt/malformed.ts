/** Input that breaks its format: a package, or an index. The message says how, for the report beside the key. */
export class Malformed extends Error {
  override readonly name = 'Malformed'
}
