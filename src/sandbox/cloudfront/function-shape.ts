import { tags } from '../contracts/distribution-shape.ts'
import { items, oneOf, required, structure, text, type Of, type Shape } from '../contracts/shape.ts'

/* What is sent and answered of functions and key value stores, from the service model (2020-05-31). */

/** Bytes, which XML carries in base64; what is none reads as no bytes at all and is refused with its problem. */
const blob: Shape<Buffer> = {
  read(element, at, problems) {
    const written = element.text.replace(/\s/g, '')
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(written)) {
      problems.malformed.push(`Not base64: ${at}`)
    }
    return Buffer.from(written, 'base64')
  },
  write: (value) => value.toString('base64'),
}

export const functionConfig = structure({
  Comment: required(text),
  Runtime: required(oneOf('cloudfront-js-1.0', 'cloudfront-js-2.0')),
  KeyValueStoreAssociations: items('KeyValueStoreAssociation', structure({ KeyValueStoreARN: required(text) })),
})
export type FunctionConfig = Of<typeof functionConfig>

export const createFunctionRequest = structure({
  Name: required(text),
  FunctionConfig: required(functionConfig),
  FunctionCode: required(blob),
  Tags: tags,
})

export const updateFunctionRequest = structure({
  FunctionConfig: required(functionConfig),
  FunctionCode: required(blob),
})

const stage = oneOf('DEVELOPMENT', 'LIVE')
export type Stage = Of<typeof stage>

export const testFunctionRequest = structure({ Stage: stage, EventObject: required(blob) })

export const createKeyValueStoreRequest = structure({
  Name: required(text),
  Comment: text,
  ImportSource: structure({ SourceType: required(oneOf('S3')), SourceARN: required(text) }),
  Tags: tags,
})

export const updateKeyValueStoreRequest = structure({ Comment: required(text) })
