import { gunzipSync, gzipSync } from 'node:zlib'

import { expect } from 'chai'
import fc from 'fast-check'
import { generateKey } from 'openpgp'

import { apt } from '../../../src/repositories/apt/apt.ts'
import { parseStanzas, valueOf } from '../../../src/repositories/apt/deb822.ts'
import { RefusedRepository, type Signer } from '../../../src/repositories/format.ts'
import { createSigner } from '../../../src/repositories/openpgp.ts'
import { isThere, packed } from '../compression/contents.ts'
import { Bucket, deb, entryOf, hash } from './packages-made.ts'

const list = 'dists/stable/main/binary-amd64/Packages'
const day = 24 * 3600 * 1000
const now = Date.UTC(2026, 10, 22)

/** Signatures that name what they sign. */
const signer: Signer = {
  clear: async (text) =>
    `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${text}-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n`,
  detached: async (bytes) => `signature of ${hash('sha256', bytes)}\n`,
}

const release = (lines: string): string => `Origin: Example\nLabel: Ex\nSuite: stable\nCodename: trixie\n${lines}`

/** A suite with one package in a pool, whose Release lists nothing yet. */
function poolBucket(root = ''): Bucket {
  const one = deb()
  return new Bucket(root)
    .put('pool/main/h/hello_1.0_amd64.deb', one)
    .put(list, entryOf(one, 'pool/main/h/hello_1.0_amd64.deb'))
    .put(
      'dists/stable/Release',
      release('Date: Sat, 01 Jan 2022 00:00:00 UTC\nArchitectures: amd64\nComponents: main\n'),
    )
}

const fieldOf = (bucket: Bucket, path: string, name: string, at = 0): string | undefined =>
  valueOf([...parseStanzas(bucket.text(path))][at] ?? [], name)

