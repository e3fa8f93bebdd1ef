import type { Service } from './service.ts'

/** S3 Control as the host of the sandbox sees it. */
export interface S3ControlService extends Service {
  /** Goes on with the jobs that were under way when the sandbox last ended. */
  resume(): void
  /** Jobs begin nothing more, and what comes back is not noted, as if the sandbox had been killed here. */
  stop(): void
  /** Resolves when nothing of a stopped job runs any more. */
  settled(): Promise<void>
}
