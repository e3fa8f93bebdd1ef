/** Where the objects of an Alpine repository lie: `ARCH/APKINDEX.tar.gz`, and the packages beside it. */
import { fixedGzipSync } from '../compression/fixed-gzip.ts'
import type { MissingIndexes, PresentIndexes, Role } from '../format.ts'
import { unclearRoots } from '../nested-roots.ts'
import { archiveOf } from './segments.ts'

const index = /^((?:.*\/)?)([^/]+)\/APKINDEX\.tar\.gz$/

export function roleOf(key: string): Role | undefined {
  if (key.endsWith('.apk')) return 'package'
  return key.endsWith('/APKINDEX.tar.gz') ? 'index' : undefined
}

export const rootOf = (key: string): string | undefined => index.exec(key)?.[1]

/** The architecture whose index a key is. */
export const archOf = (key: string): string | undefined => index.exec(key)?.[2]

const archFolder =
  /^((?:.*\/)?)(?:x86|x86_64|aarch64|armhf|armv7|armel|ppc64le|ppc64|ppc|s390x|riscv64|riscv32|loongarch64|mips|mipsel|mips64|mips64el)\/$/

/** Android's packages are called so, too; they lie in no folder of an architecture. */
export const foundsRepository = (key: string): boolean =>
  key.endsWith('.apk') && archFolder.test(key.slice(0, key.lastIndexOf('/') + 1))

/** See `Format.missing`. */
export function missingIndexes(folders: Iterable<string>, { indexes, roots }: PresentIndexes): MissingIndexes {
  const present = new Set(indexes)
  const byRoot = new Map<string, string[]>()
  for (const folder of folders) {
    const root = archFolder.exec(folder)?.[1]
    if (root === undefined || present.has(`${folder}APKINDEX.tar.gz`)) continue
    byRoot.set(root, [...(byRoot.get(root) ?? []), folder])
  }
  const others = roots.filter((root) => !byRoot.has(root))
  const unclear = unclearRoots(byRoot.keys(), others)
  const repositories = new Map<string, ReadonlyMap<string, Uint8Array>>()
  const doubts = new Map<string, string>()
  for (const [root, below] of byRoot) {
    const other = unclear.get(root)
    if (other === undefined) {
      repositories.set(root, new Map(below.map((folder) => [`${folder}APKINDEX.tar.gz`, emptyIndex()])))
    } else {
      const why = `it is not clear whether ${root === '' ? 'the whole bucket' : root} or ${other === '' ? 'the whole bucket' : other} is the repository`
      for (const folder of below) doubts.set(folder, why)
    }
  }
  return { repositories, doubts }
}

const emptyIndex = (): Uint8Array => fixedGzipSync(archiveOf([{ name: 'APKINDEX', body: new Uint8Array() }], true))
