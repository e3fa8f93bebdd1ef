import { isObject } from '../json-object.ts'

/** Where a job of S3 Batch Operations is found again that works for a run, and may outlive it. */
export interface JobNote {
  readonly id: string
  readonly accountId: string
  readonly region: string
}

/** @returns undefined for what is none */
export function jobNoteIn(told: unknown): JobNote | undefined {
  if (!isObject(told)) return undefined
  const { id, accountId, region } = told
  return typeof id === 'string' && typeof accountId === 'string' && typeof region === 'string'
    ? { id, accountId, region }
    : undefined
}
