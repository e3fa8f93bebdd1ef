import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { shellQuoted } from '../shell.ts'

/** Has the front server read its settings again, and tells why it can't, as a service that does not come up does. */
const restart = (endpoint: string): string => `
const answer = await fetch(${JSON.stringify(`${endpoint}/_sandbox/front/restart`)}, { method: 'POST' })
if (answer.ok) console.log('ok: run: front: (pid ${process.pid}) 0s')
else {
  console.error(await answer.text())
  process.exitCode = 1
}`

/**
 * Puts a packagecloud-ctl into a folder, so that a rehearsal goes through all of the runbook: packagecloud.rb needs no
 * compiling here, and a restart is the front server's.
 *
 * @param folder - where it is written, in the place of one that an earlier rehearsal left
 * @returns its path
 */
export async function packagecloudCtl(folder: string, endpoint: string): Promise<string> {
  const file = join(folder, 'packagecloud-ctl')
  const script = `#!/bin/sh
# packagecloud-ctl of a rehearsal; good while that sandbox runs.
case "$1" in
reconfigure) echo 'packagecloud Reconfigured!' ;;
restart) exec ${shellQuoted(process.execPath)} --input-type=module --eval ${shellQuoted(restart(endpoint))} ;;
*)
  echo 'This packagecloud-ctl knows reconfigure and restart.' >&2
  exit 1
  ;;
esac
`
  await writeFile(file, script)
  await chmod(file, 0o700)
  return file
}
