import { EnableKeyRotationCommand, GetKeyRotationStatusCommand, KMSClient } from '@aws-sdk/client-kms'

import { lastPartOf } from '../../aws/arns.ts'
import { absentAs, nameOf } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion } from '../../aws/names.ts'
import { patiently, propagation, type Talk } from '../../aws/patience.ts'
import { whyKeyNotYet } from '../lambda/edge-secrets.ts'

/**
 * Has KMS make new key material each year. What is encrypted stays readable, for KMS keeps the old: nothing has to be
 * made anew. Safe to repeat; a key that can't be rotated, such as one whose material was imported, is left as it is.
 */
export async function rotate(aws: Aws, KeyId: string, talk: Talk): Promise<void> {
  const kms = aws.client(KMSClient, edgeRegion)
  const enable = () => kms.send(new EnableKeyRotationCommand({ KeyId }))
  await absentAs('UnsupportedOperationException', () => patiently(enable, whyKeyNotYet, propagation, talk))
}

/** Errors that say that there is nothing to be told of this key, to these credentials or to anybody. */
const untold = new Set([
  'AccessDeniedException',
  'KMSInvalidStateException',
  'NotFoundException',
  'UnsupportedOperationException',
])

/** Whether KMS rotates a key by itself; `undefined` if it does not tell. */
export async function isRotated(aws: Aws, KeyId: string): Promise<boolean | undefined> {
  try {
    const command = new GetKeyRotationStatusCommand({ KeyId })
    return (await aws.client(KMSClient, edgeRegion).send(command)).KeyRotationEnabled
  } catch (error) {
    if (untold.has(nameOf(error))) return undefined
    throw error
  }
}

/** The sentence that tells of a key that is not. */
export const keyNotRotated = (arn: string): string =>
  `KMS does not rotate the key ${arn}, which rules such as the CIS benchmark ask for. pc-ctl leaves a key that is in use ` +
  'as it is; to have new key material each year, while all that is encrypted stays readable: ' +
  `\`aws kms enable-key-rotation --region ${edgeRegion} --key-id ${lastPartOf(arn)}\``
