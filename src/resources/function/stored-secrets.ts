import { arnOfKeyValueStore } from '../../aws/arns.ts'
import { absentAs, nameOf } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { KeyValueStoreClient } from '../../aws/key-value-store-client.ts'
import { edgeRegion, type Names } from '../../aws/names.ts'
import { patiently, spreading } from '../../aws/patience.ts'
import { longestValue, storeKey, type StoredSecrets, storeValue } from '../../edge/store-value.ts'
import { isObject } from '../../json-object.ts'
import { commandLine } from '../../shell.ts'
import { type Line, verbatim } from '../../text.ts'
import { fingerprint } from '../lambda/edge-secrets.ts'
import { type InUse, type SecretWishes, whyRefused } from '../lambda/outdated-secret.ts'
import { change, create, isPending, type Need, refuse, type Resource, updateIf } from '../resource.ts'

export interface StoredSecretsWant extends SecretWishes, InUse {
  readonly names: Names
  readonly accountId: string
  readonly storeArn: string
  /** The secrets as packagecloud.rb has them: the current one, then the previous one if there is one. */
  readonly secrets: readonly string[]
  /** The settings flags in use, for the commands that it suggests. */
  readonly carried?: readonly string[] | undefined
}

/** What a store holds. The secrets themselves are never part of it. */
export interface Stored {
  readonly storeArn: string
  /** Of what is in the store. */
  readonly etag: string
  /** Of the secrets that the function accepts, the current one first. */
  readonly fingerprints: readonly string[]
  /** Whether the value is just as we write it. */
  readonly isExact: boolean
}

/** What `describe` needs to look into a store. */
export const storedNeeds = (storeArn: string): Need => ({
  access: 'read',
  actions: ['cloudfront-keyvaluestore:DescribeKeyValueStore', 'cloudfront-keyvaluestore:GetKey'],
  resources: [storeArn],
})

/**
 * The secrets in the key value store. What is written here is live within seconds wherever the function runs, and no other
 * command has to follow. So nothing that the function accepts is ever dropped by the way: what packagecloud.rb does not
 * name stays as the previous one until it may be dropped.
 */
export function storedSecrets(aws: Aws): Resource<StoredSecretsWant, Stored> {
  return {
    kind: 'Secrets in the key value store',
    name: ({ names }) => names.functionName,
    id: ({ storeArn }) => `${storeArn}/${storeKey}`,
    needs: ({ accountId, storeArn }) => {
      const arn = isPending(storeArn) ? arnOfKeyValueStore(accountId) : storeArn
      return [storedNeeds(arn), { access: 'write', actions: ['cloudfront-keyvaluestore:UpdateKeys'], resources: [arn] }]
    },
    pattern: ({ storeArn, secrets }) => ({
      storeArn,
      etag: '',
      fingerprints: secrets.map(fingerprint),
      isExact: true,
    }),
    ties: ({ storeArn }) => [{ to: storeArn, as: 'kept in' }],
    // A secret is in no export.
    exported: () => ({ terraform: [], cloudFormation: [] }),
    // They go with their store.
    takedown: () => [],

    describe: async ({ storeArn }) => (isPending(storeArn) ? undefined : lookIntoStore(aws, storeArn)),

    decide(want, live) {
      const wanted = want.secrets.map(fingerprint)
      const after: Stored = { storeArn: want.storeArn, etag: '', fingerprints: wanted, isExact: true }
      const refused = whyRefused({ what: place(want), wanted, live: live?.fingerprints ?? [] }, want)
      if (refused !== undefined) return { ...refuse(live ?? after, refused.why, ...refused.hint), ...refused.more }
      if (live === undefined) return { ...create(after), note: liveAtOnce }
      const fingerprints = [...wanted, ...keptOf(want, live)]
      if (fingerprints.length > 2) {
        const third = `${place(want)} holds a third secret (its fingerprint is ${shortened(fingerprints[2] ?? '')})`
        const why = `${third}, since an earlier rotation is unfinished, and there is room for two`
        return { ...refuse(live, why, ...aboutThird(want.carried ?? [])), ours: true }
      }
      const decision = updateIf({ ...after, etag: live.etag, fingerprints }, [
        ...change('Secrets', live.fingerprints.map(shortened), fingerprints.map(shortened)),
        ...change('Form', live.isExact ? 'as it should be' : 'another', 'as it should be'),
      ])
      return decision.do === 'keep' ? decision : { ...decision, note: liveAtOnce }
    },

    async apply(want, live, talk) {
      const { storeArn, secrets } = want
      const client = aws.client(KeyValueStoreClient, edgeRegion)
      const kept = live === undefined ? [] : await keptTexts(aws, want, live)
      const value = storeValue([...secrets, ...kept] as unknown as StoredSecrets)
      // One that was just made may not be found for a moment.
      const describe = () => client.send({ operation: 'DescribeKeyValueStore', arn: storeArn })
      const etag = live?.etag ?? (await patiently(describe, whyUnknownYet, spreading, talk)).etag
      const puts = [{ Key: storeKey, Value: value }]
      const { etag: now } = await client.send({ operation: 'UpdateKeys', arn: storeArn, etag, puts })
      return { storeArn, etag: now, fingerprints: [...secrets, ...kept].map(fingerprint), isExact: true }
    },
  }
}

