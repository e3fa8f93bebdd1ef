import { expect } from 'chai'

import { encryptBucket, policyOfBucketKey } from '../support/encrypted-bucket.ts'
import { endState, type EndState } from '../support/end-state.ts'
import { killedAt, type NamedPoint as Point, pointsOf } from './kills.ts'
import {
  alone,
  discard,
  type Installation,
  type InstallOptions,
  keepBootstrapped,
  type Kept,
  newSecretLines,
  sideBySide,
  withInstallation,
} from '../support/installation.ts'
import { storedValue } from '../support/stored-value.ts'
import { share } from '../support/share.ts'

/** A run whose every changing call is to be a place where it may die. */
interface Scene {
  readonly from?: () => Kept
  /** What happens before, undisturbed; returns the words of the command. */
  readonly prepare: (place: Installation) => Promise<readonly string[]>
  /** What else has to be the same in the end. */
  readonly isSeen?: (place: Installation) => Promise<unknown>
}

interface Ending {
  readonly stdout: string
  readonly state: EndState
  readonly seen: unknown
}

describe('killed with -9 before and after each changing call, then run again', function () {
  this.timeout(300_000)
  let kept: Kept
  let withFunction: Kept
  before(async () => {
    kept = await keepBootstrapped()
    withFunction = await keepBootstrapped('--engine', 'function')
  })
  after(async () => {
    await discard(kept)
    await discard(withFunction)
  })

  const scenes: Readonly<Record<string, Scene>> = {
    'bootstrap-cloudfront, the first time': { prepare: async () => ['bootstrap-cloudfront'] },
    'bootstrap-cloudfront, with a new secret and runtime': {
      from: () => kept,
      async prepare(place) {
        await place.paste(newSecretLines)
        return ['bootstrap-cloudfront', '--runtime', 'nodejs22.x']
      },
    },
    'bootstrap-cloudfront --engine function, the first time': {
      prepare: async () => ['bootstrap-cloudfront', '--engine', 'function'],
      isSeen: storedValue,
    },
    'bootstrap-cloudfront with a CloudFront Function, a new secret and other rules': {
      from: () => withFunction,
      async prepare(place) {
        await place.paste(newSecretLines)
        return ['bootstrap-cloudfront', '--no-sha1', '--force', '--longest-life', '12h', '--tag', 'team=packages']
      },
      isSeen: storedValue,
    },
    'bootstrap-cloudfront --engine function, where a distribution runs Lambda@Edge': {
      from: () => kept,
      async prepare(place) {
        await place.connect()
        return ['bootstrap-cloudfront', '--engine', 'function']
      },
      isSeen: storedValue,
    },
    'reconfigure-cloudfront-distribution, the first time': { from: () => kept, prepare: async () => kept.next },
    'reconfigure-cloudfront-distribution, from identity to control, with a new version': {
      from: () => kept,
      async prepare(place) {
        await place.connect()
        await place.paste(newSecretLines)
        return [...(await place.bootstrap()), '--origin-access', 'oac', '--price-class', 'PriceClass_100']
      },
    },
    'reconfigure-cloudfront-distribution, with the policy of the bucket’s KMS key': {
      from: () => kept,
      async prepare(place) {
        await encryptBucket(place)
        return [...kept.next, '--kms-key-policy', '--yes']
      },
      isSeen: async (place) => (await endState(place.clients)).normalised(await policyOfBucketKey(place)),
    },
  }

  for (const [title, scene] of Object.entries(scenes)) {
    it(title, async () => {
      const { ending, points } = await uninterrupted(scene)
      expect(points.length, 'points to die at').to.be.at.least(4)
      await sideBySide(share(points), async (point) => {
        const again = await interruptedAt(scene, point)
        const where = `killed ${point[2]} ${point[0]}`
        expect(again.state.counts, where).to.deep.equal(ending.state.counts)
        expect(again.state.resources, where).to.equal(ending.state.resources)
        expect(again.stdout, where).to.equal(ending.stdout)
        expect(again.seen, where).to.deep.equal(ending.seen)
      })
    })
  }
})

/** Nothing needs to be waited for, so that each run makes just the same calls, however slow the machine is. */
const timing = {
  roleAssumable: 0,
  principal: 0,
  functionActive: 0,
  deploy: 0,
  invalidation: 0,
  storeReady: 0,
  spread: 0,
}

const optionsOf = ({ from }: Scene): InstallOptions => ({
  timing,
  ...(from === undefined ? {} : { from: from() }),
})

function uninterrupted(scene: Scene): Promise<{ ending: Ending; points: Point[] }> {
  return withInstallation(optionsOf(scene), async (place) => {
    const words = await scene.prepare(place)
    let stdout = ''
    const points = await pointsOf(place, async () => (stdout = await place.succeed(words)))
    return { ending: await endingOf(scene, place, stdout), points }
  })
}

const endingOf = async ({ isSeen }: Scene, place: Installation, stdout: string): Promise<Ending> => {
  const state = await endState(place.clients)
  return { stdout: state.normalised(stdout), state, seen: await isSeen?.(place) }
}

function interruptedAt(scene: Scene, point: Point): Promise<Ending> {
  return withInstallation(optionsOf(scene), async (place) => {
    const words = await alone(() => scene.prepare(place))
    await killedAt(place, words, point)
    return endingOf(scene, place, await alone(() => place.succeed(words)))
  })
}
