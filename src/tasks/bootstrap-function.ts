/** The engine CloudFront Functions: from a key value store to a function that is published. */
import { arnOfCloudFrontFunction } from '../aws/arns.ts'
import type { Aws } from '../aws/connect.ts'
import type { Names } from '../aws/names.ts'
import {
  cloudFrontFunction,
  type CloudFrontFunction,
  type CloudFrontFunctionWant,
} from '../resources/function/cloudfront-function.ts'
import { readFunctionBundle } from '../resources/lambda/edge-bundle.ts'
import { contentChanges } from '../resources/function/function-stage.ts'
import { testFunction, type TestOutcome } from '../resources/function/function-test.ts'
import {
  keyValueStore,
  type KeyValueStore,
  type KeyValueStoreWant,
  untilStoreReady,
} from '../resources/function/key-value-store.ts'
import { publishedFunction, type PublishedFunction } from '../resources/function/published-function.ts'
import { storedSecrets, type Stored } from '../resources/function/stored-secrets.ts'
import { type BootstrapChecks, type BootstrapWishes, inUse } from './bootstrap-checks.ts'
import { type Chain, compute, ensure, type Step, together, trial, wait, where } from './chain/chain.ts'

export interface BootstrapFunction extends BootstrapChecks {
  /** The code, without the line of its configuration. */
  bundle: string
  store: KeyValueStore
  stored: Stored
  cloudFrontFunction: CloudFrontFunction
  /** What the test has shown, where this run had something to publish. */
  tested?: TestOutcome
  published: PublishedFunction
}

export function bootstrapFunction(
  aws: Aws,
  names: Names,
  { adopt, tags, longestLife, sha1, mayDrop, replaceSecret, carried }: BootstrapWishes,
): Chain<BootstrapFunction> {
  const makeStore = ensure<BootstrapFunction, 'store', KeyValueStoreWant>('Create the key value store for the secret', {
    resource: keyValueStore(aws),
    want: ({ account }) => ({ names, accountId: account.id, adopt, tags }),
    as: 'store',
  })
  const makeFunction = ensure<BootstrapFunction, 'cloudFrontFunction', CloudFrontFunctionWant>(
    'Create the CloudFront function in development, which no edge runs',
    {
      resource: cloudFrontFunction(aws),
      want: (ctx) => ({
        names,
        accountId: ctx.account.id,
        storeArn: ctx.store.arn,
        bundle: ctx.bundle,
        longestLife,
        sha1,
        rulesInUse: inUse(ctx).rulesInUse,
        whySha1: ctx.whySha1,
        adopt,
        tags,
      }),
      as: 'cloudFrontFunction',
    },
  )
  const tryIt = test(aws, names, makeFunction)
  return [
    compute('Code of the CloudFront function', { from: readFunctionBundle, as: 'bundle', suppose: () => '' }),
    makeStore,
    ...where<BootstrapFunction>(isNotReady, [
      wait('Wait until the key value store is READY', async (_ctx, talk) => {
        await untilStoreReady(aws, names, talk)
        return undefined
      }),
    ]),
    together(
      'Create the CloudFront function, and put the secret into its store',
      ensure('Put the secret into the key value store, where it is live at once', {
        resource: storedSecrets(aws),
        want: (ctx) => ({
          names,
          accountId: ctx.account.id,
          storeArn: ctx.store.arn,
          secrets: ctx.secrets,
          inUse: inUse(ctx).inUse,
          mayDrop,
          replaceSecret,
          carried,
        }),
        as: 'stored',
        within: makeStore,
      }),
      makeFunction,
    ),
    tryIt,
    ensure('Publish the function, which is live at once where a distribution runs it', {
      resource: publishedFunction(aws),
      want: (ctx) => ({ names, accountId: ctx.account.id, function: ctx.cloudFrontFunction }),
      as: 'published',
      basedOn: [makeFunction, tryIt],
      within: makeFunction,
    }),
  ]
}

/** Nothing can be written into a store, nor a function be associated with it, before it is. */
const isNotReady = ({ store }: Partial<BootstrapFunction>): boolean => store !== undefined && store.status !== 'READY'

/** What edges run is never replaced by what has not been seen to work. */
function test(aws: Aws, names: Names, makeFunction: Step<BootstrapFunction>): Step<BootstrapFunction> {
  return trial<BootstrapFunction>('Test the function before it is published', {
    async of(ctx, talk) {
      ctx.tested = await testFunction(aws, names.functionName, ctx.cloudFrontFunction, ctx.secrets, talk)
      return testText(ctx.tested)
    },
    basedOn: [makeFunction],
    skip: ({ cloudFrontFunction: { live, target } }) =>
      contentChanges(live, target).length === 0 ? 'it is published already' : undefined,
    needs: ({ account }) => [
      {
        access: 'write',
        actions: ['cloudfront:TestFunction'],
        resources: [arnOfCloudFrontFunction(names, account.id)],
      },
    ],
  })
}

/** What a test has shown, in words. */
const testText = ({ requests, utilization }: TestOutcome): string =>
  `${requests} requests, good and bad, are answered as they have to be, in at most ${utilization} % of the time that a function may take`