/** @param carried - the settings flags in use */
const aboutThird = (carried: readonly string[]): Line[] => [
  'It is accepted until nobody can have a URL any more that is signed with it. If that is so, or it has leaked:',
  verbatim(commandLine(['pc-ctl', 'bootstrap-cloudfront', '--replace-secret', ...carried])),
]

/** What a plan says of what has its effect without another command. */
export const liveAtOnce = 'live at once, within seconds, where a distribution runs the function'

const place = ({ names }: StoredSecretsWant): string => `the key value store ${names.functionName}`

/** Those that the function accepts, packagecloud.rb does not have, and nobody has said may go; if it is what edges run. */
const keptOf = ({ secrets, mayDrop = [], replaceSecret = false, inUse }: StoredSecretsWant, live: Stored): string[] => {
  const known = [...secrets.map(fingerprint), ...mayDrop]
  return replaceSecret || inUse !== undefined ? [] : live.fingerprints.filter((one) => !known.includes(one))
}

/** Their texts, which are read for just this. If somebody has changed them since the look, the write is refused. */
async function keptTexts(aws: Aws, want: StoredSecretsWant, live: Stored): Promise<string[]> {
  const kept = keptOf(want, live)
  if (kept.length === 0) return []
  return secretsIn((await readKey(aws, want.storeArn)) ?? '').filter((text) => kept.includes(fingerprint(text)))
}

async function readKey(aws: Aws, arn: string): Promise<string | undefined> {
  const client = aws.client(KeyValueStoreClient, edgeRegion)
  const read = () => client.send({ operation: 'GetKey', arn, key: storeKey })
  const found = await absentAs('ResourceNotFoundException', read)
  if (found === undefined) return undefined
  const value = found.document['Value']
  return typeof value === 'string' ? value : ''
}

/**
 * Looks into a store.
 *
 * @returns `undefined` where there are no secrets in it
 */
export async function lookIntoStore(aws: Aws, arn: string): Promise<Stored | undefined> {
  const client = aws.client(KeyValueStoreClient, edgeRegion)
  // First the version: what is written against it is refused if the value has changed since.
  const describe = () => client.send({ operation: 'DescribeKeyValueStore', arn })
  const store = await absentAs('ResourceNotFoundException', describe)
  // Until it is READY its keys can't be read: AWS answers ConflictException. Of one that is being made there are none.
  if (store?.document['Status'] === 'PROVISIONING') return undefined
  const value = store === undefined ? undefined : await readKey(aws, arn)
  if (store === undefined || value === undefined) return undefined
  const texts = secretsIn(value)
  return { storeArn: arn, etag: store.etag, fingerprints: texts.map(fingerprint), isExact: isAsWritten(value, texts) }
}

/** The secrets that the function finds in a value, which it reads less strictly than we write it. */
function secretsIn(value: string): string[] {
  try {
    const found: unknown = JSON.parse(value)
    return isObject(found) ? [found['c'], found['p']].filter((one) => typeof one === 'string') : []
  } catch {
    // What JSON.parse says of it would quote it.
    return []
  }
}

function isAsWritten(value: string, texts: readonly string[]): boolean {
  try {
    return value.length <= longestValue && storeValue(texts as unknown as StoredSecrets) === value
  } catch {
    return false
  }
}

const whyUnknownYet = (error: unknown): string | undefined =>
  nameOf(error) === 'ResourceNotFoundException' ? 'waiting until CloudFront knows the new store everywhere' : undefined

const shortened = (hash: string): string => hash.slice(0, 8)
