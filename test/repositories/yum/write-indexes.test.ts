import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import fc from 'fast-check'
import { generateKey } from 'openpgp'
import type { Signer } from '../../../src/repositories/format.ts'
import { createSigner } from '../../../src/repositories/openpgp.ts'
import { parseRepomd, renderData, renderRepomd } from '../../../src/repositories/yum/repomd.ts'
import { yum } from '../../../src/repositories/yum/yum.ts'
import { isThere, packed } from '../compression/contents.ts'
import { longAgo, MemoryBucket } from './memory-bucket.ts'
import { madeRpm, plainTags } from './made-rpm.ts'
import { emptyRepository, hrefs, listed, openedData, repositoryOf } from './repositories.ts'

const sum = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')
const rpm = (name: string): Buffer => madeRpm({ ...plainTags, 1000: name })

/** Signs so that it can be seen what was signed, and differently each time, as OpenPGP does. */
function countingSigner(): Signer {
  let count = 0
  return {
    clear: async (text) => text,
    detached: async (bytes) => `signature ${++count} over ${Buffer.from(bytes).toString()}`,
    signedDetached: async (bytes, signature) =>
      Buffer.from(signature)
        .toString()
        .endsWith(` over ${Buffer.from(bytes).toString()}`),
  }
}

const updateinfo = `<data type="updateinfo">
    <checksum type="sha256">abc</checksum>
    <location href="repodata/abc-updateinfo.xml.gz"/>
    <timestamp>1</timestamp>
  </data>`
const carried = [
  updateinfo,
  '<data type="group"><location href="repodata/comps.xml"/></data>',
  "<data type='modules'><location href='repodata/modules.yaml.gz'/><!-- <data type=\"x\"> --></data>",
  '<data type="productid"><location href="repodata/productid"/></data>',
]

describe('which keys are of a yum repository', () => {
  it('tells packages, indexes and roots by keys', () => {
    expect(yum.roleOf('el/8/a.rpm')).to.equal('package')
    expect(yum.roleOf('repodata/abc-primary.xml.gz')).to.equal('index')
    expect(yum.roleOf('el/a.deb')).to.equal(undefined)
    expect(yum.rootOf('repodata/repomd.xml')).to.equal('')
    expect(yum.rootOf('el/8/x86_64/repodata/repomd.xml')).to.equal('el/8/x86_64/')
    expect(yum.rootOf('el/8/repodata/abc-primary.xml.gz')).to.equal(undefined)
  })

  it("takes the folder above the architectures for the root of packagecloud's", () => {
    expect(yum.rootOf('7/11/el/8/x86_64/repodata/repomd.xml')).to.equal('7/11/el/8/')
  })
})

