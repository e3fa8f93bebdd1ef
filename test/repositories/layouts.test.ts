import { expect } from 'chai'
import fc from 'fast-check'

import { cachingOf, type ObjectClass } from '../../src/repositories/cache-control.ts'
import { kindOf, layouts, Proofs } from '../../src/repositories/layout.ts'
import { formatNames } from '../../src/repositories/layouts/layout.ts'
import { literalOf } from '../../src/repositories/layouts/literal.ts'

const sha = 'ab'.repeat(32)

/** A small repository of each kind, with the class of each of its objects. */
const repositories: Readonly<Record<string, Readonly<Record<string, ObjectClass>>>> = {
  apt: {
    'apt/dists/stable/InRelease': 'metadata',
    'apt/dists/stable/main/binary-amd64/Packages.gz': 'metadata',
    'apt/dists/stable/main/dep11/icons-64x64.tar.gz': 'metadata',
    'apt/dists/stable/main/source/native_1.0.tar.xz': 'package',
    'apt/example.asc': 'metadata',
    'apt/gpg': 'metadata',
    'apt/pool/main/a/a/a_1.0_amd64.deb': 'package',
  },
  'flat apt': { 'flat/Sources': 'metadata', 'flat/hello_2.10.tar.xz': 'package', 'flat/hello_2.10.dsc': 'package' },
  yum: {
    'el/repodata/repomd.xml': 'metadata',
    'el/repodata/TRANS.TBL': 'metadata',
    'el/agent.asc': 'metadata',
    'el/a-1.0-1.noarch.rpm': 'package',
    'el/a-1.0-1.noarch.rpm.asc': 'package',
  },
  gem: { 'gems/specs.4.8.gz': 'metadata', 'gems/info/rack': 'metadata', 'gems/gems/rack-3.0.0.gem': 'package' },
  'compact gem': { 'g/versions': 'metadata', 'g/names': 'metadata', 'g/info/rack': 'metadata' },
  pypi: { 'py/simple/index.html': 'metadata', 'py/simple/six': 'metadata', 'py/simple/six/six-1.0.zip': 'package' },
  alpine: { 'a/x86_64/APKINDEX.tar.gz': 'metadata', 'a/x86_64/zlib-1.3.1-r1.apk': 'package' },
  helm: { 'charts/index.yaml': 'metadata', 'charts/pgp.asc': 'metadata', 'charts/nginx-1.2.3.tgz': 'package' },
  pacman: {
    'core/core.db': 'metadata',
    'core/core.db.tar.gz.sig': 'metadata',
    'core/core.files': 'metadata',
    'core/linux-6.1.arch1-1-x86_64.pkg.tar.zst': 'package',
    'core/linux-6.1.arch1-1-x86_64.pkg.tar.zst.sig': 'package',
  },
  conda: {
    'channel/noarch/repodata.json.zst': 'metadata',
    'channel/noarch/current_repodata.json': 'metadata',
    'channel/channeldata.json': 'metadata',
    'channel/noarch/repodata_shards.msgpack.zst': 'metadata',
    [`channel/noarch/${sha}.msgpack.zst`]: 'package',
    'channel/noarch/six-1.16.0-pyh6c4a22f_0.conda': 'package',
    'channel/noarch/six-1.16.0-pyh6c4a22f_0.tar.bz2': 'package',
  },
  nuget: {
    'v3/index.json': 'metadata',
    'v3/registration/foo/index.json': 'metadata',
    'v3/registration/foo/1.0.0.json': 'metadata',
    'v3/flatcontainer/foo/index.json': 'metadata',
    'v3/flatcontainer/foo/1.0.0/foo.nuspec': 'package',
    'v3/flatcontainer/foo/1.0.0/foo.1.0.0.nupkg': 'package',
    'v3/flatcontainer/foo/1.0.0/foo.1.0.0.nupkg.sha512': 'package',
  },
  cargo: {
    'index/config.json': 'metadata',
    'index/se/rd/serde': 'metadata',
    'index/3/l/log': 'metadata',
    'crates/serde/serde-1.0.0.crate': 'package',
    'crates/serde/1.0.0/download': 'package',
  },
  cran: {
    'cran/src/contrib/PACKAGES.gz': 'metadata',
    'cran/src/contrib/Meta/archive.rds': 'metadata',
    'cran/src/contrib/abc_2.2.1.tar.gz': 'package',
    'cran/src/contrib/Archive/abc/abc_1.0.tar.gz': 'package',
    'cran/bin/windows/contrib/4.3/abc_2.2.1.zip': 'package',
  },
  composer: {
    'php/packages.json': 'metadata',
    'php/p2/acme/tool.json': 'metadata',
    'php/p2/acme/tool~dev.json': 'metadata',
    [`php/include/all$${sha}.json`]: 'package',
    'php/dist/acme/tool/acme-tool-dev-main-1a2b3c4d.zip': 'package',
  },
  go: {
    'github.com/acme/tool/@v/list': 'metadata',
    'github.com/acme/tool/@latest': 'metadata',
    'github.com/acme/tool/@v/main.info': 'metadata',
    'github.com/acme/tool/@v/v1.0.0.info': 'package',
    'github.com/acme/tool/@v/v1.0.0.mod': 'package',
    'github.com/acme/tool/@v/v1.0.1-0.20240102030405-0123456789ab.zip': 'package',
    'sumdb/sum.golang.org/latest': 'metadata',
    'sumdb/sum.golang.org/tile/8/0/x001/234': 'package',
    'sumdb/sum.golang.org/tile/8/0/x001/235.p/17': 'metadata',
  },
  terraform: {
    '.well-known/terraform.json': 'metadata',
    'v1/providers/acme/tool/versions': 'metadata',
    'v1/providers/acme/tool/1.0.0/download/linux/amd64': 'metadata',
    'm/acme/tool/index.json': 'metadata',
    'm/acme/tool/1.0.0.json': 'metadata',
    'm/acme/tool/terraform-provider-tool_1.0.0_linux_amd64.zip': 'package',
    'm/acme/tool/terraform-provider-tool_1.0.0_SHA256SUMS.sig': 'package',
  },
  ostree: {
    'repo/config': 'metadata',
    'repo/summary': 'metadata',
    'repo/summary.sig': 'metadata',
    'repo/refs/heads/app/org.example.App/x86_64/stable': 'metadata',
    [`repo/objects/ab/${sha.slice(2)}.filez`]: 'package',
    [`repo/objects/ab/${sha.slice(2)}.commitmeta`]: 'metadata',
    'repo/deltas/ab/cdefgh/superblock': 'overwritable',
  },
  docker: {
    'v2/acme/tool/manifests/1.0': 'metadata',
    'v2/acme/tool/tags/list': 'metadata',
    [`v2/acme/tool/manifests/sha256:${sha}`]: 'package',
    [`v2/acme/tool/blobs/sha256:${sha}`]: 'package',
    [`docker/registry/v2/blobs/sha256/ab/${sha}/data`]: 'package',
    'docker/registry/v2/repositories/acme/tool/_manifests/tags/1.0/current/link': 'metadata',
    'oci/oci-layout': 'metadata',
    'oci/index.json': 'metadata',
    [`oci/blobs/sha256/${sha}`]: 'package',
  },
  maven: {
    'm2/org/x/y/maven-metadata.xml': 'metadata',
    'm2/org/x/y/1.0/y-1.0.module': 'package',
    'm2/org/x/y/1.0-SNAPSHOT/y-1.0-SNAPSHOT.war': 'overwritable',
  },
  npm: { 'npm/@acme/tool/-/tool-1.0.0.tgz': 'package', 'npm/@acme/tool/-/@acme/tool-1.1.0.tgz': 'package' },
}
const everyKey = Object.values(repositories).flatMap((objects) => Object.keys(objects))

