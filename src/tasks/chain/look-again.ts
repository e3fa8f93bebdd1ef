import { nameOf } from '../../aws/absent.ts'
import { isAboutPlan } from '../../aws/flat-rate-plan.ts'
import { leavesOpen } from '../../aws/no-answer.ts'
import { messageOf } from '../../errors.ts'
import { Outdated } from '../../resources/resource.ts'

/** AWS refuses a write whose version token is stale; then everything is looked at again, so often at most. */
const looks = 12
/** Fewer where the answers are lost: the calls were repeated before. */
const looksWithoutAnswer = 2
/** And where something is gone: it was waited for before. */
const looksForGone = 3
const stale = new Set([
  'PreconditionFailed',
  'PreconditionFailedException',
  'InvalidIfMatchVersion',
  'ConcurrentModification',
  'ConcurrentModificationException',
  // Of a key value store.
  'ConflictException',
  'EntityTemporarilyUnmodifiableException',
  'OperationAborted',
  'Outdated',
])
/** So is what turns out to be there already: the first answer to our own call may have been lost on its way. */
const taken = new Set([
  'AlreadyExistsException',
  'EntityAlreadyExistsException',
  'EntityAlreadyExists',
  'FunctionAlreadyExists',
  'OriginAccessControlAlreadyExists',
])
/** And what is not there (any more) though it was seen a moment ago: AWS's news spreads slowly, and people delete. */
const gone = new Set([
  'NoSuchEntityException',
  'ResourceNotFoundException',
  'NotFoundException',
  'NoSuchDistribution',
  'NoSuchOriginAccessControl',
  'NoSuchFunctionExists',
  'EntityNotFound',
])

/**
 * Why a write that failed is worth another look, if it is.
 *
 * @param look - how many looks there have been
 */
export function whyLookAgain(error: unknown, look: number): string | undefined {
  if (leavesOpen(error)) {
    return look < looksWithoutAnswer ? 'AWS gave no proper answer; looking what became of it' : undefined
  }
  // CloudFront also calls it a failed precondition that a distribution is on a plan.
  if (look === looks || (error instanceof Outdated && look >= error.tries) || isAboutPlan(messageOf(error)))
    return undefined
  const name = nameOf(error)
  // What key value stores call a ConflictException in their documents they answer so.
  const isStale = name === 'ValidationException' && /pre-?condition failed/i.test(messageOf(error))
  if (isStale || stale.has(name)) return 'changed by someone else meanwhile; looking again'
  // Lambda's name for this stands for other conflicts too.
  const exists = name === 'ResourceConflictException' && /already exist/i.test(messageOf(error))
  // CloudFront names these after the kind of policy.
  if (exists || taken.has(name) || /PolicyAlreadyExists$/.test(name)) return 'it is there already; looking again'
  return (gone.has(name) || /^NoSuch\w+Policy$/.test(name)) && look < looksForGone
    ? 'AWS does not find what was there a moment ago; looking again'
    : undefined
}

/**
 * Milliseconds: a second at most, for what is in the way may be over at once. Two runs that got in each other's way must not
 * go on in step.
 */
export const beforeLooking = (look: number, first: number): number =>
  Math.min(first * 2 ** (look - 1), 1_000) * (0.5 + Math.random() / 2)