describe('writing the indexes of a yum repository', () => {
  it('lists what lies below the root, in names made of checksums, then repomd.xml', async () => {
    const bucket = emptyRepository(new MemoryBucket(), 'el/').put('el/b.rpm', rpm('b')).put('el/p/a.rpm', rpm('a'))
    const plan = await bucket.reindex('el/')
    expect(hrefs(bucket, 'el/')).to.deep.equal(['b.rpm', 'p/a.rpm'])
    expect(bucket.written).to.have.length(2)
    expect(bucket.written[0]).to.have.length(3)
    for (const key of bucket.written[0] ?? [])
      expect(key).to.match(/^el\/repodata\/[\da-f]{64}-(primary|filelists|other)\.xml\.gz$/)
    expect(bucket.written[1]).to.deep.equal(['el/repodata/repomd.xml'])
    expect(plan.groups.flat().filter(({ top }) => top)).to.have.length(1)
    expect(plan.parts).to.deep.equal([{ name: 'el/repodata', before: 0, after: 2 }])
  })

  it('writes nothing the second time, at whatever time', async () => {
    const bucket = emptyRepository(new MemoryBucket(), '').put('a.rpm', rpm('a'))
    await bucket.reindex('', longAgo)
    await bucket.reindex('', longAgo + 10 ** 9)
    expect(bucket.written).to.deep.equal([])
  })

  it('writes nothing where another tool compressed the same lists in its own way', async () => {
    const bucket = emptyRepository(new MemoryBucket(), '').put('a.rpm', rpm('a'))
    await bucket.reindex('')
    const repomd = bucket.text('repodata/repomd.xml')
    const [primary] = parseRepomd(repomd)?.data ?? []
    const recompressed = gzipSync(openedData(bucket, '', 'primary'), { level: 1 })
    bucket.put('repodata/primary.xml.gz', recompressed)
    bucket.put(
      'repodata/repomd.xml',
      repomd
        .replace(primary?.href ?? '', 'repodata/primary.xml.gz')
        .replace(primary?.checksum ?? '', createHash('sha256').update(recompressed).digest('hex'))
        .replace(`<size>${primary?.size}</size>`, `<size>${recompressed.length}</size>`),
    )
    await bucket.reindex('')
    expect(bucket.written).to.deep.equal([])
    bucket.objects.delete('repodata/primary.xml.gz')
    await bucket.reindex('')
    expect(bucket.written.flat()).to.include('repodata/repomd.xml')
    expect(hrefs(bucket, '')).to.deep.equal(['a.rpm'])
  })

  it('reads a present list that is compressed in any way that publishers use', async function () {
    if (!isThere('xz') || !isThere('bzip2')) this.skip()
    const ways = [
      ['.bz2', 'bzip2'],
      ['.lzma', 'xz', '--format=lzma'],
      ['.xz', 'xz', '-C', 'sha256'],
    ] as const
    for (const [ending, command, ...flags] of ways) {
      const bucket = emptyRepository(new MemoryBucket(), 'el/').put('el/a.rpm', rpm('a'))
      await bucket.reindex('el/')
      const open = openedData(bucket, 'el/', 'primary').replace(/<time file="\d+"/, '<time file="77"')
      const href = `repodata/primary.xml${ending}`
      const put = (body: Uint8Array): void => {
        const size = { size: body.length, openSize: open.length, timestamp: 9 }
        const data = renderData({ type: 'primary', href, sha256: sum(body), openSha256: sum(open), ...size })
        bucket.put(`el/${href}`, body).put('el/repodata/repomd.xml', renderRepomd(9, [data]))
      }
      const body = packed(command, open, ...flags)
      put(body)
      const plan = await bucket.reindex('el/')
      expect(plan.findings, ending).to.deep.equal([])
      expect(plan.parts, ending).to.deep.equal([{ name: 'el/repodata', before: 1, after: 1 }])
      expect(openedData(bucket, 'el/', 'filelists'), ending).to.include('<filelists')
      expect(bucket.text('el/repodata/repomd.xml'), ending).to.include(`<location href="${href}"/>`)
      put(body.subarray(0, body.length / 2))
      const [finding] = (await bucket.reindex('el/')).findings
      expect(finding?.what, ending).to.equal(`cannot be read as the list of packages: ${href} is damaged`)
    }
  })

  it('believes no list that is not what repomd.xml says', async () => {
    const bucket = repositoryOf(new MemoryBucket(), '', [listed({ rpm: rpm('a'), href: 'a.rpm', time: 123 })])
    const primary = [...bucket.objects.keys()].find((key) => key.includes('primary')) ?? ''
    bucket.put(primary, gzipSync('<metadata packages="0"></metadata>')).put('a.rpm', rpm('a'))
    const plan = await bucket.reindex('')
    expect(plan.findings[0]?.what).to.match(/not what repomd.xml says/)
  })

  it('takes the time of new content at an old place from the object', async () => {
    const bucket = repositoryOf(new MemoryBucket(), '', [listed({ rpm: rpm('b'), href: 'a.rpm', time: 123 })])
    await bucket.put('a.rpm', rpm('a')).reindex('')
    expect(openedData(bucket, '', 'primary')).to.include(`<time file="${longAgo / 1000}" `)
  })

  it('writes a list anew that repomd.xml names and that is gone', async () => {
    const bucket = emptyRepository(new MemoryBucket(), '').put('a.rpm', rpm('a'))
    await bucket.reindex('')
    const lost = [...bucket.objects.keys()].find((key) => key.endsWith('-other.xml.gz')) ?? ''
    bucket.objects.delete(lost)
    await bucket.reindex('')
    expect(bucket.written.flat()).to.include(lost)
  })

  it('carries over what packages cannot tell, and drops databases of the old lists', async () => {
    const data = (type: string): string => `<data type="${type}"><location href="repodata/${type}"/></data>`
    const stale = ['primary_db', 'filelists_db', 'primary_zck', 'filelists_zck', 'other_zck'].map((type) =>
      // What zchunk has besides (createrepo_c --zck).
      data(type).replace('><', '><header-checksum type="sha256">00</header-checksum><header-size>1</header-size><'),
    )
    const bucket = repositoryOf(new MemoryBucket(), '', [], ['<tags><content>x</content></tags>', ...carried, ...stale])
    await bucket.put('a.rpm', rpm('a')).reindex('')
    const repomd = bucket.text('repodata/repomd.xml')
    for (const element of carried) expect(repomd).to.include(`  ${element}\n`)
    expect(repomd).to.include('<tags><content>x</content></tags>')
    const types = parseRepomd(repomd)?.data.map(({ type }) => type)
    expect(types).to.deep.equal(['primary', 'filelists', 'other', 'updateinfo', 'group', 'modules', 'productid'])
  })

  it('keeps the time that the old index tells, though the object was rewritten since', async () => {
    const bucket = repositoryOf(new MemoryBucket(), '', [listed({ rpm: rpm('a'), href: 'a.rpm', time: 123 })])
    await bucket.put('a.rpm', rpm('a'), longAgo + 10 ** 9).reindex('')
    expect(openedData(bucket, '', 'primary')).to.include('<time file="123" ')
  })

  it('takes the time from the object where the old index tells none', async () => {
    const entry = listed({ rpm: rpm('a'), href: 'a.rpm' }).replace(/<time [^>]*>/, '<time/>')
    const bucket = repositoryOf(new MemoryBucket(), '', [entry])
    await bucket.put('a.rpm', rpm('a')).reindex('')
    expect(openedData(bucket, '', 'primary')).to.include(`<time file="${longAgo / 1000}" `)
  })

  it('keeps a base, and knows percent-encoded places', async () => {
    const based = listed({ rpm: rpm('a'), href: 'p/a%2Bb.rpm' }).replace(
      '<location',
      '<location xml:base="https://x.example/?a&amp;b"',
    )
    const bucket = repositoryOf(new MemoryBucket(), '', [based])
    await bucket.put('p/a+b.rpm', rpm('a')).reindex('')
    expect(openedData(bucket, '', 'primary')).to.include(
      '<location xml:base="https://x.example/?a&amp;b" href="p/a%2Bb.rpm"/>',
    )
  })

  it('leaves to a repository below it what is in that one, unless it lists it itself', async () => {
    const bucket = repositoryOf(new MemoryBucket(), '', [listed({ rpm: rpm('both'), href: 'sub/both.rpm' })])
    emptyRepository(bucket, 'sub/').put('sub/a.rpm', rpm('a')).put('sub/both.rpm', rpm('both')).put('b.rpm', rpm('b'))
    await bucket.reindex('')
    expect(hrefs(bucket, '')).to.deep.equal(['b.rpm', 'sub/both.rpm'])
  })

  it('says how much a list would shrink', async () => {
    const gone = ['x', 'y'].map((name) => listed({ rpm: rpm(name), href: `${name}.rpm` }))
    const plan = await repositoryOf(new MemoryBucket(), '', gone).put('x.rpm', rpm('x')).reindex('')
    expect(plan.parts).to.deep.equal([{ name: 'repodata', before: 2, after: 1 }])
  })

  it('makes do without a present list that can be read, and says so', async () => {
    for (const broken of [Buffer.from('nothing'), gzipSync('<metadata><package'), gzipSync('')]) {
      const bucket = new MemoryBucket().put('repodata/primary.xml.gz', broken).put('a.rpm', rpm('a'))
      bucket.put(
        'repodata/repomd.xml',
        '<repomd><data type="primary"><location href="repodata/primary.xml.gz"/></data></repomd>',
      )
      const plan = await bucket.reindex('')
      expect(plan.findings).to.have.length(1)
      expect(hrefs(bucket, '')).to.deep.equal(['a.rpm'])
    }
  })

  it('makes a repomd.xml anew that is none', async () => {
    const bucket = new MemoryBucket().put('repodata/repomd.xml', '<html>').put('a.rpm', rpm('a'))
    expect((await bucket.reindex('')).findings).to.have.length(1)
    expect(hrefs(bucket, '')).to.deep.equal(['a.rpm'])
  })
})

