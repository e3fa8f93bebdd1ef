import { formatDuration } from '../../ui/duration.ts'
import { firstRules } from '../../edge/config.ts'
import { rails } from '../../options.ts'
import type { Rotation } from '../rotation/state.ts'
import { costs, editFile, proven, reconfigure, restart } from './common.ts'
import { type Change, type RunbookStep, toDo } from './document.ts'
import { durations } from './durations.ts'
import { distributionOf, engineInUse, type Ground, seenOf } from './look.ts'

/** Another secret, without a refused download. @throws CtlError of kind `configuration` without a distribution */
export function rotating(ground: Ground): Change {
  const { names, pcCtl } = ground
  const { id } = distributionOf(ground)
  const { status, ctx } = seenOf(ground)
  const life = ctx.accepted?.rules?.longestLife ?? firstRules.longestLife
  const steps = [...changingOver(ground), ...finishing(ground, life, status.rotation)]
  return {
    title: `Replace the secret that signs package URLs (${names.installation})`,
    purpose: [
      `Front servers sign with a new secret, and ${id} accepts nothing else in the end. In between the edge accepts both, so that ` +
        'no download is refused. It can be stopped at any step and gone on with, by somebody else and on another host.',
      ...(status.rotation === null ? [] : [`One is under way: it is at the step "${status.rotation.step}".`]),
    ],
    changes: [],
    steps: steps.map((step, index) => (index < doneOf(status.rotation) ? { ...step, state: 'done' } : step)),
    validation: proven(ground),
    rollback: [
      editFile(
        ground,
        'Before the last steps: swap the values of cloudfront_secret and cloudfront_previous_secret',
        [],
        'The edge accepts both, so that no download is refused.',
      ),
      reconfigure(),
      restart(),
    ],
    tell: [
      'Whoever signs URLs with the secret beside the front servers: scripts with `pc-ctl sign-url`, or the library.',
      'Whoever looks after the other front servers: none of them may be restarted before step 5.',
    ],
    cost: [costs(ground).none],
    irreversible: [
      `After \`${pcCtl('rotate-cloudfront-secret', '--finish')}\` URLs that were signed with the old secret are refused for good. Before, all steps can be taken back.`,
    ],
  }
}

/** How many steps a rotation that is under way has behind it; nobody sees what other front servers hold. */
const doneOf = (rotation: Rotation | null): number =>
  ({ publish: 0, edges: 0, restart: 2, wait: 6, finish: 7, elsewhere: 0 })[rotation?.step ?? 'publish']

/** How edges get other secrets. */
const bothAtEdge = {
  lambda: {
    how: 'The function is published with both, and all edges have it in the end.',
    dropped: 'the function is published without it',
    duration: durations.deployment,
  },
  function: {
    how: 'Both are put into the key value store, where they are live at once, and the edge is seen to accept both.',
    dropped: 'it is taken out of the key value store',
    duration: durations.function,
  },
} as const

function changingOver(ground: Ground): RunbookStep[] {
  const engine = engineInUse(ground)
  const { pcCtl, settings, wishes } = ground
  const rotate = (...words: string[]): string => pcCtl('rotate-cloudfront-secret', ...words)
  return [
    toDo('Look what changes', {
      commands: [rotate('--dry-run')],
      expected: 'The steps, and what is to change in AWS.',
      duration: durations.look,
    }),
    toDo('Make a new secret, and have the edge accept both', {
      notes: [
        `Both are written into ${settings.configFile} and shown nowhere. ${bothAtEdge[engine].how}`,
        'Restart no front server before: some edges know the old secret alone.',
      ],
      commands: [rotate('--write-config')],
      expected:
        'The change of the file is shown without the secrets, and asked about. It ends by telling how front servers are restarted.',
      duration: bothAtEdge[engine].duration,
    }),
    editFile(ground, 'Take the same two lines over to all other front servers', []),
    reconfigure(['They go on to sign with the old secret: they read it when they start.']),
    restart(['From here on they sign with the new secret.']),
    toDo('See that all front servers sign with it', {
      notes: [
        'Name each by a URL of its own, with `--front` once for each: behind that of a load balancer some may not be seen. The ' +
          'access token of a client goes into PC_CTL_FRONT_TOKEN.',
        ...(wishes.front === undefined
          ? [`\`${rotate('--front')} URL\`; make this runbook with --front to have the command as it is.`]
          : []),
      ],
      commands: wishes.front === undefined ? [] : [rotate('--front', wishes.front)],
      expected:
        'It tells from when on the old secret may be dropped, and remembers since when all were seen, in a tag of the distribution.',
      duration: durations.restart,
    }),
  ]
}

function finishing(ground: Ground, life: number, rotation: Rotation | null): RunbookStep[] {
  const engine = engineInUse(ground)
  const { pcCtl } = ground
  const from = rotation?.finishFrom ?? null
  return [
    toDo('Wait until no URL is in use that was signed with the old secret', {
      notes: from === null ? [] : [`As seen now, until ${from}.`],
      expected: `The longest life of a URL has passed, ${formatDuration(life)}. For a secret that has leaked it is not waited: the next step takes --force then.`,
      duration: { text: formatDuration(life), source: 'the longest life that the function at the edge accepts' },
    }),
    toDo('Drop the old secret', {
      commands: [pcCtl('rotate-cloudfront-secret', '--finish', '--write-config')],
      expected: `The change of the file is shown, and asked about; then ${bothAtEdge[engine].dropped}. Before its time it is refused, with exit code 4.`,
      duration: bothAtEdge[engine].duration,
      loses: 'URLs that were signed with the old secret are refused.',
    }),
    editFile(
      ground,
      `Take \`${rails('cloudfront_previous_secret')}\` out on all other front servers`,
      [],
      'That needs no restart.',
    ),
    reconfigure(),
  ]
}
