import { cacheControlOfUpload } from '../../repositories/cache-control.ts'
import type { ObjectHeaders } from '../../resources/s3/object-upload.ts'
import { CtlError } from '../../errors.ts'
import { contentTypeOf } from '../../repositories/type-by-ending.ts'
import type { FileToPut } from './target.ts'

export interface HeaderWishes {
  readonly mimeType: string | undefined
  /** `NAME: VALUE`, as `--add-header` takes them. */
  readonly added: readonly string[]
}

type TextHeader = Exclude<keyof ObjectHeaders, 'Expires' | 'Metadata'>

const textHeaders: Readonly<Record<string, TextHeader>> = {
  'cache-control': 'CacheControl',
  'content-disposition': 'ContentDisposition',
  'content-encoding': 'ContentEncoding',
  'content-language': 'ContentLanguage',
  'content-type': 'ContentType',
}
const metadataPrefix = 'x-amz-meta-'

/**
 * Headers of an object: its type by the file's name, its Cache-Control by its key, and what was wished for in their place.
 *
 * @throws CtlError of kind `usage` for what is no header, or none that S3 keeps with an object
 */
export function headersOf({ file, key }: FileToPut, { mimeType, added }: HeaderWishes): ObjectHeaders {
  const cacheControl = cacheControlOfUpload(key)
  let headers: ObjectHeaders = {
    ContentType: mimeType === undefined ? contentTypeOf(file === '-' ? key : file) : checkMimeType(mimeType),
    ...(cacheControl === undefined ? {} : { CacheControl: cacheControl }),
  }
  for (const line of added) headers = withHeader(headers, line)
  return headers
}

function withHeader(headers: ObjectHeaders, line: string): ObjectHeaders {
  const [, given = '', value = ''] = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(\S[^\r\n]*?)\s*$/.exec(line) ?? []
  const name = given.toLowerCase()
  if (!/^[\t -~]*$/.test(value)) {
    throw new CtlError('usage', `--add-header ${JSON.stringify(line)} has characters that headers can't have.`, {
      hint: "Write what is not ASCII as RFC 8187 has it: Content-Disposition: attachment; filename*=UTF-8''%C3%BC.deb",
    })
  }
  const text = Object.hasOwn(textHeaders, name) ? textHeaders[name] : undefined
  if (text !== undefined) return { ...headers, [text]: value }
  if (name === 'expires') return { ...headers, Expires: dateOf(value, line) }
  if (name.startsWith(metadataPrefix) && name !== metadataPrefix) {
    return { ...headers, Metadata: { ...headers.Metadata, [name.slice(metadataPrefix.length)]: value } }
  }
  throw new CtlError('usage', `--add-header ${JSON.stringify(line)} can't be kept with an object.`, {
    hint: `Write it as NAME: VALUE; S3 keeps ${Object.keys(textHeaders).join(', ')}, expires and ${metadataPrefix}...`,
  })
}

function dateOf(value: string, line: string): Date {
  const date = new Date(value)
  if (!Number.isNaN(date.getTime())) return date
  throw new CtlError('usage', `--add-header ${JSON.stringify(line)} holds no date.`, {
    hint: 'Write it as in: Expires: Thu, 01 Dec 2033 16:00:00 GMT',
  })
}

/** A type as in RFC 9110 §8.3.1, with or without parameters. */
function checkMimeType(type: string): string {
  if (/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;\s*[\w!#$&^.+-]+=[!-~]+)*$/.test(type)) return type
  throw new CtlError('usage', `${JSON.stringify(type)} is not a MIME type.`, { hint: 'Write it as TYPE/SUBTYPE.' })
}