describe("packagecloud's own layout", () => {
  const key = (id: number): string => `7/11/el/8/package_files/${id}.rpm`
  const root = '7/11/el/8/'

  it('keeps the names that clients know, in each architecture that lists a package', async () => {
    const bucket = new MemoryBucket().put(key(1), rpm('a')).put(key(2), rpm('b')).put(key(3), rpm('c'))
    repositoryOf(bucket, `${root}x86_64/`, [
      listed({ rpm: rpm('a'), href: 'a-1.x86_64.rpm' }),
      listed({ rpm: rpm('b'), href: 'b.rpm' }),
    ])
    repositoryOf(bucket, `${root}aarch64/`, [listed({ rpm: rpm('b'), href: 'b.rpm' })])
    const plan = await bucket.reindex(root)
    expect(hrefs(bucket, `${root}x86_64/`)).to.deep.equal(['a-1.x86_64.rpm', 'b.rpm'])
    expect(hrefs(bucket, `${root}aarch64/`)).to.deep.equal(['b.rpm'])
    expect(plan.findings.map(({ key: where }) => where)).to.deep.equal([key(3)])
    expect(plan.packages).to.equal(3)
  })

  it('lists one content once, however many objects have it, and under all its names', async () => {
    const names = ['one.rpm', 'two.rpm'].map((href) => listed({ rpm: rpm('a'), href }))
    const bucket = repositoryOf(new MemoryBucket(), `${root}x86_64/`, names)
    await bucket.put(key(1), rpm('a')).put(key(2), rpm('a')).reindex(root)
    expect(hrefs(bucket, `${root}x86_64/`)).to.deep.equal(['one.rpm', 'two.rpm'])
  })

  it('finds packages again in a list of MD5 sums by the ETag, and in one of SHA-1 by their looks', async () => {
    const content = rpm('a')
    const md5 = `<checksum type="md5" pkgid="YES">${createHash('md5').update(content).digest('hex')}</checksum>`
    const sha = '<checksum type="sha" pkgid="YES">da39a3ee5e6b4b0d3255bfef95601890afd80709</checksum>'
    const looks = `<name>a</name><arch>noarch</arch><version epoch="0" ver="1.0" rel="1"/><format><rpm:header-range start="168" end="${content.length}"/></format>`
    const byLooks = listed({ rpm: content, href: 'named.rpm', checksum: sha })
      .replace('<name>x</name>', looks)
      .replace('build="1"', 'build="1700000000"')
    for (const entry of [listed({ rpm: content, href: 'named.rpm', checksum: md5 }), byLooks]) {
      const bucket = repositoryOf(new MemoryBucket(), `${root}x86_64/`, [entry]).put(key(1), content)
      await bucket.reindex(root)
      expect(hrefs(bucket, `${root}x86_64/`)).to.deep.equal(['named.rpm'])
    }
  })

  it('touches nothing where the only list of names cannot be read', async () => {
    const bucket = repositoryOf(new MemoryBucket(), `${root}x86_64/`, [listed({ rpm: rpm('a'), href: 'a.rpm' })])
    const primary = [...bucket.objects.keys()].find((one) => one.includes('primary')) ?? ''
    const plan = await bucket.put(primary, 'broken').put(key(1), rpm('a')).reindex(root)
    expect(bucket.written).to.deep.equal([])
    expect(plan.findings.map(({ key: where }) => where)).to.deep.equal([primary, key(1)])
  })
})

