import type { Aws } from '../../aws/connect.ts'
import { baseUrlOf } from '../../edge/signature.ts'
import type { Settings } from '../../settings/settings.ts'
import { lookBehind } from './behind.ts'
import { examineBucket } from './bucket.ts'
import { examineMetadata, examinePackage, examineRange } from './cache.ts'
import { type Check, type CheckStatus, type Examination, examine, type Finding, skipped } from './check.ts'
import type { Complaint } from './complaint.ts'
import { examineContent } from './content.ts'
import { examineRefusals, examineSigned, judgeClock, judgeReach } from './edge.ts'
import { examineFront } from './front.ts'
import { examineMissing, examineOddKeys, findSamples, missingKeyNear, type Samples } from './keys.ts'
import { examineName, isUnknownName, unknownName } from './name.ts'
import { type Answer, ask } from './network.ts'
import type { Place } from './place.ts'
import { examineRotation } from './rotation.ts'
import { behindProxy, examineProxy, isProxyFailure } from './proxy.ts'

/** All that was found out about an installation from outside. */
export interface Diagnosis {
  readonly domain: string
  readonly checks: readonly Check[]
  readonly count: Readonly<Record<CheckStatus, number>>
}

/**
 * Proves from outside that an installation works, with the requests that its clients make. Only reads.
 *
 * @throws CtlError of kind `usage` for a key or front server that cannot be asked for
 */
export async function diagnose(
  aws: Aws,
  settings: Settings,
  { place: from, keys, front }: Complaint,
): Promise<Diagnosis> {
  const place: Place = { ...from, behind: lookBehind(aws, settings, from) }
  const hello = askHello(place)
  const sampling = findSamples(aws, settings, keys)
  const edgeNow = async (): Promise<() => number> => {
    const { answer, at } = await hello.catch(() => ({ answer: undefined, at: 0 }))
    const ahead = answer?.date === undefined ? 0 : at - answer.date
    return () => place.now() - ahead
  }
  const parts = await Promise.all([
    Promise.all([...examineProxy(place), ...examineName(place), ...examineHello(place, hello)].map(examine)),
    sampling.then(({ check }) => [check]),
    Promise.all([
      sampling,
      hello.then(
        () => true,
        () => false,
      ),
    ]).then(([{ samples }, reached]) => examineObjects(place, samples, keysToCompare(samples, keys), reached)),
    Promise.all(examineRotation(place).map(examine)),
    examine(examineBucket(aws, settings, keys.length > 0)).then((check) => [check]),
    front === undefined
      ? []
      : Promise.all([sampling, edgeNow()]).then(([{ samples }, now]) => examineFront(place, front, samples, now)),
  ])
  const checks = parts.flat()
  const count = { ok: 0, failed: 0, warning: 0, skipped: 0 }
  for (const { status } of checks) count[status]++
  return { domain: place.domain, checks, count }
}

interface Hello {
  readonly answer: Answer
  /** This machine's clock at that time, in Unix seconds. */
  readonly at: number
}

/** Any request does: it shows that CloudFront is there, and its clock. */
async function askHello({ domain, now }: Place): Promise<Hello> {
  const answer = await ask(`${baseUrlOf(domain)}/dists/InRelease`)
  return { answer, at: now() }
}

const examineHello = ({ domain }: Place, hello: Promise<Hello>): Examination[] => [
  {
    id: 'reach',
    title: 'CloudFront answers under the packages domain',
    look: () =>
      hello.then(
        ({ answer }) => judgeReach(domain, answer),
        (error: unknown) => {
          if (isUnknownName(error)) return skipped(unknownName)
          if (isProxyFailure(error)) return skipped(behindProxy)
          throw error
        },
      ),
  },
  {
    id: 'clock',
    title: "This machine's clock",
    look: () =>
      hello.then(
        ({ answer, at }) => judgeClock(answer, at),
        () => skipped(unreachable),
      ),
  },
]

const unreachable = 'the packages domain does not answer'

/** What is asked of objects. The refusals stand alone; the rest makes sense only if signed URLs are served at all. */
async function examineObjects(
  place: Place,
  samples: Samples,
  compared: readonly string[],
  reached: boolean,
): Promise<Check[]> {
  const { any, metadata, package: pack } = samples
  const missing = missingKeyNear(samples)
  const signed =
    any === undefined ? absent('signed', 'A signed URL is served', 'object') : examineSigned(place, any.key)
  const refusals = examineRefusals(place, any?.key ?? missing, `${missing}-either`)
  const rest = [
    metadata === undefined
      ? absent('metadata', 'Repository metadata is never cached', 'index file')
      : examineMetadata(place, metadata.key),
    pack === undefined ? absent('package', 'A package is cached', 'package') : examinePackage(place, pack.key),
    pack === undefined
      ? absent('range', 'Parts of a package can be asked for (Range)', 'package')
      : examineRange(place, pack.key),
    compared.length === 0
      ? absent('content', 'What the edge serves is what S3 holds', 'object')
      : examineContent(place, compared),
    ...examineOddKeys(place, samples),
    examineMissing(place, missing),
  ]
  if (!reached) return Promise.all([signed, ...refusals, ...rest].map((each) => examine(skip(each, unreachable))))
  const signedFirst = examine(signed)
  const following = signedFirst.then(({ status }) =>
    Promise.all(rest.map((each) => examine(status === 'failed' ? skip(each, 'signed URLs are not served') : each))),
  )
  return (
    await Promise.all([signedFirst.then((check) => [check]), Promise.all(refusals.map(examine)), following])
  ).flat()
}

/** Whoever names objects has a complaint about each of them. */
const keysToCompare = ({ package: pack, metadata, any, odd }: Samples, named: readonly string[]): string[] =>
  named.length > 0
    ? named.map((key) => key.replace(/^\//, ''))
    : [pack, metadata, any, ...odd.map(({ sample }) => sample)].flatMap((sample) => sample?.key ?? [])

const skip = (examination: Examination, why: string): Examination => ({
  ...examination,
  look: (): Promise<Finding> => Promise.resolve(skipped(why)),
})

const absent = (id: string, title: string, what: string): Examination => ({
  id,
  title,
  look: (): Promise<Finding> => Promise.resolve(skipped(`no ${what} is known; name one with --key`)),
})
