import { createIam, type Iam } from './iam.ts'
import type { Context, Service } from './service.ts'
import { createSts, type Sts } from './sts.ts'

/** All services of one sandbox, wired to each other. */
export interface Services {
  readonly iam: Iam
  readonly sts: Sts
  /** All of them, for dispatching. */
  readonly all: readonly Service[]
  close(): Promise<void>
}

/** Makes the services. */
export async function createServices(context: Context): Promise<Services> {
  const iam = createIam(context)
  const sts = createSts(context, iam)
  return { iam, sts, all: [iam, sts], close: () => Promise.resolve() }
}
