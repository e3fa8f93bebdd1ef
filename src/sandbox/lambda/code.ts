import { createHmac, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { hashOf } from './function-runtime.ts'
import { privateFile, privateFolder } from '../contracts/private-folder.ts'
import type { AwsResponse, Context } from '../contracts/service.ts'

/** GetFunction's `Code.Location` is valid for ten minutes (API reference, FunctionCodeLocation). */
const locationMilliseconds = 10 * 60_000

/** Function code by its SHA-256, in files; each file is written once and whole. */
export interface CodeStore {
  /** Returns base64 of the SHA-256, the API's CodeSha256. */
  put(zip: Buffer): string
  get(codeSha256: string): Buffer
  /** A URL that needs no AWS signature and expires. */
  location(codeSha256: string): string
  /** Answers a GET of a location. */
  download(path: string, query: URLSearchParams): AwsResponse
}

export const codePathPrefix = '/_lambda/code/'

export const hexOf = (codeSha256: string): string => Buffer.from(codeSha256, 'base64').toString('hex')

export function createCodeStore(context: Context): CodeStore {
  const folder = join(context.folder, 'lambda', 'code')
  mkdirSync(folder, privateFolder)
  const key = randomBytes(32)
  const file = (hex: string): string => join(folder, `${hex}.zip`)
  const token = (hex: string, expires: string): string =>
    createHmac('sha256', key).update(`${hex}/${expires}`).digest('hex')
  return {
    put(zip) {
      const hex = hashOf(zip)
      if (!existsSync(file(hex))) {
        const temporary = `${file(hex)}.${randomBytes(6).toString('hex')}`
        writeFileSync(temporary, zip, privateFile)
        renameSync(temporary, file(hex))
      }
      return Buffer.from(hex, 'hex').toString('base64')
    },
    get: (codeSha256) => readFileSync(file(hexOf(codeSha256))),
    location(codeSha256) {
      const hex = hexOf(codeSha256)
      const expires = String(context.now() + locationMilliseconds)
      return `${context.calledEndpoint}${codePathPrefix}${hex}?expires=${expires}&token=${token(hex, expires)}`
    },
    download(path, query) {
      const hex = path.slice(codePathPrefix.length)
      const expires = query.get('expires') ?? ''
      if (query.get('token') !== token(hex, expires))
        return denied('The request signature we calculated does not match.')
      if (context.now() > Number(expires)) return denied('Request has expired')
      return { status: 200, headers: { 'content-type': 'application/zip' }, body: readFileSync(file(hex)) }
    },
  }
}

/** The location is a presigned S3 URL, so its errors are S3's. */
const denied = (message: string): AwsResponse => ({
  status: 403,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>${message}</Message></Error>`,
})
