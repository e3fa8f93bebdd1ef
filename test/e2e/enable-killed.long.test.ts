import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from 'chai'

import type { Engine } from '../../src/edge/engine.ts'
import { endState, type EndState } from '../support/end-state.ts'
import { alone, type Installation, sideBySide, withInstallation } from '../support/installation.ts'
import { killAt, type NamedPoint as Point, pointsOf } from './kills.ts'
import { share } from '../support/share.ts'

/** Nothing needs to be waited for, so that each run makes just the same calls. */
const options = {
  secret: false,
  timing: { roleAssumable: 0, principal: 0, functionActive: 0, deploy: 0, invalidation: 0, storeReady: 0, spread: 0 },
} as const

interface Ending {
  readonly state: EndState
  readonly config: string
}

/** A run may die while packagecloud-ctl works, too. */
const onHost = (['reconfigure', 'restart'] as const).map((name): Point => [name, 1, 'before'])

/** What the way is made of that both engines have in common is seen once. */
const ownOfFunction = /KeyValueStore|UpdateKeys|:\w+Function$|CreateDistribution/
const engines: readonly (readonly [Engine, number, (points: readonly Point[]) => readonly Point[]])[] = [
  ['lambda', 12, (points) => [...points, ...onHost]],
  ['function', 4, (points) => points.filter(([name]) => ownOfFunction.test(name))],
]

describe('enable-cloudfront, killed with -9 at each change, then run again', function () {
  this.timeout(600_000)

  for (const [engine, atLeast, choose] of engines)
    it(`ends in the same state with --engine ${engine}`, async () => {
      const { ending, points } = await withInstallation(options, async (place) => {
        const words = await prepare(place, engine)
        const points = await pointsOf(place, () => place.succeed(words))
        return { ending: await endingOf(place), points: choose(points) }
      })
      expect(points.length, 'points to die at').to.be.greaterThan(atLeast)
      await sideBySide(share(points), async (point) => {
        const where = `killed ${point[2]} ${point[0]} ${point[1]}`
        const again = await withInstallation(options, async (place) => {
          const words = await prepare(place, engine)
          await runUntil(place, words, point)
          await alone(() => place.succeed(words))
          return endingOf(place)
        })
        expect(again.state.counts, where).to.deep.equal(ending.state.counts)
        expect(again.state.resources, where).to.equal(ending.state.resources)
        expect(again.config, where).to.equal(ending.config)
      })
    })
})

describe('disable-cloudfront, killed with -9 while packagecloud-ctl works, then run again', function () {
  this.timeout(300_000)

  it('makes it live, and changes nothing else', () =>
    withInstallation(options, async (place) => {
      const ctl = await installCtl(place)
      await place.paste("packagecloud_rails['cloudfront_enabled'] = false\n")
      const before = await readFile(place.config, 'utf8')
      const words = ['disable-cloudfront', '--run', '--ctl', ctl]
      const changes = await place.changes(async () => {
        for (const point of onHost) {
          await runUntil(place, words, point)
          await place.succeed(words)
        }
      })
      expect(changes).to.deep.equal([])
      expect(await readFile(place.config, 'utf8')).to.equal(before)
    }))
})

const ctlOf = ({ folder }: Installation): string => join(folder, 'packagecloud-ctl')

async function prepare(place: Installation, engine: Engine): Promise<string[]> {
  const ctl = await installCtl(place)
  return ['enable-cloudfront', '--engine', engine, '--write-config', '--yes', '--ctl', ctl]
}

/** packagecloud-ctl works for good where a file of the command's name is there, which it takes away. */
async function installCtl(place: Installation): Promise<string> {
  const { folder } = place
  await writeFile(
    ctlOf(place),
    `#!/bin/sh\ncd '${folder}' && [ -e "stop-$1" ] && mv "stop-$1" "at-$1" && exec sleep 60 >/dev/null 2>&1\nexit 0\n`,
  )
  await chmod(ctlOf(place), 0o755)
  return ctlOf(place)
}

async function endingOf(place: Installation): Promise<Ending> {
  const state = await endState(place.clients)
  const text = await readFile(place.config, 'utf8')
  expect((await readdir(place.folder)).filter((name) => name.includes('.pc-ctl-'))).to.deep.equal([])
  const same = text
    .replace(/(cloudfront_secret'\] = )'.{43}'/, '$1SECRET')
    .replace(/(aws_\w+_key'\] = )'.*'/g, '$1KEY')
    .replace(/(packages_domain'\] = )'.*'/, '$1DOMAIN')
  return { state, config: state.normalised(same) }
}

async function runUntil(place: Installation, words: readonly string[], point: Point): Promise<void> {
  const [name] = point
  const killer = new AbortController()
  const isOfHost = name === 'reconfigure' || name === 'restart'
  if (isOfHost) await writeFile(join(place.folder, `stop-${name}`), '')
  const { stop } = killAt(place, point, killer, () => run)
  const run = place.run(words, { signal: killer.signal })
  if (isOfHost) {
    while (!(await readdir(place.folder)).includes(`at-${name}`)) await sleep(20)
    killer.abort()
  }
  expect((await run).code).to.equal(137)
  await sleep(50)
  stop()
}
