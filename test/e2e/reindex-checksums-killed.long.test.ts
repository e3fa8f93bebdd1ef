/** `reindex-everything --checksums batch`, killed with -9 at all that it does until the checksums are known. */
import { expect } from 'chai'

import { nameOfRoot, type Report } from '../../src/reindex/report.ts'
import { contentOf } from '../reindex/bucket-under-test.ts'
import { largeDeb } from '../repositories/apt/packages-made.ts'
import { jobsAtOnce } from '../support/batch-jobs.ts'
import { alone, bucket, type Installation, nameOfCall, sideBySide, withInstallation } from '../support/installation.ts'
import { resultOf } from '../support/json-document.ts'
import { killedAt, type NamedPoint, pointsOf } from './kills.ts'
import { share } from '../support/share.ts'

const words = ['reindex-everything', '--checksums', 'batch', '--indexes-only', '--yes', '--json']
/** The lock, what the job is of, and the two parts of its report: after these come the indexes. */
const putsOfChecksums = 4

describe('reindex-everything --checksums batch, killed with -9', function () {
  this.timeout(300_000)
  const packages = ['a', 'b'].map((name) => [`apt/pool/${name}_1.0_all.deb`, largeDeb(name)] as const)
  const options = { timing: jobsAtOnce }

  async function fill(place: Installation): Promise<void> {
    for (const [key, body] of packages) await place.put(key, body)
    await place.put('apt/Packages', '\n')
    await place.put('apt/Release', 'Suite: x\n')
  }
  const succeed = async (place: Installation): Promise<void> => {
    const { failed, indexes } = resultOf(await place.succeed(words)) as Report
    expect([failed, indexes.map(({ root, packages }) => [nameOfRoot(root), packages])]).to.deep.equal([
      0,
      [['apt/', packages.length]],
    ])
  }
  /** What the bucket holds, how often something was paid for, and what this host has read whole all the same. */
  async function endOf({ clients: { s3 }, sandbox }: Installation) {
    const content = await contentOf(s3, bucket)
    // It has the date of its making.
    content['apt/Release'] = 'dated'
    const calls = sandbox.calls.list(({ status }) => status === 200)
    const jobs = calls.filter((call) => nameOfCall(call) === 's3control:CreateJob').length
    const whole = calls.filter(
      (call) => nameOfCall(call) === 's3:GetObject' && /\.deb$/.test(call.resource ?? '') && /:root$/.test(call.caller),
    )
    return { content, jobs, whole: whole.map(({ resource }) => resource) }
  }

  it('has one job, computes nothing twice, and leaves the same indexes', async () => {
    const { end, points } = await withInstallation(options, async (place) => {
      await fill(place)
      const points = await pointsOf(place, () => succeed(place))
      return { end: await endOf(place), points }
    })
    expect([end.jobs, end.whole]).to.deep.equal([1, []])
    const ofChecksums = points.filter(([name, nth]: NamedPoint) => name !== 's3:PutObject' || nth <= putsOfChecksums)
    expect(ofChecksums.map(([name]) => name)).to.include.members([
      ...['iam:CreateRole', 'iam:PutRolePolicy', 's3control:CreateJob', 's3control:UpdateJobStatus', 's3:PutObject'],
    ])
    await sideBySide(share(ofChecksums), (point) =>
      withInstallation(options, async (place) => {
        await alone(() => fill(place))
        await killedAt(place, words, point)
        await alone(() => succeed(place))
        expect(await endOf(place), `killed ${point[2]} ${point[0]} ${point[1]}`).to.deep.equal(end)
      }),
    )
  })
})
