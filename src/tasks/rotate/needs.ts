import { arnOfKeyValueStore } from '../../aws/arns.ts'
import { namesOf } from '../../aws/names.ts'
import type { Engine } from '../../edge/engine.ts'
import { rotationMarkNeeds } from '../../resources/cloudfront/rotation-mark.ts'
import { isForMoves } from '../../resources/edge-engine.ts'
import type { Need } from '../../resources/resource.ts'
import type { Settings } from '../../settings/settings.ts'

/** What a rotation writes in an installation in which nothing else differs. */
const writes = new Set([
  'kms:Encrypt',
  'lambda:UpdateFunctionCode',
  'lambda:PublishVersion',
  'lambda:GetFunction',
  'lambda:EnableReplication*',
  'lambda:DisableReplication*',
  'cloudfront:UpdateDistribution',
  'cloudfront-keyvaluestore:UpdateKeys',
])

/** What a new secret does not come to the edges by where the function reads it from a store. */
const onlyWithVersions = new Set(['cloudfront:UpdateDistribution'])

/** What is looked for only where there is no key yet. */
const onlyWithoutKey = new Set(['kms:ListAliases', 'kms:ListKeys'])

/**
 * The permissions that a rotation needs: all that its chains read, and of what they write what concerns the secret.
 *
 * @param needs - those of its chains
 */
export const rotationNeeds = (
  needs: readonly Need[],
  settings: Settings,
  { accountId, engine }: { readonly accountId: string; readonly engine?: Engine | undefined },
): Need[] => [
  ...needs
    // The engine stays.
    .filter((need) => !isForMoves(need))
    // There is a distribution, which tells the engine: no store has to be looked for in case it does not.
    .filter(({ resources }) => engine === 'function' || !resources.includes(arnOfKeyValueStore(accountId)))
    .map((need) => {
      const isNeeded = (action: string): boolean =>
        need.access === 'read'
          ? !onlyWithoutKey.has(action)
          : writes.has(action) && !(engine === 'function' && onlyWithVersions.has(action))
      return { ...need, actions: need.actions.filter(isNeeded) }
    })
    .filter(({ actions }) => actions.length > 0),
  ...rotationMarkNeeds(namesOf(settings.installation.value), accountId),
]
