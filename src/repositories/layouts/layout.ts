/** The kinds of repositories whose objects are told apart by their keys. */
export const formatNames = [
  'apt',
  'yum',
  'gem',
  'pypi',
  'npm',
  'maven',
  'helm',
  'alpine',
  'pacman',
  'conda',
  'nuget',
  'cargo',
  'cran',
  'composer',
  'go',
  'terraform',
  'ostree',
  'docker',
  'other',
] as const
export type FormatName = (typeof formatNames)[number]

/**
 * How the objects of one kind of repository are told by their keys. All patterns are matched with a slash before the
 * key; what the first group holds is the root of the repository, with its slash.
 */
export interface Layout {
  readonly format: FormatName
  /** Where those who made it say how it is laid out, and what of it changes under its name. */
  readonly sources: readonly string[]
  /** What is of an index by its name, wherever it lies. One with a group proves that a repository is at its root. */
  readonly index?: readonly RegExp[]
  /** Together these names prove that a repository is at their root, whatever each of them may be alone. */
  readonly evidence?: readonly RegExp[]
  /** What is of an index where a repository is proven to be at the root, and is nothing in particular elsewhere. */
  readonly beside?: readonly RegExp[]
  /** The same for packages. */
  readonly packagesBeside?: readonly RegExp[]
  /** What never changes: it is named by its content, or its makers promise it. */
  readonly sealed?: readonly RegExp[]
  /** Packages whose place names their version, however their file is called. */
  readonly placed?: readonly RegExp[]
  /** Packages by how their file is called. */
  readonly packages?: readonly RegExp[]
  /** What is overwritten under its name as a matter of course. */
  readonly overwritten?: readonly RegExp[]
}