describe('signing repomd.xml', () => {
  it('signs the bytes that are written, right after them', async () => {
    const bucket = emptyRepository(new MemoryBucket(), '').put('a.rpm', rpm('a'))
    await bucket.reindex('', longAgo, countingSigner())
    expect(bucket.written.slice(1)).to.deep.equal([['repodata/repomd.xml'], ['repodata/repomd.xml.asc']])
    expect(bucket.text('repodata/repomd.xml.asc')).to.equal(`signature 1 over ${bucket.text('repodata/repomd.xml')}`)
  })

  it('leaves a signature over the same bytes as it is', async () => {
    const bucket = emptyRepository(new MemoryBucket(), '').put('a.rpm', rpm('a'))
    const signer = countingSigner()
    await bucket.reindex('', longAgo, signer)
    await bucket.reindex('', longAgo + 5000, signer)
    expect(bucket.written).to.deep.equal([])
  })

  it('signs anew what a run wrote that was killed before it signed', async () => {
    const bucket = emptyRepository(new MemoryBucket(), '').put('a.rpm', rpm('a'))
    await bucket.reindex('', longAgo, countingSigner())
    bucket.put('repodata/repomd.xml.asc', 'signature 0 over the bytes before')
    await bucket.reindex('', longAgo + 5000, countingSigner())
    expect(bucket.written).to.deep.equal([['repodata/repomd.xml.asc']])
    expect(bucket.text('repodata/repomd.xml.asc')).to.equal(`signature 1 over ${bucket.text('repodata/repomd.xml')}`)
  })

  it('knows its own OpenPGP signatures again, and those of another key not', async () => {
    const [own, other] = await Promise.all(
      ['own', 'other'].map(async (name) => {
        const { privateKey } = await generateKey({ type: 'ecc', curve: 'ed25519Legacy', userIDs: [{ name }] })
        return createSigner({ key: Buffer.from(privateKey), name })
      }),
    )
    const bucket = emptyRepository(new MemoryBucket(), '').put('a.rpm', rpm('a'))
    await bucket.reindex('', longAgo, own)
    await bucket.reindex('', longAgo, own)
    expect(bucket.written).to.deep.equal([])
    await bucket.reindex('', longAgo, other)
    expect(bucket.written).to.deep.equal([['repodata/repomd.xml.asc']])
  })

  it('says that a repository is signed, and never leaves a stale signature', async () => {
    const bucket = emptyRepository(new MemoryBucket(), '').put('repodata/repomd.xml.asc', 'old').put('a.rpm', rpm('a'))
    expect((await yum.open(bucket.repository(''))).signatures).to.have.length(1)
    const failed = await bucket.reindex('').catch((error: unknown) => error)
    expect(failed).to.be.instanceOf(Error)
    expect(bucket.text('repodata/repomd.xml.asc')).to.equal('old')
  })
})