describe('apt: new indexes', () => {
  it('come in the order that breaks no client, InRelease last', async () => {
    const bucket = poolBucket('1/2/debian/')
    const { groups } = await bucket.plan({ signer, now })
    const paths = groups.map((group) => group.map(({ key }) => key.slice('1/2/debian/dists/stable/'.length)))
    expect(paths[0]?.every((path) => /^main\/binary-amd64\/by-hash\/SHA256\/[0-9a-f]{64}$/.test(path))).to.equal(true)
    expect(paths.slice(1)).to.deep.equal([
      ['main/binary-amd64/Packages', 'main/binary-amd64/Packages.gz'],
      ['Release', 'Release.gpg'],
      ['InRelease'],
    ])
    expect(groups[3]?.[0]?.top).to.equal(true)
    expect(groups[2]?.[0]?.top).to.equal(true)
  })

  it('list the plain Packages and its digest by MD5 and SHA-256, and nothing that is stronger', async () => {
    const bucket = poolBucket().put(
      'dists/stable/Release',
      release(`SHA512:\n ${'a'.repeat(128)} 5 main/binary-amd64/Packages\n`),
    )
    await bucket.reindex({ now })
    const text = bucket.text(list)
    const written = bucket.text('dists/stable/Release')
    expect(written).to.contain(
      `\n ${hash('sha256', text)} ${text.length + 1} main/binary-amd64/Packages\n`.replace(
        / \d+ main/,
        ` ${Buffer.byteLength(text)} main`,
      ),
    )
    expect(written)
      .to.match(/^MD5Sum:$/m)
      .and.match(/^SHA256:$/m)
      .and.match(/^Acquire-By-Hash: yes$/m)
    expect(written).not.to.match(/SHA512|SHA1/)
    expect(bucket.text(`dists/stable/main/binary-amd64/by-hash/SHA256/${hash('sha256', text)}`)).to.equal(text)
    const packed = bucket.objects.get(`${list}.gz`) ?? new Uint8Array()
    expect(gunzipSync(packed).toString()).to.equal(text)
    // Magic, deflate, no flags, no time, Unix: the same bytes everywhere.
    expect([...packed.subarray(0, 8), packed[9]]).to.deep.equal([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 3])
  })

  it('are not written a second time, whatever the clock says', async () => {
    const bucket = poolBucket()
    const first = await bucket.reindex({ signer, now })
    expect(first.written).to.include.members(['dists/stable/InRelease', 'dists/stable/Release.gpg', `${list}.gz`])
    const second = await bucket.reindex({ signer, now: now + day })
    expect(second.written).to.deep.equal([])
    expect(second.plan.groups.flat().some(({ top }) => top)).to.equal(false)
  })

  it('reach the same end from wherever a run was cut off', async () => {
    const whole = poolBucket()
    await whole.reindex({ signer, now })
    for (const groups of [0, 1, 2, 3]) {
      const cut = poolBucket()
      await cut.reindex({ signer, now, groups })
      await cut.reindex({ signer, now })
      expect([...cut.objects.keys()].sort()).to.deep.equal([...whole.objects.keys()].sort())
      for (const [key, body] of whole.objects) expect(cut.text(key), key).to.equal(Buffer.from(body).toString())
    }
  })

  it('keep every field of the Release that the packages cannot tell, and what they do not rebuild', async () => {
    const carried = [
      ...['NotAutomatic: yes', 'ButAutomaticUpgrades: yes', 'Description: two\n lines', 'X-Own: 1'],
      `SHA256:\n ${'c'.repeat(64)} 9 main/Contents-amd64.gz\n ${'d'.repeat(64)} 8 main/i18n/Translation-en`,
      ` ${'e'.repeat(64)} 7 main/binary-amd64/Packages.xz\n ${'f'.repeat(64)} 6 main/binary-amd64/Packages.diff/Index`,
    ]
    const bucket = poolBucket().put('dists/stable/Release', release(`${carried.join('\n')}\n`))
    await bucket.reindex({ now })
    const text = bucket.text('dists/stable/Release')
    for (const line of ['Origin: Example', 'Label: Ex', 'Codename: trixie', ...carried.slice(0, 4)])
      expect(text).to.contain(`${line}\n`)
    expect(text)
      .to.contain(`${'c'.repeat(64)} 9 main/Contents-amd64.gz`)
      .and.contain(' 8 main/i18n/Translation-en')
    expect(text).not.to.match(/Packages\.(xz|diff)/)
    expect(fieldOf(bucket, 'dists/stable/Release', 'Architectures')).to.equal('amd64')
  })

  it('renew a Valid-Until at half time, for as long as before', async () => {
    const bucket = poolBucket().put(
      'dists/stable/Release',
      release('Date: Sun, 01 Nov 2026 00:00:00 UTC\nValid-Until: Wed, 11 Nov 2026 00:00:00 UTC\n'),
    )
    expect((await bucket.reindex({ now })).plan.renew).to.equal(now + 5 * day)
    const until = (): number => Date.parse(fieldOf(bucket, 'dists/stable/Release', 'Valid-Until') ?? '')
    expect(until()).to.equal(now + 10 * day)
    const unchanged = await bucket.reindex({ now: now + 4 * day })
    expect(unchanged.written).to.deep.equal([])
    expect(unchanged.plan.renew).to.equal(now + 5 * day)
    expect((await bucket.reindex({ now: now + 6 * day })).written).to.deep.equal(['dists/stable/Release'])
    expect(until()).to.equal(now + 16 * day)
  })

  it('take overrides, further fields and their order from the present entry of the same content only', async () => {
    const one = deb()
    const entry = entryOf(one, 'pool/a.deb')
      .replace('Section: misc', 'Section: admin')
      .replace('Priority: optional\n', '')
    const extra = `Phased-Update-Percentage: 10\nPriority: extra\nSHA512: ${'a'.repeat(128)}\n\n`
    const bucket = poolBucket()
      .put('pool/a.deb', one)
      .put(list, entry.replace(/\n\n$/, `\n${extra}`))
    await bucket.reindex({ now })
    const kept = bucket.text(list)
    expect(kept).to.equal(entry.replace(/\n\n$/, `\n${extra}`))
    bucket.put('pool/a.deb', deb({ payload: 'replaced' }))
    await bucket.reindex({ now })
    expect(fieldOf(bucket, list, 'Section')).to.equal('admin')
    expect(bucket.text(list)).not.to.match(/SHA512|Phased/)
    expect(fieldOf(bucket, list, 'SHA256')).to.equal(hash('sha256', deb({ payload: 'replaced' })))
  })

  it('leave long descriptions in Translation files where they are there', async () => {
    const entry = entryOf(deb(), 'pool/main/h/hello_1.0_amd64.deb').replace(
      /^Description: a greeting\n( .*\n)+/m,
      `Description: a greeting\nDescription-md5: ${'b'.repeat(32)}\n`,
    )
    const bucket = poolBucket().put(list, entry)
    await bucket.reindex({ now })
    expect(bucket.text(list)).to.equal(entry)
  })

  it('keep the file names of packagecloud, which are no keys, joined by content', async () => {
    const jammy = deb({ fields: { Version: '1.0' } })
    const focal = deb({ fields: { Version: '2.0' } })
    const bucket = new Bucket('7/11/ubuntu/')
      .put('package_files/1.deb', jammy)
      .put('package_files/2.deb', focal)
      .put('package_files/3.deb', jammy)
    for (const [suite, bytes, version] of [
      ['jammy', jammy, '1.0'],
      ['focal', focal, '2.0'],
    ] as const) {
      const name = `pool/${suite}/main/h/hello_${version}_amd64.deb`
      bucket.put(`dists/${suite}/main/binary-amd64/Packages`, entryOf(bytes, name, { Version: version }))
      bucket.put(`dists/${suite}/Release`, `Codename: ${suite}\n`)
    }
    const { plan } = await bucket.reindex({ now })
    expect(fieldOf(bucket, 'dists/jammy/main/binary-amd64/Packages', 'Filename')).to.equal(
      'pool/jammy/main/h/hello_1.0_amd64.deb',
    )
    expect(fieldOf(bucket, 'dists/focal/main/binary-amd64/Packages', 'Filename')).to.equal(
      'pool/focal/main/h/hello_2.0_amd64.deb',
    )
    expect(plan.parts.map(({ name, before, after }) => `${name} ${before} ${after}`)).to.deep.equal([
      'focal/main/binary-amd64 1 1',
      'jammy/main/binary-amd64 1 1',
    ])
    // The third is a second copy of what is listed, not an orphan.
    expect(plan.findings).to.deep.equal([])
  })

  it('join by SHA-256 alone, and by MD5 alone', async () => {
    for (const missing of [/^MD5sum: .*\n/m, /^SHA256: .*\n/m]) {
      const bucket = new Bucket('7/11/debian/')
        .put('package_files/1.deb', deb())
        .put(list, entryOf(deb(), 'pool/stable/main/hello.deb').replace(missing, ''))
        .put('dists/stable/Release', release(''))
      const { plan } = await bucket.reindex({ now })
      expect(fieldOf(bucket, list, 'Filename')).to.equal('pool/stable/main/hello.deb')
      expect(fieldOf(bucket, list, 'SHA256')).to.equal(hash('sha256', deb()))
      expect(plan.findings).to.deep.equal([])
    }
  })

  it('say themselves where a package is and what it contains, whatever its control file says', async () => {
    const lying = deb({
      fields: { Filename: '../../evil.deb', SHA256: '0'.repeat(64), SHA512: '0'.repeat(128), Size: '1', Status: 'x' },
    })
    const bucket = new Bucket().put('Packages', '').put('a.deb', lying)
    await bucket.reindex({ now })
    const text = bucket.text('Packages')
    expect(text).not.to.match(/evil|SHA512|Status/)
    expect(text.match(/^(Filename|SHA256|Size): .*$/gm)).to.deep.equal([
      'Filename: a.deb',
      `Size: ${lying.length}`,
      `SHA256: ${hash('sha256', lying)}`,
    ])
  })

  it('find an entry however its file name is spelled, also of a package that was built again', async () => {
    const key = 'pool/main/h/hello_1.0+b~1 x_amd64.deb'
    const spellings = [
      ...[
        key,
        `./${key}`,
        `/${key}`,
        key.replace('/', '//'),
        key.replace('main/', './main/'),
        key.replace('m', 'x/../m'),
      ],
      ...[
        key.replace('+', '%2B').replace(' ', '%20'),
        key.replace('+', '%2b').replace('~', '%7E'),
        `.//${encodeURI(key)}`,
      ],
    ]
    for (const spelling of spellings) {
      for (const payload of ['data', 'built again']) {
        const bucket = poolBucket().put(list, entryOf(deb(), spelling)).put(key, deb({ payload }))
        bucket.objects.delete('pool/main/h/hello_1.0_amd64.deb')
        const { plan } = await bucket.reindex({ now })
        expect(plan.findings, spelling).to.deep.equal([])
        // apt asks for what is written there, and S3 takes it literally.
        expect(fieldOf(bucket, list, 'Filename'), spelling).to.equal(key)
        expect(fieldOf(bucket, list, 'SHA256')).to.equal(hash('sha256', deb({ payload })))
      }
    }
  })

  it('take of two keys that an entry may mean the one that clients ask for', async () => {
    const [plus, percent] = [deb({ payload: 'plus' }), deb({ payload: 'percent' })]
    const bucket = poolBucket().put('pool/a+b.deb', plus).put('pool/a%2Bb.deb', percent)
    bucket.put(list, entryOf(deb(), 'pool/a%2Bb.deb'))
    await bucket.reindex({ now })
    expect(fieldOf(bucket, list, 'Filename')).to.equal('pool/a%2Bb.deb')
    expect(fieldOf(bucket, list, 'SHA256')).to.equal(hash('sha256', percent))
  })

  it('report what is in no index and what is gone, and guess nothing', async () => {
    const bucket = poolBucket().put('pool/main/n/new_1_amd64.deb', deb({ fields: { Package: 'new' } }))
    bucket.put(
      list,
      `${bucket.text(list)}${entryOf(deb({ fields: { Package: 'away' } }), 'pool/away.deb', { Package: 'away' })}`,
    )
    const { plan } = await bucket.reindex({ now })
    expect(plan.findings.map(({ key, what }) => `${key} ${what}`)).to.deep.equal([
      'pool/main/n/new_1_amd64.deb is in no index of its repository, so its suite and component are unknown; it is not added',
      'pool/away.deb is listed in stable/main/binary-amd64 but is not in the bucket; the new index does not list it',
    ])
    expect(plan.parts).to.deep.equal([{ name: 'stable/main/binary-amd64', before: 2, after: 1 }])
    expect(plan.packages).to.equal(1)
  })

  it('add a package whose key says where it belongs, if the architecture agrees', async () => {
    const bucket = poolBucket()
      .put('dists/stable/main/binary-amd64/new.deb', deb({ fields: { Package: 'new', Architecture: 'all' } }))
      .put('dists/stable/main/binary-amd64/wrong.deb', deb({ fields: { Package: 'wrong', Architecture: 'arm64' } }))
    const { plan } = await bucket.reindex({ now })
    expect(fieldOf(bucket, list, 'Filename', 1)).to.equal('dists/stable/main/binary-amd64/new.deb')
    expect(plan.findings.map(({ key }) => key)).to.deep.equal(['dists/stable/main/binary-amd64/wrong.deb'])
  })

  it('make a flat repository of what is there, without inventing a Release', async () => {
    const bucket = new Bucket('flat/').put('Packages', '').put('a/x.deb', deb())
    expect((await bucket.reindex({ now })).written).to.deep.equal(['Packages', 'Packages.gz'])
    expect(fieldOf(bucket, 'Packages', 'Filename')).to.equal('a/x.deb')
    const signed = await bucket.reindex({ now, signer })
    expect(signed.written).to.include.members(['Release', 'Release.gpg', 'InRelease'])
    expect(signed.written.some((path) => path.startsWith('by-hash/SHA256/'))).to.equal(true)
    expect(bucket.text('Release')).not.to.match(/Architectures|Components/)
  })

  it('index the one that is listed where two packages of one version differ', async () => {
    const bucket = poolBucket()
    bucket.put('pool/main/a/first.deb', deb({ payload: 'other' }))
    bucket.put(list, bucket.text(list) + entryOf(deb({ payload: 'other' }), 'pool/main/a/first.deb'))
    const { plan } = await bucket.reindex({ now })
    expect(plan.findings.map(({ key, what }) => `${key}: ${what}`)).to.deep.equal([
      'pool/main/a/first.deb: hello 1.0 amd64 has other content than pool/main/h/hello_1.0_amd64.deb, which stable/main/binary-amd64 lists; only the latter is indexed',
    ])
    expect(fieldOf(bucket, list, 'Filename')).to.equal('pool/main/h/hello_1.0_amd64.deb')
    expect(plan.packages).to.equal(1)
  })

  it('leave a suite as it is whose list cannot be read, and write the others', async () => {
    const bucket = poolBucket()
      .put('dists/broken/Release', release(''))
      .put('dists/broken/main/binary-amd64/Packages.gz', 'not gzip')
    const { plan, written } = await bucket.reindex({ now })
    expect(plan.findings[0]?.key).to.equal('dists/broken/main/binary-amd64/Packages.gz')
    expect(plan.findings[0]?.todo).not.to.match(/remove/i)
    expect(plan.findings[0]?.what).to.match(/cannot be decompressed.*stay as they are/)
    expect(written.filter((path) => path.startsWith('dists/broken/'))).to.deep.equal([])
    expect(written).to.include('dists/stable/Release')
  })

  it('drop a package that has become unreadable, unless its content is still what the index says', async () => {
    const bad = Buffer.from('!<arch>\nbroken')
    const kept = poolBucket().put('pool/bad.deb', bad)
    const entry = entryOf(bad, 'pool/bad.deb', { Package: 'bad' })
    kept.put(list, entry)
    await kept.reindex({ now })
    expect(kept.text(list)).to.equal(entry)
    kept.put('pool/bad.deb', Buffer.from('!<arch>\nBROKEN'))
    await kept.reindex({ now })
    expect(kept.text(list)).to.equal('')
  })

  it('keep the entry of an archived package by its place and size where the list has no MD5', async () => {
    const cold = Buffer.from('!<arch>\nnot to be read')
    const entry = entryOf(cold, 'pool/cold.deb', { Package: 'cold' }).replace(/^MD5sum: .*\n/m, '')
    const bucket = poolBucket().put('pool/cold.deb', cold).put(list, entry)
    const { plan } = await bucket.reindex({ now })
    expect(bucket.text(list)).to.equal(entry)
    expect([...plan.kept]).to.deep.equal(['pool/cold.deb'])
    bucket.put('pool/cold.deb', Buffer.from('!<arch>\nnot to be read, and longer'))
    expect([...(await bucket.reindex({ now })).plan.kept]).to.deep.equal([])
    expect(bucket.text(list)).to.equal('')
  })

  it('believe of two forms of a list the one that the Release means', async () => {
    const bucket = poolBucket()
    await bucket.reindex({ now })
    const entries = bucket.text(list)
    bucket.put(list, '').put(`${list}.gz`, gzipSync(''))
    await bucket.reindex({ now: now + day })
    expect(bucket.text(list)).to.equal(entries)
  })

  it('believe of two forms of a list the only one that the Release names', async () => {
    const bucket = poolBucket().put(`${list}.gz`, gzipSync(''))
    const entries = bucket.text(list)
    const sum = `SHA256:\n ${hash('sha256', entries)} ${Buffer.byteLength(entries)} main/binary-amd64/Packages\n`
    bucket.put('dists/stable/Release', release(`Architectures: amd64\nComponents: main\n${sum}`))
    await bucket.reindex({ now })
    expect(bucket.text(list)).to.contain('Package: hello')
  })

  /** As after a publisher that was stopped between two forms: one lists `hello` alone, the other `new` as well. */
  function halfPublished(): { bucket: Bucket; before: string; after: string } {
    const bucket = poolBucket()
    const more = deb({ fields: { Package: 'new' } })
    const before = bucket.text(list)
    const after = before + entryOf(more, 'pool/n.deb', { Package: 'new' })
    bucket.put('pool/n.deb', more).put(list, after).put(`${list}.gz`, gzipSync(before))
    return { bucket, before, after }
  }
  const releaseOf = (forms: Readonly<Record<string, Uint8Array | string>>): string =>
    release(
      `Architectures: amd64\nComponents: main\nSHA256:\n${Object.entries(forms)
        .map(
          ([ending, body]) =>
            ` ${hash('sha256', body)} ${Buffer.from(body).length} main/binary-amd64/Packages${ending}\n`,
        )
        .join('')}`,
    )

  it('take what any form of a list has where a publisher was stopped between them, and name it', async () => {
    for (const meant of ['before', 'after', 'neither', 'no release', 'by hash'] as const) {
      const half = halfPublished()
      const { bucket } = half
      const text = meant === 'after' ? half.after : meant === 'neither' ? 'x' : half.before
      bucket.put('dists/stable/Release', releaseOf({ '': text, '.gz': gzipSync(text) }))
      if (meant === 'no release') bucket.objects.delete('dists/stable/Release')
      if (meant === 'by hash') {
        bucket.put(`${list}.gz`, gzipSync(half.after))
        bucket.put(list.replace('Packages', `by-hash/SHA256/${hash('sha256', text)}`), text)
      }
      const { plan } = await bucket.reindex({ now })
      expect(bucket.text(list).match(/^Package: .*$/gm), meant).to.deep.equal(['Package: hello', 'Package: new'])
      expect(gunzipSync(bucket.objects.get(`${list}.gz`) ?? '').toString(), meant).to.equal(bucket.text(list))
      const told = plan.findings.map(({ key, what }) => `${key} ${what}`)
      expect(
        told.some((line) => /does not list the same as dists\/stable\/main\/.*stopped/.test(line)),
        meant,
      ).to.equal(true)
      const named = told.filter((line) => /^pool\/n\.deb new 1\.0 amd64 is listed in .* and not in/.test(line))
      expect(named.length, told.join('\n')).to.be.at.least(1)
      expect(plan.findings.every(({ once }) => once === true)).to.equal(true)
      expect((await bucket.reindex({ now: now + day })).plan.findings, meant).to.deep.equal([])
    }
  })

  it('take what any form has where the Release was made beside forms that differ, and lists all of them', async () => {
    for (const stale of ['.gz', '']) {
      const { bucket, before, after } = halfPublished()
      const [plain, packed] = stale === '' ? [before, gzipSync(after)] : [after, gzipSync(before)]
      bucket.put(list, plain).put(`${list}.gz`, packed)
      const md5 = (ending: string, body: Uint8Array | string): string =>
        ` ${hash('md5', body)} ${Buffer.from(body).length} main/binary-amd64/Packages${ending}\n`
      const sums = `MD5Sum:\n${md5('', plain)}${md5('.gz', packed)}`
      bucket.put('dists/stable/Release', releaseOf({ '': plain, '.gz': packed }) + sums)
      const { plan } = await bucket.reindex({ now })
      expect(bucket.text(list).match(/^Package: .*$/gm), stale).to.deep.equal(['Package: hello', 'Package: new'])
      expect(plan.parts[0], stale).to.include({ before: 2, after: 2 })
    }
  })

  it('count what only one form of a list has among what could be lost', async () => {
    const { bucket, before } = halfPublished()
    bucket.put('dists/stable/Release', releaseOf({ '': before, '.gz': gzipSync(before) }))
    bucket.objects.delete('pool/n.deb')
    expect((await bucket.plan({ now })).parts).to.deep.equal([
      { name: 'stable/main/binary-amd64', before: 2, after: 1 },
    ])
  })

  it('read a list that is there as bz2, lzma or xz alone, in whatever way it was compressed', async function () {
    if (!isThere('xz') || !isThere('bzip2')) this.skip()
    const ways = [
      ['.bz2', 'bzip2'],
      ['.lzma', 'xz', '--format=lzma'],
      ['.xz', 'xz', '-C', 'sha256'],
    ] as const
    for (const [ending, command, ...flags] of ways) {
      const bucket = poolBucket()
      const text = bucket.text(list)
      const body = packed(command, text, ...flags)
      bucket.put(list + ending, body).put('dists/stable/Release', releaseOf({ '': text, [ending]: body }))
      bucket.objects.delete(list)
      const { plan, written } = await bucket.reindex({ now })
      expect(plan.findings, ending).to.deep.equal([])
      expect(plan.parts[0], ending).to.deep.equal({ name: 'stable/main/binary-amd64', before: 1, after: 1 })
      expect(written, ending).to.include.members([list, `${list}.gz`])
      expect(bucket.text(list), ending).to.equal(text)
      // Left behind, it is not looked at again.
      expect((await bucket.reindex({ now: now + day })).written, ending).to.deep.equal([])
    }
  })

  it('never tell to remove the only list, nor what may be in it', async () => {
    const bucket = poolBucket().put(`${list}.bz2`, 'BZh9 and no more')
    bucket.objects.delete(list)
    const { plan, written } = await bucket.reindex({ now })
    expect(written).to.deep.equal([])
    expect(plan.findings.map(({ key }) => key)).to.deep.equal([`${list}.bz2`])
    expect(plan.findings[0]?.what).to.match(/cannot be decompressed: .*; the indexes of its suite stay as they are/)
    expect(plan.findings[0]?.todo).not.to.match(/remove/i)
  })

  it('take of two entries for one package the one that the Release means', async () => {
    const { bucket, before } = halfPublished()
    bucket.put(list, before.replace('Section: misc', 'Section: later'))
    bucket.put('dists/stable/Release', releaseOf({ '': before, '.gz': gzipSync(before) }))
    const { plan } = await bucket.reindex({ now })
    expect(fieldOf(bucket, list, 'Section')).to.equal('misc')
    expect(bucket.text(list).match(/^Package: /gm)).to.have.length(1)
    expect(plan.findings[0]?.key).to.equal(list)
  })

  it('read another form where the one that no Release means is damaged, and say so', async () => {
    const bucket = poolBucket().put(`${list}.gz`, 'not gzip')
    const { plan } = await bucket.reindex({ now })
    expect(plan.findings.map(({ key }) => key)).to.deep.equal([`${list}.gz`])
    expect(bucket.text(list)).to.contain('Package: hello')
  })

  it('know a content by its MD5 where that is the ETag, and by nothing less', async () => {
    const bucket = poolBucket()
    const { old } = await bucket.plan({ now })
    const [object] = bucket.listed().filter(({ key }) => key.endsWith('.deb'))
    if (object === undefined) throw new Error('no package')
    expect(old.digestsOf(object)?.sha256).to.equal(hash('sha256', deb()))
    expect(old.digestsOf({ ...object, size: object.size + 1 })).to.equal(undefined)
    expect(old.digestsOf({ ...object, etag: `${object.etag}-2` })).to.equal(undefined)
    expect(old.signatures).to.deep.equal([])
  })

  it('are refused for a signed repository without a key', async () => {
    const bucket = poolBucket().put('dists/stable/Release.gpg', 'signature')
    let refused: unknown
    await bucket.plan({ now }).catch((error: unknown) => (refused = error))
    expect(refused).to.be.instanceOf(RefusedRepository).with.property('todo').that.includes('--signing-key')
    expect((await bucket.plan({ now, signer })).old.signatures).not.to.deep.equal([])
  })

  it('write Release and InRelease anew where a run was cut off between them', async () => {
    const bucket = poolBucket()
    await bucket.reindex({ signer, now })
    bucket.put('dists/stable/InRelease', bucket.text('dists/stable/InRelease').replace('Label: Ex', 'Label: old'))
    expect((await bucket.reindex({ signer, now: now + day })).written).to.include('dists/stable/InRelease')
    expect(bucket.text('dists/stable/InRelease')).to.contain('Label: Ex')
  })

  it('are signed anew with another key, although nothing else has changed', async () => {
    const signerOf = async (): Promise<Signer> => {
      const { privateKey } = await generateKey({
        type: 'ecc',
        curve: 'ed25519Legacy',
        userIDs: [{ name: 'test' }],
        format: 'binary',
      })
      return createSigner({ key: privateKey, name: 'key' })
    }
    const [first, second] = [await signerOf(), await signerOf()]
    const bucket = poolBucket()
    // Signatures are dated by the real clock.
    await bucket.reindex({ signer: first, now: Date.now() })
    expect((await bucket.reindex({ signer: first, now: Date.now() + day })).written).to.deep.equal([])
    const tops = ['dists/stable/Release', 'dists/stable/Release.gpg', 'dists/stable/InRelease']
    expect((await bucket.reindex({ signer: second, now: Date.now() + day })).written).to.deep.equal(tops)
  })

  it('hash an index once that the present Release lists too weakly', async () => {
    const bucket = poolBucket()
      .put('dists/stable/main/Contents-amd64', 'contents')
      .put('dists/stable/Release', release(`SHA512:\n ${'a'.repeat(128)} 8 main/Contents-amd64\n`))
    await bucket.reindex({ now })
    expect(bucket.text('dists/stable/Release')).to.contain(` ${hash('sha256', 'contents')} 8 main/Contents-amd64\n`)
  })

  it('make Sources of .dsc files, and keep what is right', async () => {
    const orig = `\n ${'1'.repeat(32)} 5 hello_1.orig.tar.gz`
    const dsc = `Format: 3.0 (quilt)\nSource: hello\nBinary: hello\nVersion: 1-1\nChecksums-Sha256:\n ${'2'.repeat(64)} 5 hello_1.orig.tar.gz\nFiles:${orig}\n`
    const signed = await signer.clear(dsc)
    const path = 'pool/main/h/hello/hello_1-1.dsc'
    const stanza = `Package: hello\nVersion: 0\nSection: devel\nDirectory: pool/main/h/hello\nFiles:\n ${'0'.repeat(32)} 1 hello_1-1.dsc\n\n`
    const bucket = poolBucket().put(path, signed).put('dists/stable/main/source/Sources', stanza)
    const { plan } = await bucket.reindex({ now })
    const sources = 'dists/stable/main/source/Sources'
    expect(fieldOf(bucket, sources, 'Files')).to.equal(
      `\n ${hash('md5', signed)} ${signed.length} hello_1-1.dsc${orig}`,
    )
    expect(fieldOf(bucket, sources, 'Section')).to.equal('devel')
    expect(fieldOf(bucket, sources, 'Version')).to.equal('1-1')
    expect(bucket.text(sources)).not.to.match(/^Source:/m)
    expect(plan.parts.map(({ name }) => name)).to.include('stable/main/source (sources)')
    expect((await bucket.reindex({ now })).written).to.deep.equal([])
  })

  it('carry membership: every package stays in exactly the lists that it was in', async () => {
    const places = ['a/main/binary-amd64', 'a/main/binary-arm64', 'a/extra/binary-amd64', 'b/main/binary-amd64']
    const membership = fc.array(fc.uniqueArray(fc.nat(places.length - 1)), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(membership, fc.boolean(), async (members, isMapped) => {
        const bucket = new Bucket('r/')
        const lists = places.map(() => '')
        members.forEach((parts, at) => {
          const bytes = deb({ fields: { Package: `p${at}`, Architecture: 'all' } })
          const name = `pool/main/p${at}_1.0_all.deb`
          bucket.put(isMapped ? `package_files/${at}.deb` : name, bytes)
          for (const part of parts)
            lists[part] = (lists[part] ?? '') + entryOf(bytes, name, { Package: `p${at}`, Architecture: 'all' })
        })
        places.forEach((place, at) => bucket.put(`dists/${place}/Packages`, lists[at] ?? ''))
        bucket.put('dists/a/Release', 'Suite: a\n').put('dists/b/Release', 'Suite: b\n')
        const { plan } = await bucket.reindex({ now })
        const namesIn = (text: string): string[] => text.match(/^(Package|Filename): .*$/gm) ?? []
        places.forEach((place, at) =>
          expect(namesIn(bucket.text(`dists/${place}/Packages`))).to.deep.equal(namesIn(lists[at] ?? '')),
        )
        expect(plan.findings).to.have.length(members.filter((parts) => parts.length === 0).length)
        expect((await bucket.reindex({ now: now + day })).written).to.deep.equal([])
      }),
      { numRuns: 40 },
    )
  })

  it('take nothing below by-hash/ for a suite or a list, whatever aptly calls its copies', async () => {
    const whole = poolBucket('apt/')
    await whole.reindex({ signer, now })
    const bucket = poolBucket('apt/')
    for (const folder of ['dists/stable/main/binary-amd64', 'dists/stable', 'by-hash', 'dists/stable/main/source']) {
      for (const name of [
        'Release',
        'Release.old',
        'InRelease',
        'Packages',
        'Packages.gz',
        'Packages.old',
        'Sources',
      ]) {
        bucket.put(`${folder}/by-hash/SHA256/${name}`, name === 'Packages.gz' ? gzipSync('') : '')
      }
    }
    const { plan, written } = await bucket.reindex({ signer, now })
    expect(plan.old.suites.map(({ folder }) => folder)).to.deep.equal(['dists/stable/'])
    expect(plan.parts).to.deep.equal((await whole.plan({ signer, now })).parts)
    expect(written.filter((path) => /by-hash\/SHA256\/(?![0-9a-f]{64}$)/.test(path))).to.deep.equal([])
    for (const path of ['dists/stable/Release', list]) expect(bucket.text(path)).to.equal(whole.text(path))
  })

  it('tell packages, indexes and roots by the key alone', () => {
    const roots: Readonly<Record<string, string | undefined>> = {
      'dists/stable/InRelease': '',
      '1/2/ubuntu/dists/jammy/updates/Release': '1/2/ubuntu/',
      '1/2/ubuntu/dists/jammy/main/binary-amd64/Packages.gz': '1/2/ubuntu/',
      'dists/stable/main/binary-amd64/by-hash/SHA256/ab': undefined,
      'dists/stable/main/binary-amd64/by-hash/SHA256/Release': undefined,
      'dists/stable/main/binary-amd64/by-hash/SHA256/Packages.gz': undefined,
      'flat/by-hash/SHA256/Packages': undefined,
      'by-hash/MD5Sum/Sources.bz2': undefined,
      'flat/repo/Packages.xz': 'flat/repo/',
      'flat/repo/Release': undefined,
      Packages: '',
      'pool/main/x.deb': undefined,
    }
    for (const [key, root] of Object.entries(roots)) expect(apt.rootOf(key), key).to.equal(root)
    const roles: Readonly<Record<string, string | undefined>> = {
      'pool/x.deb': 'package',
      'pool/x.udeb': 'package',
      'dists/stable/main/binary-amd64/x.deb': 'package',
      'pool/x.dsc': 'package',
      'pool/x.orig.tar.gz': undefined,
      'dists/stable/main/i18n/Translation-en.bz2': 'index',
      'dists/stable/main/binary-amd64/Release': 'index',
      'flat/by-hash/SHA256/abcdef': 'index',
      'flat/by-hash/SHA256/Packages.gz.old': 'index',
      'dists/el7/repodata/repomd.xml': undefined,
      README: undefined,
    }
    for (const [key, role] of Object.entries(roles)) expect(apt.roleOf(key), key).to.equal(role)
  })
})
