import { isDeepStrictEqual } from 'node:util'

import type { CloudFrontOperation } from './config-resource.ts'
import { findDistribution, type DistributionParts } from './parts.ts'
import {
  invalidArgument,
  listContent,
  newId,
  pageOf,
  respond,
  timestamp,
  type InvalidationDocument,
} from './documents.ts'
import { invalidationBatch, type InvalidationBatch } from '../contracts/policy-shape.ts'
import { itemsOf, readDocument } from '../contracts/shape.ts'
import type { XmlContent } from '../contracts/xml-document.ts'
import { parseXml } from '../wire/xml.ts'
import { AwsError } from '../contracts/service.ts'
import type { Collection } from '../contracts/store.ts'

/** In progress per distribution: 3,000 paths, 15 of them with a wildcard (developer guide, "Quotas"). */
const maxPaths = 3000
const maxWildcards = 15

export type Invalidations = Collection<InvalidationDocument>

/** Invalidations of a distribution that are not Completed. */
export const inProgress = (invalidations: Invalidations, distributionId: string, now: number): InvalidationDocument[] =>
  invalidations.list().filter((one) => one.distributionId === distributionId && now < one.completedAt)

/** CreateInvalidation, GetInvalidation and ListInvalidations. `made` hears of every new one. */
export function invalidationOperations(
  parts: DistributionParts,
  invalidations: Invalidations,
  made: (invalidation: InvalidationDocument) => void,
): Record<string, CloudFrontOperation> {
  const { context } = parts
  const status = (one: InvalidationDocument): string => (context.now() < one.completedAt ? 'InProgress' : 'Completed')
  const content = (one: InvalidationDocument): XmlContent => ({
    Id: one.id,
    Status: status(one),
    CreateTime: timestamp(one.createdAt),
    InvalidationBatch: invalidationBatch.write(one.batch),
  })
  const ofDistribution = (id: string): InvalidationDocument[] =>
    invalidations.list().filter(({ distributionId }) => distributionId === id)
  return {
    async CreateInvalidation(request, { id }) {
      const batch = readDocument(parseXml(await request.buffer()), 'InvalidationBatch', invalidationBatch)
      findDistribution(parts, id)
      const location = (made: string): string => `distribution/${id}/invalidation/${made}`
      const known = ofDistribution(id).find((one) => one.batch.CallerReference === batch.CallerReference)
      if (known !== undefined && isSameBatch(known.batch, batch)) {
        return respond(request, 'Invalidation', content(known), { status: 201, location: location(known.id) })
      }
      checkBatch(batch, known, inProgress(invalidations, id, context.now()))
      const invalidation: InvalidationDocument = {
        id: newId('I'),
        distributionId: id,
        batch,
        createdAt: context.now(),
        completedAt: context.now() + context.timing.invalidation,
      }
      invalidations.put(invalidation.id, invalidation)
      made(invalidation)
      return respond(request, 'Invalidation', content(invalidation), {
        status: 201,
        location: location(invalidation.id),
      })
    },
    GetInvalidation(request, { id, detail }) {
      findDistribution(parts, id)
      const invalidation = invalidations.get(detail)
      if (invalidation?.distributionId !== id) {
        throw new AwsError(404, 'NoSuchInvalidation', 'The specified invalidation does not exist.')
      }
      return respond(request, 'Invalidation', content(invalidation))
    },
    ListInvalidations(request, { id }) {
      findDistribution(parts, id)
      const page = pageOf(request, ofDistribution(id), newestFirst)
      return respond(
        request,
        'InvalidationList',
        listContent(page, 'InvalidationSummary', (one) => ({
          Id: one.id,
          CreateTime: timestamp(one.createdAt),
          Status: status(one),
        })),
      )
    },
  }
}

/** API reference, ListInvalidations: results are returned in decreasing order from most recent to oldest. */
const newestFirst = (a: InvalidationDocument, b: InvalidationDocument): number =>
  b.createdAt - a.createdAt || (a.id < b.id ? -1 : Number(a.id > b.id))

/** API reference, InvalidationBatch: the same reference with the same paths is the same request, answered as the first. */
const isSameBatch = (one: InvalidationBatch, other: InvalidationBatch): boolean =>
  isDeepStrictEqual(new Set(itemsOf(one.Paths)), new Set(itemsOf(other.Paths)))

/**
 * Rules: developer guide, "What you need to know when invalidating files".
 *
 * @param known - the invalidation that had the same caller reference for other paths
 * @param running - those that count against the quotas
 * @throws AwsError
 */
function checkBatch(
  batch: InvalidationBatch,
  known: InvalidationDocument | undefined,
  running: InvalidationDocument[],
): void {
  const paths = itemsOf(batch.Paths)
  if (paths.length === 0) throw invalidArgument('The parameter Paths is required.')
  if (batch.CallerReference === '') throw invalidArgument('The parameter CallerReference is required.')
  for (const path of paths) checkPath(path)
  if (paths.length > maxPaths) {
    throw new AwsError(413, 'BatchTooLarge', 'Your request contains too many paths in the invalidation batch.')
  }
  if (known !== undefined) {
    throw invalidArgument(
      'Your request contains a caller reference that was used for a previous invalidation batch for the same distribution.',
    )
  }
  const all = [...running.flatMap((one) => itemsOf(one.batch.Paths)), ...paths]
  if (all.length > maxPaths || all.filter((path) => path.endsWith('*')).length > maxWildcards) {
    const message = 'Your request contains more invalidation paths than are allowed to be in progress.'
    throw new AwsError(400, 'TooManyInvalidationsInProgress', message)
  }
}

function checkPath(path: string): void {
  const refused = invalidArgument('Your request contains one or more invalid invalidation paths.')
  if (!path.startsWith('/') || path.length > 4000) throw refused
  // Anything but ASCII, and what RFC 1738 calls unsafe, must be percent-encoded; a wildcard may only stand at the end.
  if (/[^\x21-\x7e]|[<>"{}|\\^`~#]|\*.|%(?![0-9A-Fa-f]{2})|%7e/i.test(path)) throw refused
}