describe('digests that the present index tells', () => {
  it('are believed where place, size and time are the same', async () => {
    const bucket = repositoryOf(new MemoryBucket(), '', [
      listed({ rpm: rpm('a'), href: 'a.rpm', time: longAgo / 1000 }),
    ])
    const old = await yum.open(bucket.repository(''))
    const stored = { key: 'a.rpm', size: rpm('a').length, etag: '', modified: longAgo + 999 }
    expect(old.digestsOf(stored)?.sha256).to.match(/^[\da-f]{64}$/)
    expect(old.digestsOf({ ...stored, modified: longAgo + 1000 })).to.equal(undefined)
    expect(old.digestsOf({ ...stored, size: 1 })).to.equal(undefined)
    expect(old.digestsOf({ ...stored, key: 'b.rpm' })).to.equal(undefined)
  })

  it('spare reading the body', async () => {
    const body = readFileSync(new URL('fixtures/fix-tool.noarch.rpm', import.meta.url))
    const bucket = new MemoryBucket().put('a.rpm', body)
    const stored = { key: 'a.rpm', size: body.length, etag: '', modified: longAgo }
    const whole = await yum.readPackage(bucket.source(stored))
    const spared = {
      ...bucket.source(stored, whole.digests),
      stream: () => {
        throw new Error('read whole')
      },
    }
    expect(await yum.readPackage(spared)).to.deep.equal(whole)
    expect(whole.identity).to.equal('fix-tool-2:1.2~rc1-3.noarch')
  })
})

describe('a repomd.xml', () => {
  it('is taken apart or refused, whatever it is, in time that grows with its length', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '</',
      '/>',
      '"',
      "'",
      '<!--',
      '-->',
      '<data type="',
      'repomd',
      ' ',
      '<repomd>',
      '</repomd>',
    )
    fc.assert(fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => void parseRepomd(pieces.join(''))))
    for (const hostile of ['<', '<a ', '<!--', '<a "', '<![CDATA[']) parseRepomd(`<repomd>${hostile.repeat(100_000)}`)
  })
})

