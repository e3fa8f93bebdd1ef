/** Whether a replacement of the secret that packagecloud.rb tells of is on its way. */
import { CtlError } from '../../errors.ts'
import { rotationText } from '../rotation/text.ts'
import { type Examination, failed, type Finding, ok, skipped, warning } from './check.ts'
import { ask } from './network.ts'
import { type Place, signedUrl } from './place.ts'
import { pcCtl, typed } from './repair.ts'

/** No package has that name: what matters is whether the function lets it pass. */
const key = 'pc-ctl/is-this-secret-accepted'

/** None where packagecloud.rb holds one secret alone. */
export const examineRotation = (place: Place): Examination[] =>
  place.secrets.length < 2
    ? []
    : [{ id: 'rotation', title: 'The secret is being replaced', look: () => lookAtRotation(place) }]

async function lookAtRotation(place: Place): Promise<Finding> {
  const [current, previous] = await Promise.all(place.secrets.map((secret) => isAccepted(place, secret)))
  if (current === undefined || previous === undefined) return skipped('the edge does not tell')
  const goOn = pcCtl(place, 'rotate-cloudfront-secret')
  if (!current) {
    return previous
      ? warning(
          'the edge accepts the previous secret only',
          'Front servers that have not been restarted are served; one that is restarted now would be refused.',
          ...typed(goOn, 'Restart none. Run', ', which goes on with the rotation.'),
        )
      : failed('the edge accepts neither secret', 'Clients are not served.', ...typed(goOn, 'Run', ', which says why.'))
  }
  if (!previous) {
    const finish = typed(`${goOn} --finish`, 'Run', ', which takes it out.')
    return warning(
      'the edge accepts the new secret only',
      'The previous one in packagecloud.rb is of no use.',
      ...finish,
    )
  }
  return whereItIs(place, goOn)
}

const notTold = { rotation: null, engine: 'lambda' } as const

/** What only AWS tells. */
async function whereItIs(place: Place, goOn: string): Promise<Finding> {
  const found = await place.behind.status()
  const { rotation, engine } = found instanceof CtlError ? notTold : found
  const seen = 'the edge accepts both secrets'
  if (rotation === null) return ok(seen, `Front servers may sign with either. \`${goOn}\` goes on with the rotation.`)
  const where = `${seen}; ${rotationText(rotation, engine)}`
  const meaning = 'Front servers may sign with either.'
  return rotation.step === 'wait' ? ok(where, meaning) : warning(where, meaning)
}

async function isAccepted(place: Place, secret: Place['secrets'][number]): Promise<boolean | undefined> {
  const { status, reason = '' } = await ask(signedUrl({ ...place, secrets: [secret] }, key))
  if (status >= 500 || reason.startsWith('expired')) return undefined
  return reason !== 'bad signature'
}
