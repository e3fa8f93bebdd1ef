/** The indexes that the repositories begin with: lists of nothing. */
import { formatNamed } from '../../src/repositories/formats.ts'
import { kindOfRepository, type Kind, rootOf } from './bucket.ts'

const made = new Map([...contentOf('apt', 'dists/stable/main/binary-amd64/'), ...contentOf('yum', 'Packages/')])

function contentOf(kind: Kind, folder: string): [string, Buffer][] {
  const root = 'x/'
  const present = { indexes: [], roots: [], options: {} }
  const { repositories } = formatNamed(kind).missing([root + folder], present)
  const objects = [...(repositories.get(root) ?? [])]
  return objects.map(([key, body]) => [`${kind} ${key.slice(root.length)}`, Buffer.from(body)])
}

/** Undefined: there is none at this key. */
export function emptyIndex(key: string): Buffer | undefined {
  const repository = Number(/^r(\d+)\//.exec(key)?.[1] ?? Number.NaN)
  if (Number.isNaN(repository)) return undefined
  const root = rootOf(repository)
  return key.startsWith(root) ? made.get(`${kindOfRepository(repository)} ${key.slice(root.length)}`) : undefined
}
