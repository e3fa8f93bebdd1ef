/** The walk of s3cmd's page, but for its public bucket: an account may forbid those, and nothing here should need one. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { CtlError } from '../../src/errors.ts'
import { get } from './edge.ts'
import type { Live } from './place.ts'

export async function walkAsS3cmd(live: Live): Promise<void> {
  const { site, folder, pcCtl } = live
  // One that an earlier start was stopped at may be half gone: the walk begins without any.
  const before = await walkedDistribution(live)
  if (before !== undefined) await pcCtl('cfremove', '--yes', `cf://${before}`)
  const logo = join(folder, 'logo.txt')
  await writeFile(logo, `a logo ${live.stamp}\n`)
  await pcCtl('put', logo, `s3://${site}/example/logo.txt`)
  const created = await pcCtl('cfcreate', '--private', '--wait', `s3://${site}`)
  const id = /cf:\/\/(\w+)/.exec(labelled(created.stdout, 'DistId'))?.[1] ?? ''
  const domain = labelled(created.stdout, 'DomainName')
  const scheme = /^(?:127\.0\.0\.1|localhost)\b/.test(domain) ? 'http' : 'https'
  const logoAtEdge = await get(live, `${scheme}://${domain}/example/logo.txt`)
  if (logoAtEdge.text !== `a logo ${live.stamp}\n`) {
    throw new CtlError('failed', `The distribution ${id} answers ${logoAtEdge.status} for the logo.`)
  }
  await pcCtl('cflist')
  expectLabel(await pcCtl('cfinfo', `cf://${id}`), 'Enabled', 'True')
  const invalidated = await pcCtl('cfinval', '--wait', `s3://${site}/example/logo.txt`)
  const info = /cfinvalinfo (\S+)/.exec(invalidated.stdout)?.[1] ?? ''
  expectLabel(await pcCtl('cfinvalinfo', info), 'Status', 'Completed')
  expectLabel(await pcCtl('cfmodify', '--yes', '--disable', '--wait', `cf://${id}`), 'Enabled', 'False')
  await pcCtl('cfremove', '--yes', `cf://${id}`)
}

/** What serves the bucket of the walk, if anything does. */
export async function walkedDistribution({ site, quietly }: Live): Promise<string | undefined> {
  const { code, stdout } = await quietly('cfinfo', '--format', 's3cmd', `s3://${site}`)
  return code === 0 ? /cf:\/\/(\w+)/.exec(labelled(stdout, 'DistId'))?.[1] : undefined
}

/** The value behind a label, as s3cmd prints it. */
const labelled = (printed: string, label: string): string =>
  new RegExp(`^${label}: +(.*)$`, 'm').exec(printed)?.[1] ?? ''

function expectLabel({ stdout }: { readonly stdout: string }, label: string, wanted: string): void {
  const value = labelled(stdout, label)
  if (value !== wanted) throw new CtlError('failed', `${label} is ${JSON.stringify(value)}, not ${wanted}.`)
}
