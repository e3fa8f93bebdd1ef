/** Packages that two made who know nothing of each other, and what says that they are ours. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { runClient } from '../e2e/reindex-clients.ts'
import type { Made } from './made-packages.ts'

export function areTheSameBytes(made: () => Made): void {
  it('gives the same bytes in another folder, for another user; what is signed differs by the signature', async () => {
    const [here, elsewhere] = [made().here, await made().elsewhere]
    const names = await readdir(here)
    expect(names).to.have.length(9)
    expect((await readdir(elsewhere)).sort()).to.deep.equal([...names, 'SHA256SUMS.asc'].sort())
    for (const name of names.filter((one) => one !== 'SHA256SUMS')) {
      const [ours, theirs] = await Promise.all([here, elsewhere].map((folder) => readFile(join(folder, name))))
      if (ours === undefined || theirs === undefined) throw new Error(`${name} is not there.`)
      if (name.endsWith('.rpm')) expect(theirs.equals(ours), `${name} is signed`).to.equal(false)
      const [one, other] = name.endsWith('.rpm') ? [unsigned(ours), unsigned(theirs)] : [ours, theirs]
      expect(one.equals(other), `${name} is the same`).to.equal(true)
    }
  })

  it('writes checksums that sha256sum takes, and their signature, which gpgv takes', async () => {
    const { here, key } = made()
    const elsewhere = await made().elsewhere
    for (const folder of [here, elsewhere]) {
      const { stdout } = await runClient(folder, ['sha256sum', '--check', '--strict', 'SHA256SUMS'])
      expect(stdout.match(/: OK$/gm)).to.have.length(8)
    }
    const keyring = join(made().folder, 'release-keyring.gpg')
    await writeFile(keyring, key.keyring)
    const gpgv = ['gpgv', '--keyring', keyring, join(elsewhere, 'SHA256SUMS.asc')]
    const { stderr } = await runClient(elsewhere, [...gpgv, join(elsewhere, 'SHA256SUMS')])
    expect(stderr).to.include('Good signature')
    await writeFile(join(made().folder, 'tampered'), `${await readFile(join(elsewhere, 'SHA256SUMS'), 'utf8')}\n`)
    const refused = await runClient(elsewhere, [...gpgv, join(made().folder, 'tampered')]).catch(String)
    expect(refused).to.include('BAD signature')
  })

  it('signs the rpms, which rpm takes', async () => {
    const { folder, key } = made()
    const database = join(folder, 'rpm-database')
    const publicKey = join(folder, 'release-key.pub.asc')
    await writeFile(publicKey, key.publicArmored)
    await runClient(folder, ['rpmkeys', '--dbpath', database, '--import', publicKey])
    const elsewhere = await made().elsewhere
    for (const name of (await readdir(elsewhere)).filter((one) => one.endsWith('.rpm'))) {
      const { stdout } = await runClient(elsewhere, ['rpmkeys', '--dbpath', database, '--checksig', '--verbose', name])
      expect(stdout, name)
        .to.match(/Header V4 EdDSA\/SHA\d+ Signature, key ID \w+: OK/)
        .and.to.match(/Payload SHA256 digest: OK/)
        .and.not.to.match(/NOKEY|NOTFOUND|BAD/)
    }
  })
}

/** An rpm from its main header on: what comes before is its name and the signature (LSB 3.1, 22.2). */
function unsigned(rpm: Buffer): Buffer {
  const [lead, introduction] = [96, 16]
  const size = introduction + rpm.readUInt32BE(lead + 8) * 16 + rpm.readUInt32BE(lead + 12)
  return rpm.subarray(lead + Math.ceil(size / 8) * 8)
}