/** Each object's class once all of a bucket's keys are known. */
function classesIn(keys: readonly string[]): Record<string, ObjectClass> {
  const proofs = new Proofs()
  for (const key of keys) proofs.note(key, kindOf(key))
  return Object.fromEntries(
    keys.map((key) => {
      const { class: found, conditions } = cachingOf(key)
      return [key, conditions?.some((condition) => proofs.holds(condition)) === false ? 'neither' : found]
    }),
  )
}

describe('kinds of repositories', () => {
  for (const [name, objects] of Object.entries(repositories)) {
    it(`tells what is immutable and what is an index of ${name}`, () => {
      expect(classesIn(Object.keys(objects))).to.deep.equal(objects)
    })
  }

  it('are all in the table, each with where it is documented', () => {
    expect([...new Set(layouts.map(({ format }) => format))].sort()).to.deep.equal([...formatNames].sort())
    for (const { format, sources } of layouts) {
      expect(sources, format).not.to.have.length(0)
      for (const source of sources) expect(new URL(source).protocol).to.equal('https:')
    }
  })

  it('are not seen where nothing but a name like theirs is', () => {
    for (const [name, objects] of Object.entries({
      'a pool': ['pool/main/i/info/info_7.0_amd64.deb', 'pool/main/i/info/readme', 'pool/main/s/simple/simple_1.0.dsc'],
      'a site': [
        'config.json',
        'index.json',
        'versions',
        'summary',
        'config',
        'refs/heads/main',
        'docs/simple/tutorial',
      ],
      'some files': ['app.db', 'notes.asc', 'ab/cd/abcdef', 'p2/a/b.json', 'backups/db_2024.tar.gz', 'keys'],
    })) {
      const proofs = new Proofs()
      for (const key of objects) proofs.note(key, kindOf(key))
      expect([...proofs.roots], name).to.deep.equal([])
      const found = Object.entries(classesIn(objects)).filter(([key]) => !/\.(?:deb|dsc)$/.test(key))
      for (const [key, kind] of found) if (kind !== 'neither') expect(`${key} is ${kind}`).to.equal(`${key} is neither`)
    }
  })

  it('are proven by the same names whether or not those of most objects are passed over', () => {
    const endings = fc.constantFrom('deb', 'udeb', 'dsc', 'rpm', 'apk', 'gem', 'whl', 'egg', 'nupkg', 'crate', 'conda')
    const folder = fc.constantFrom('a', '1', '3', 'de', 'info', 'objects', 'flat-container', 'x.pkg.tar', 'versions')
    const name = fc.constantFrom('a', 'de', 'deb', 'versions', 'config.json', 'x.pkg.tar', 'terraform-provider-x_1.zip')
    const key = fc
      .tuple(fc.array(folder, { maxLength: 4 }), name, endings)
      .map(([folders, file, ending]) => [...folders, `${file}.${ending}`].join('/'))
    fc.assert(
      fc.property(fc.array(key, { maxLength: 8 }), (keys) => {
        const [passing, looking] = [new Proofs(), new Proofs()]
        for (const one of keys) {
          passing.note(one, kindOf(one))
          looking.note(one, { ...kindOf(one) })
        }
        expect([...passing.roots]).to.deep.equal([...looking.roots])
      }),
    )
    const proofs = new Proofs()
    const flat = 'nuget/flat-container/a/1.0.0/a.1.0.0.nupkg'
    proofs.note(flat, kindOf(flat))
    expect([...proofs.roots.keys()]).to.deep.equal(['nuget/'])
  })

  // What is looked for first must not hide what a pattern would have found.
  it('match the same whether or not their literal text is looked for first', () => {
    const patterns = layouts.flatMap((layout) =>
      Object.values(layout)
        .flat()
        .filter((part) => part instanceof RegExp),
    )
    expect(patterns.filter((pattern) => literalOf(pattern).length > 3).length).to.be.greaterThan(patterns.length / 2)
    const key = fc.oneof(
      fc.constantFrom(...everyKey),
      fc
        .tuple(fc.constantFrom(...everyKey), fc.nat(60), fc.constantFrom('', '/', 'x', '-1', '.gz'))
        .map(([text, at, what]) => text.slice(0, at) + what + text.slice(at)),
    )
    fc.assert(
      fc.property(key, (text) => {
        for (const pattern of patterns) {
          if (pattern.test(`/${text}`)) expect(`/${text}`).to.contain(literalOf(pattern))
        }
      }),
      { numRuns: 500 },
    )
  })
})
