import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { exampleAccount, rehearsalTiming } from './sandbox.ts'
import { createServices } from './services.ts'
import { Store } from '../contracts/store.ts'

/** The operations that each service performs, by the name that faults know it by: read off services that nobody calls. */
export async function performedOperations(): Promise<Record<string, readonly string[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-performed-'))
  const store = new Store()
  const [endpoint, calledEndpoint] = ['http://127.0.0.1:0', 'http://127.0.0.1:0']
  const context = { store, accountId: exampleAccount, timing: rehearsalTiming, endpoint, calledEndpoint, folder }
  const services = await createServices({ ...context, now: Date.now, edgeByEdge: false }, () => {
    throw new Error('Nothing is called here.')
  })
  try {
    return Object.fromEntries(services.all.flatMap(({ names, operations }) => names.map((name) => [name, operations])))
  } finally {
    await services.close()
    store.close()
    await rm(folder, { recursive: true, force: true })
  }
}