describe('packages that cannot be looked at', () => {
  const archived = (name: string, size = 4096): { key: string; size: number; etag: string; modified: number } => ({
    key: `${name}.rpm`,
    size,
    etag: 'd41d8cd98f00b204e9800998ecf8427e-3',
    modified: longAgo,
  })

  /** A tree whose lists say of `cold` what only its headers know. */
  async function withCold(): Promise<MemoryBucket> {
    const bucket = emptyRepository(new MemoryBucket(), '').put('a.rpm', rpm('a'))
    const files = { 1116: { int32: [0] }, 1117: ['cold'], 1118: ['/usr/share/'], 1030: { int16: [0o100644] } }
    const cold = madeRpm({ ...plainTags, ...files, 1000: 'cold', 1037: { int32: [0] } })
    await bucket.put('cold.rpm', Buffer.concat([cold, Buffer.alloc(4096 - cold.length)])).reindex('')
    bucket.objects.delete('cold.rpm')
    return bucket
  }

  const lists = ['primary', 'filelists', 'other'] as const
  const elementOf = (bucket: MemoryBucket, type: string): string =>
    openedData(bucket, '', type)
      .split(/(?<=<\/package>\n)/)
      .find((xml) => /name="cold"|<name>cold</.test(xml)) ?? ''

  it('keep their entries in all lists, byte for byte', async () => {
    const bucket = await withCold()
    const before = lists.map((type) => elementOf(bucket, type))
    const plan = await bucket.put('b.rpm', rpm('b')).reindex('', longAgo + 5000, undefined, [archived('cold')])
    expect(plan.parts).to.deep.equal([{ name: 'repodata', before: 2, after: 3 }])
    expect([...plan.kept]).to.deep.equal(['cold.rpm'])
    expect(plan.findings).to.deep.equal([])
    expect(lists.map((type) => elementOf(bucket, type))).to.deep.equal(before)
    for (const type of lists) {
      expect(openedData(bucket, '', type).match(/<package /g)).to.have.length(3)
      expect(openedData(bucket, '', type)).to.include(' packages="3">')
    }
    expect(elementOf(bucket, 'filelists')).to.include('<file>/usr/share/cold</file>')
    await bucket.reindex('', longAgo + 9000, undefined, [archived('cold')])
    expect(bucket.written).to.deep.equal([])
  })

  it('lose them where the object is of another size', async () => {
    const bucket = await withCold()
    const plan = await bucket.reindex('', longAgo + 5000, undefined, [archived('cold', 4097)])
    expect(hrefs(bucket, '')).to.deep.equal(['a.rpm'])
    expect(plan.kept.size).to.equal(0)
    expect(plan.parts).to.deep.equal([{ name: 'repodata', before: 2, after: 1 }])
  })

  it('have their names at least in a list that is lost', async () => {
    const bucket = await withCold()
    const filelists = [...bucket.objects.keys()].find((key) => key.includes('filelists')) ?? ''
    bucket.objects.delete(filelists)
    await bucket.reindex('', longAgo + 5000, undefined, [archived('cold')])
    expect(elementOf(bucket, 'filelists')).to.match(
      /^<package pkgid="[\da-f]{64}" name="cold" arch="noarch">\n {2}<version [^>]*>\n<\/package>\n$/,
    )
  })

  it("are found again in packagecloud's layout by a size that nothing else has", async () => {
    const root = '7/11/el/8/'
    const key = (id: number): string => `${root}package_files/${id}.rpm`
    const make = async (sizes: readonly number[]): Promise<readonly string[]> => {
      const [one, two] = [rpm('cold'), Buffer.concat([rpm('other'), Buffer.alloc(100)])]
      const names = [listed({ rpm: one, href: 'cold.rpm' }), listed({ rpm: two, href: 'other.rpm' })]
      const bucket = repositoryOf(new MemoryBucket(), `${root}x86_64/`, names).put(key(2), two)
      const cold = sizes.map((size, at) => ({ ...archived('x', size), key: key(3 + at) }))
      await bucket.reindex(root, longAgo + 5000, undefined, cold)
      return hrefs(bucket, `${root}x86_64/`)
    }
    expect(await make([rpm('cold').length])).to.deep.equal(['other.rpm', 'cold.rpm'])
    expect(await make([rpm('cold').length, rpm('cold').length])).to.deep.equal(['other.rpm'])
  })

  it('keep them where they lie outside of the repository, and that is told', async () => {
    const outside = ['../elsewhere/x.rpm', 'https://x.example/y.rpm', 'z.rpm'].map((href) =>
      listed({ rpm: rpm(href), href }),
    )
    const based = outside[2]?.replace('<location', '<location xml:base="media://1"') ?? ''
    const entries = [outside[0] ?? '', outside[1] ?? '', based, listed({ rpm: rpm('gone'), href: 'gone.rpm' })]
    const bucket = repositoryOf(new MemoryBucket(), 'el/', entries).put('el/a.rpm', rpm('a'))
    const plan = await bucket.reindex('el/')
    expect(plan.parts).to.deep.equal([{ name: 'el/repodata', before: 4, after: 4 }])
    expect(hrefs(bucket, 'el/')).to.deep.equal(['a.rpm', '../elsewhere/x.rpm', 'https://x.example/y.rpm', 'z.rpm'])
    expect(plan.findings.map(({ key, what }) => `${key} ${/outside|is not in/.exec(what)?.[0] ?? ''}`)).to.deep.equal([
      'elsewhere/x.rpm outside',
      'https://x.example/y.rpm outside',
      'media://1 z.rpm outside',
      'el/gone.rpm is not in',
    ])
    await bucket.reindex('el/', longAgo + 9000)
    expect(bucket.written).to.deep.equal([])
  })

  it('are not taken for others that have the same base and are gone', async () => {
    const own = ['a.rpm', 'gone.rpm'].map((href) =>
      listed({ rpm: rpm(href), href }).replace('<location', '<location xml:base="https://own.example/"'),
    )
    const bucket = repositoryOf(new MemoryBucket(), '', own).put('a.rpm', rpm('a.rpm'))
    await bucket.reindex('')
    expect(hrefs(bucket, '')).to.deep.equal(['a.rpm'])
  })

  it('are not copied from a list with namespaces of its own', async () => {
    const bucket = await withCold()
    const foreign = openedData(bucket, '', 'primary').replace('<metadata ', '<metadata xmlns:suse="urn:x" ')
    bucket.put('repodata/own.xml', foreign)
    bucket.put(
      'repodata/repomd.xml',
      `<repomd><data type="primary"><location href="repodata/own.xml"/></data></repomd>`,
    )
    await bucket.reindex('', longAgo + 5000, undefined, [archived('cold')])
    expect(hrefs(bucket, '')).to.deep.equal(['a.rpm'])
  })
})

