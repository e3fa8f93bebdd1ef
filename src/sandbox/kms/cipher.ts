import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

import {
  blobIn,
  checkUsable,
  findKey,
  kmsError,
  mapIn,
  numberIn,
  requiredIn,
  textIn,
  validationException,
  type Key,
  type KmsOperation,
  type KmsState,
} from './state.ts'
import type { JsonObject } from '../../json-object.ts'
import type { AwsError } from '../contracts/service.ts'

/** Symmetric keys encrypt at most 4096 bytes; a ciphertext is at most 6144. */
const longestPlaintext = 4096
const longestCiphertext = 6144
const algorithm = { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }

/** Cryptographic operations, KMS API reference. */
export const cipherOperations: Readonly<Record<string, KmsOperation>> = {
  Encrypt(state, input, { region }) {
    const key = checkUsable(findKey(state, requiredIn(input, 'KeyId'), region, true))
    const plaintext = blobIn(input, 'Plaintext', longestPlaintext)
    return { CiphertextBlob: sealed(key, plaintext, contextIn(input)), KeyId: key.arn, ...algorithm }
  },
  Decrypt(state, input, { region }) {
    const key = checkUsable(keyOfCiphertext(state, input, region))
    const plaintext = opened(key, blobIn(input, 'CiphertextBlob', longestCiphertext), contextIn(input))
    return { KeyId: key.arn, Plaintext: plaintext.toString('base64'), ...algorithm }
  },
  GenerateDataKey(state, input, { region }) {
    const key = checkUsable(findKey(state, requiredIn(input, 'KeyId'), region, true))
    const plaintext = randomBytes(dataKeyLength(input))
    return {
      CiphertextBlob: sealed(key, plaintext, contextIn(input)),
      Plaintext: plaintext.toString('base64'),
      KeyId: key.arn,
    }
  },
  GenerateDataKeyWithoutPlaintext(state, input, { region }) {
    const key = checkUsable(findKey(state, requiredIn(input, 'KeyId'), region, true))
    return { CiphertextBlob: sealed(key, randomBytes(dataKeyLength(input)), contextIn(input)), KeyId: key.arn }
  },
}

const invalidCiphertext = (): AwsError => kmsError('InvalidCiphertextException', '')

/**
 * The key that a ciphertext names, which a `KeyId` in the request must agree with. Throws InvalidCiphertextException,
 * IncorrectKeyException, and AccessDeniedException for a key that this region does not have.
 */
export function keyOfCiphertext(state: KmsState, input: JsonObject, region: string): Key {
  const blob = blobIn(input, 'CiphertextBlob', longestCiphertext)
  const id = keyIdIn(blob)
  const wanted = textIn(input, 'KeyId')
  if (wanted !== undefined && findKey(state, wanted, region, true).id !== id) {
    const message = 'The key ID in the request does not identify a CMK that can perform this operation.'
    throw kmsError('IncorrectKeyException', message)
  }
  const key = state.keys.get(`${region}/${id}`)
  if (key !== undefined) return key
  throw kmsError(
    'AccessDeniedException',
    'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
  )
}

const mark = Buffer.from([1, 2, 2, 0])
const headLength = mark.length + 16
const ivLength = 12
const tagLength = 16

/** `mark, key id, iv, ciphertext, tag`. AWS does not tell its own format, only that the key's id is in it. */
function sealed(key: Key, plaintext: Buffer, context: Buffer): string {
  const iv = randomBytes(ivLength)
  const head = Buffer.concat([mark, Buffer.from(key.id.replaceAll('-', ''), 'hex')])
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key.material, 'base64'), iv)
  cipher.setAAD(Buffer.concat([head, context]))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([head, iv, ciphertext, cipher.getAuthTag()]).toString('base64')
}

function keyIdIn(blob: Buffer): string {
  if (blob.length <= headLength + ivLength + tagLength || !blob.subarray(0, mark.length).equals(mark)) {
    throw invalidCiphertext()
  }
  const hex = blob.subarray(mark.length, headLength).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function opened(key: Key, blob: Buffer, context: Buffer): Buffer {
  const head = blob.subarray(0, headLength)
  const iv = blob.subarray(headLength, headLength + ivLength)
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key.material, 'base64'), iv)
  decipher.setAAD(Buffer.concat([head, context]))
  decipher.setAuthTag(blob.subarray(-tagLength))
  try {
    return Buffer.concat([decipher.update(blob.subarray(headLength + ivLength, -tagLength)), decipher.final()])
  } catch {
    // A wrong encryption context and a damaged ciphertext look the same, to AWS's callers too.
    throw invalidCiphertext()
  }
}

/** The encryption context as additional authenticated data: the order of its pairs does not matter. */
function contextIn(input: JsonObject): Buffer {
  const pairs = Object.entries(mapIn(input, 'EncryptionContext'))
  return Buffer.from(JSON.stringify(pairs.sort(([a], [b]) => (a < b ? -1 : Number(a > b)))))
}

function dataKeyLength(input: JsonObject): number {
  const spec = textIn(input, 'KeySpec')
  if ((spec === undefined) === (input['NumberOfBytes'] === undefined)) {
    throw validationException('Please specify either number of bytes or key spec.')
  }
  if (spec === undefined) return numberIn(input, 'NumberOfBytes', 1, 1024, 32)
  if (spec === 'AES_256') return 32
  if (spec === 'AES_128') return 16
  const constraint = 'Member must satisfy enum value set: [AES_256, AES_128]'
  throw validationException(`Value '${spec}' at 'keySpec' failed to satisfy constraint: ${constraint}`)
}
