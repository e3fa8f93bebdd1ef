import { randomInt } from 'node:crypto'

import type { DistributionConfig } from '../contracts/distribution-shape.ts'
import type { InvalidationBatch } from '../contracts/policy-shape.ts'
import type { UnknownElement } from './unknown.ts'
import type { Collection } from '../contracts/store.ts'
import { AwsError, type AwsRequest, type AwsResponse, type Context } from '../contracts/service.ts'
import type { XmlContent } from '../contracts/xml-document.ts'
import { xmlResponse } from '../wire/xml.ts'

export const namespace = 'http://cloudfront.amazonaws.com/doc/2020-05-31/'

/** What has a version: an ETag that changes with every change. */
export interface Versioned {
  etag: string
  /** Earlier ETags: they fail a precondition, while a made-up one is no version at all. */
  pastEtags: string[]
}

/** An identity, access control or policy. */
export interface ConfigDocument<C> extends Versioned {
  id: string
  config: C
  unknown?: readonly UnknownElement[]
  /** Milliseconds since the epoch. */
  createdAt: number
  modifiedAt: number
}

export interface DistributionDocument extends Versioned {
  id: string
  config: DistributionConfig
  unknown?: readonly UnknownElement[]
  /** What the edge serves until `deployedAt`; undefined before the first deployment. */
  servedConfig: DistributionConfig | undefined
  /** Milliseconds since the epoch. States of before do not have it. */
  createdAt?: number
  modifiedAt: number
  deployedAt: number
  /** The loopback port that plays the part of a cloudfront.net name. */
  port: number
  tags: Record<string, string>
}

export interface InvalidationDocument {
  id: string
  distributionId: string
  batch: InvalidationBatch
  /** Milliseconds since the epoch. */
  createdAt: number
  completedAt: number
}

/** All of CloudFront is global: its ARNs name no region. */
export const cloudFrontArn = (context: Context, kind: string, id: string): string =>
  `arn:aws:cloudfront::${context.accountId}:${kind}/${id}`

export const distributionArn = (context: Context, id: string): string => cloudFrontArn(context, 'distribution', id)

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** A random id: a letter for the kind and 13 characters. */
export const newId = (kind: string): string =>
  kind + Array.from({ length: 13 }, () => letters.charAt(randomInt(letters.length))).join('')

export const newVersion = (): Versioned => ({ etag: newId('E'), pastEtags: [] })

export const nextVersion = ({ etag, pastEtags }: Versioned): Versioned => ({
  etag: newId('E'),
  pastEtags: [...pastEtags, etag].slice(-50),
})

/**
 * Checks If-Match. Throws InvalidIfMatchVersion (400) where it is missing or was never a version of the resource,
 * PreconditionFailed (412) where the resource has changed since.
 */
export function requireMatch(request: AwsRequest, resource: Versioned): void {
  const match = request.headers['if-match']
  if (match === resource.etag) return
  if (match === undefined || !resource.pastEtags.includes(match)) {
    const message = 'The If-Match version is missing or not valid for the resource.'
    throw new AwsError(400, 'InvalidIfMatchVersion', message)
  }
  const message = "The request failed because it didn't meet the preconditions in one or more request-header fields."
  throw new AwsError(412, 'PreconditionFailed', message)
}

export const invalidArgument = (message: string): AwsError => new AwsError(400, 'InvalidArgument', message)

export const timestamp = (milliseconds: number): string => new Date(milliseconds).toISOString()

/** An answer with a document of CloudFront's. */
export function respond(
  request: AwsRequest,
  root: string,
  content: XmlContent,
  more: { status?: number; etag?: string; location?: string } = {},
): AwsResponse {
  const headers = {
    ...(more.etag === undefined ? {} : { etag: more.etag }),
    ...(more.location === undefined
      ? {}
      : { location: `https://cloudfront.amazonaws.com/2020-05-31/${more.location}` }),
  }
  return xmlResponse(request, root, content, { namespace, headers, status: more.status ?? 200 })
}

export const noContent = (request: AwsRequest): AwsResponse => ({
  status: 204,
  headers: { 'x-amzn-requestid': request.requestId },
})

export interface Page<T> {
  items: readonly T[]
  marker: string
  maxItems: number
  nextMarker: string | undefined
}

/**
 * One page of a list, ordered by id. `Marker` is the last id of the page before; `MaxItems` up to 100.
 * Throws InvalidArgument.
 */
export function pageOf<T extends { id: string }>(
  request: AwsRequest,
  all: readonly T[],
  order: (a: T, b: T) => number = byId,
): Page<T> {
  const marker = request.query.get('Marker') ?? ''
  const asked = request.query.get('MaxItems') ?? '100'
  if (!/^\d+$/.test(asked) || Number(asked) < 1) throw invalidArgument('The parameter MaxItems is not valid.')
  const maxItems = Math.min(Number(asked), 100)
  const last = all.find(({ id }) => id === marker)
  const rest = all.filter((one) => (last === undefined ? one.id > marker : order(one, last) > 0)).sort(order)
  const items = rest.slice(0, maxItems)
  return { items, marker, maxItems, nextMarker: rest.length > maxItems ? items.at(-1)?.id : undefined }
}

const byId = (a: { id: string }, b: { id: string }): number => (a.id === b.id ? 0 : a.id < b.id ? -1 : 1)

/** The list documents that carry Marker and IsTruncated. */
export function listContent<T>(page: Page<T>, element: string, write: (item: T) => XmlContent): XmlContent {
  const { NextMarker, MaxItems, ...listed } = shortListContent(page, element, write)
  return { Marker: page.marker, NextMarker, MaxItems, IsTruncated: page.nextMarker !== undefined, ...listed }
}

/** The list documents that carry neither: of policies, functions and key value stores. */
export const shortListContent = <T>(page: Page<T>, element: string, write: (item: T) => XmlContent) => ({
  NextMarker: page.nextMarker,
  MaxItems: page.maxItems,
  Quantity: page.items.length,
  Items: page.items.length === 0 ? undefined : { [element]: page.items.map(write) },
})

/** The document that an ARN which begins like this is of. */
export const byArn = <T>(documents: Collection<T>, prefix: string, arn: string): T | undefined =>
  arn.startsWith(prefix) ? documents.get(arn.slice(prefix.length)) : undefined
