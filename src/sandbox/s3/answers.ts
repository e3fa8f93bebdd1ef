import { AwsError, type AwsResponse } from '../contracts/service.ts'
import { xmlDocument } from './xml.ts'

/** An XML answer in S3's namespace. */
export const xml = (root: string, markup: string, headers: Record<string, string> = {}): AwsResponse => ({
  status: 200,
  headers: { 'content-type': 'application/xml', ...headers },
  body: xmlDocument(root, markup),
})

export const noContent = (headers: Record<string, string> = {}): AwsResponse => ({ status: 204, headers })

/** Whole seconds: S3 keeps no more of a modification's time. */
export const wholeSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000) * 1000

export const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString()

/** InvalidArgument with the name of what is wrong, and where S3 tells it, its value. */
export const invalidArgument = (message: string, ArgumentName: string, ArgumentValue?: string): AwsError =>
  new AwsError(400, 'InvalidArgument', message, {
    fields: { ArgumentName, ...(ArgumentValue === undefined ? {} : { ArgumentValue }) },
  })

/** What S3 would do and the sandbox does not: rather an error than an answer that pretends. */
export const notModelled = (what: string, fields: Record<string, string> = {}): AwsError =>
  new AwsError(501, 'NotImplemented', `The sandbox does not model ${what}.`, { fields })
