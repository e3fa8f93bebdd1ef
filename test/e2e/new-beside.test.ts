import { expect } from 'chai'

import { assertDocument } from '../support/json-document.ts'
import { discard, type Installation, keepBootstrapped, type Kept, withInstallation } from '../support/installation.ts'

/** What is said of an installation whose name is a slip of another's. */
const slip = [
  'packagecluod is a new installation: there was nothing of it before.',
  'Did you mean `packagecloud`?',
  'This account has the installation packagecloud. If that is meant:',
  'pc-ctl bootstrap-cloudfront --dry-run --installation packagecloud\n',
]

describe('bootstrap-cloudfront for an installation that is new beside others', function () {
  this.timeout(60_000)
  let kept: Kept
  before(async () => (kept = await keepBootstrapped()))
  after(() => discard(kept))

  const on = (use: (place: Installation) => Promise<void>) => () => withInstallation({ from: kept }, use)

  it(
    'says so with its plan, and which other one may be meant',
    on(async (place) => {
      for (const name of [['--installation', 'packagecluod'], ['--installation=packagecluod']]) {
        const { stderr, code } = await place.run(['bootstrap-cloudfront', '--dry-run', ...name])
        expect(code, stderr).to.equal(0)
        for (const line of slip) expect(stderr).to.include(line)
      }
    }),
  )

  it(
    'makes it for scripts, and warns',
    on(async (place) => {
      const { stdout, stderr, code } = await place.run(['bootstrap-cloudfront', '--installation', 'staging', '--json'])
      expect(code, stderr).to.equal(0)
      expect(assertDocument(stdout))
        .to.have.property('warnings')
        .that.deep.equals(['staging is a new installation: there was nothing of it before.'])
      expect(stderr).to.include('This account has the installation packagecloud.')
      const again = await place.run(['bootstrap-cloudfront', '--installation', 'staging'])
      expect([again.code, again.stderr.includes('new installation')]).to.deep.equal([0, false])
    }),
  )

  it(
    'is named where its function is another one’s',
    on(async (place) => {
      const { stderr, code } = await place.run([...kept.next, '--installation', 'packagecluod'])
      expect(code, stderr).to.equal(4)
      expect(stderr).to.include(
        'It belongs to the installation packagecloud; if that is meant: `--installation packagecloud`.',
      )
    }),
  )

  it(
    'is silent for one that gets another engine, and where it is alone',
    on(async (place) => {
      const { stderr } = await place.run(['bootstrap-cloudfront', '--dry-run', '--engine', 'function'])
      expect(stderr).to.not.include('new installation')
    }),
  )
})