describe('two packages of one name, version and architecture', () => {
  const [one, other] = [rpm('twin'), madeRpm({ ...plainTags, 1000: 'twin', 1004: { i18n: ['another'] } })]
  const name = 'twin-0:1.0-1.noarch'

  it('are reported, and the first of two new ones is indexed', async () => {
    const bucket = emptyRepository(new MemoryBucket(), '').put('x/one.rpm', one).put('y/other.rpm', other)
    const plan = await bucket.put('z/one.rpm', one).reindex('')
    expect(hrefs(bucket, '')).to.deep.equal(['x/one.rpm', 'z/one.rpm'])
    expect(openedData(bucket, '', 'other')).to.include(' packages="2">')
    expect(plan.parts[0]?.after).to.equal(2)
    expect(plan.findings.map(({ key, what }) => `${key}: ${what}`)).to.deep.equal([
      `y/other.rpm: ${name} has other content than x/one.rpm; only the latter is indexed in repodata`,
    ])
  })

  it('are reported, and the one stays indexed that was first in the index', async () => {
    const entries = [listed({ rpm: other, href: 'y/other.rpm' }), listed({ rpm: one, href: 'x/one.rpm' })]
    for (const present of [entries, entries.slice(0, 1)]) {
      const bucket = repositoryOf(new MemoryBucket(), '', present).put('x/one.rpm', one).put('y/other.rpm', other)
      const plan = await bucket.reindex('')
      expect(hrefs(bucket, '')).to.deep.equal(['y/other.rpm'])
      expect(plan.findings.map(({ key }) => key)).to.deep.equal(['x/one.rpm'])
      await bucket.reindex('', longAgo + 5000)
      expect(bucket.written).to.deep.equal([])
    }
  })
})
