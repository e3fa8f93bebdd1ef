import { expect } from 'chai'

import { endState } from '../support/end-state.ts'
import { expectPlainTalk, nameOfCall, withInstallation } from '../support/installation.ts'

describe('Ctrl-C while CloudFront deploys', function () {
  this.timeout(60_000)

  it('exit 130, says how to go on; the same command goes on and ends the wait', () =>
    withInstallation({ timing: { deploy: 3_000 } }, async (place) => {
      const next = await place.bootstrap()
      const keyboard = new AbortController()
      const stop = place.sandbox.onCall((call, phase) => {
        if (nameOfCall(call) === 'cloudfront:GetDistribution' && phase === 'after') {
          setTimeout(() => keyboard.abort('SIGINT'), 100)
        }
        return undefined
      })
      const { stdout, stderr, code } = await place.run(next, { signal: keyboard.signal })
      stop()
      expect([stdout, code], stderr).to.deep.equal(['', 130])
      expect(stderr).to.match(/waiting for CloudFront to deploy E[A-Z0-9]+ to all edges/)
      expect(stderr).to.include('Interrupted').and.include('run the same command again')
      expectPlainTalk(stderr)
      let lines = ''
      const calls = await place.changes(async () => (lines = await place.succeed(next)))
      expect(calls).to.deep.equal([])
      expect(lines).to.include('cloudfront_distribution_id')
      expect((await endState(place.clients)).counts).to.include({ distributions: 1, identities: 1, statements: 2 })
    }))

  it('--no-wait does not wait, and says that the edges do not have it yet', () =>
    withInstallation({ timing: { deploy: 60_000 } }, async (place) => {
      const next = await place.bootstrap()
      const { stdout, stderr, code } = await place.run([...next, '--no-wait'])
      expect(code, stderr).to.equal(0)
      expect(stdout).to.include('cloudfront_distribution_id')
      expect(stderr).to.include('The edges do not have it yet')
    }))
})
