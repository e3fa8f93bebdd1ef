import type { Secret } from '../../src/sandbox/wire/signature-check.ts'

/** Finds the secret of the one access key that there is, which is of an account's root user. */
export const knownSecret =
  ({ accessKeyId, secretAccessKey }: { readonly accessKeyId: string; readonly secretAccessKey: string }) =>
  (id: string): Secret | undefined =>
    id === accessKeyId
      ? { secretAccessKey, caller: { kind: 'root', accountId: '1', arn: 'root', accessKeyId: id } }
      : undefined
