/** A change ticket from what is there now. */
import type { Aws } from '../../aws/connect.ts'
import { need, optional, type Settings } from '../../settings/settings.ts'
import { statusPicture } from '../status/graph.ts'
import { isOfOurs } from '../status/status.ts'
import type { Part } from '../../ui/template.ts'
import { statusFacts } from '../status/text.ts'
import type { Conduct } from '../chain/chain.ts'
import { lookUp } from '../chain/look-up.ts'
import { passageSettings } from '../doctor/text.ts'
import { aliasing } from './alias.ts'
import { disabling } from './disable.ts'
import type { Change, Runbook, RunbookKind } from './document.ts'
import { enabling } from './enable.ts'
import { doctorChecks, type Ground, nothingThere, type RunbookWishes, survey } from './look.ts'
import { changingAccess } from './origin-access.ts'
import { doomedOf, removing } from './remove.ts'
import { rotating } from './rotate.ts'
import { upgrading } from './upgrade.ts'

/** What is wished; `version` is pc-ctl's own. */
export interface RunbookOrder extends RunbookWishes {
  readonly kind: RunbookKind
  readonly version: string
}

/**
 * Looks at everything, changes nothing, and writes down what there is to do.
 *
 * @returns the runbook, and a drawing of what is there, where AWS tells
 * @throws CtlError of kind `configuration` where there is nothing to change; of kind `denied` where the steps can't be told
 *   without what AWS does not let these credentials see
 */
export async function makeRunbook(
  aws: Aws,
  settings: Settings,
  order: RunbookOrder,
  conduct: Conduct,
): Promise<{ readonly runbook: Runbook; readonly drawing: Part | undefined }> {
  need(settings, 'bucket')
  const { kind } = order
  const doomed =
    kind === 'remove' ? await lookUp('Look for distributions', () => doomedOf(aws, settings), conduct) : undefined
  const ground = await survey(aws, doomed?.settings ?? settings, order, conduct)
  // Of what is to go more is looked for than `status` does.
  const isThere = ground.seen?.status.resources.some(isOfOurs) ?? true
  if (!isThere && kind !== 'enable' && kind !== 'remove') throw nothingThere(ground)
  const asked = kind === 'remove' ? [] : await lookUp('Ask what clients ask', () => doctorChecks(ground), conduct)
  const change = await changeOf({ ...ground, settings }, order, doomed, conduct)
  const domain = optional(settings, 'cloudfrontPackagesDomain') ?? ground.seen?.status.distribution?.domain
  const hosts = kind === 'alias' ? (order.alias ?? domain) : domain
  return {
    runbook: {
      kind,
      ...change,
      facts: factsOf(ground),
      checks: [...ground.checks, ...asked],
      allow: hosts === undefined || kind === 'remove' ? [] : (await passageSettings(hosts, order.front)).allow,
    },
    drawing: ground.seen === undefined ? undefined : await statusPicture(ground.seen.status),
  }
}

function changeOf(
  ground: Ground,
  { kind, version }: RunbookOrder,
  doomed: Awaited<ReturnType<typeof doomedOf>> | undefined,
  conduct: Conduct,
): Change | Promise<Change> {
  switch (kind) {
    case 'enable':
      return enabling(ground, conduct)
    case 'rotate':
      return rotating(ground)
    case 'disable':
      return disabling(ground)
    case 'upgrade':
      return upgrading(ground, version)
    case 'alias':
      return aliasing(ground)
    case 'origin-access':
      return changingAccess(ground)
    case 'remove':
      return lookUp('Look at what is to go', () => removing(ground, doomed ?? nothingDoomed(ground)), conduct)
  }
}

const nothingDoomed = ({ settings }: Ground) => ({ settings, ours: [], isWhole: false })

function factsOf({ settings, names, seen }: Ground): Runbook['facts'] {
  const own: Runbook['facts'] = [
    ['Installation', names.installation],
    ['packagecloud.rb', settings.configFile],
  ]
  if (seen === undefined) return own
  const { status } = seen
  const resources = status.resources.flatMap(({ kind, id, name, state }) =>
    state === 'missing' ? [] : [[kind, id === '' ? name : id] as const],
  )
  return [
    ...own,
    ['Account', status.account],
    ...statusFacts(status).map(([name = '', value = '']) => [name, value] as const),
    ...resources,
    ...(status.engine === 'lambda' ? [['Alias of the key', names.keyAlias] as const] : []),
  ]
}
