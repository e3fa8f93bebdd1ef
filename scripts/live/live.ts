/**
 * Proves on a real account, or on whatever `AWS_ENDPOINT_URL` names, that pc-ctl works there, and compares what it assumes of
 * AWS (docs/assumptions.md) with what is seen. `npm run test:live -- --help` tells how it is started.
 */
import { commandLine } from '../../src/shell.ts'
import { explainError } from '../../src/aws/denial.ts'
import { CtlError, exitCodes, type Failure, messageOf } from '../../src/errors.ts'
import { ask } from '../../src/ui/ask.ts'
import { report, sayFailure } from '../../src/ui/failure.ts'
import { interruptSignal } from '../../src/ui/interrupt.ts'
import { result } from '../../src/ui/result.ts'
import { say } from '../../src/ui/talk.ts'
import { heading, item } from '../../src/text.ts'
import { lookAtBuckets } from './buckets.ts'
import { budgetText } from './budget.ts'
import { writeConfig } from './config.ts'
import { type Finding, Findings } from './findings.ts'
import { steps } from './phases.ts'
import { type Live, openPlace, throwIfAborted } from './place.ts'
import { whatRemains } from './remains.ts'
import { type Phase, remainderText, writeReport } from './report.ts'
import { readWishes, usage, type Wishes } from './wishes.ts'

async function main(args: readonly string[]): Promise<void> {
  const wishes = readWishes(args, process.env)
  if (wishes.help) {
    result.print(`${usage}\n`)
    return
  }
  const signal = interruptSignal(say, { unseen: true })
  const live = await opened(wishes, signal)
  try {
    const resumed = await lookAtBuckets(live)
    say(...budgetText(live, resumed))
    if (!wishes.yes && !(await ask(['Go on?'], signal))) {
      say('Nothing was made.')
      return
    }
    await prove(live, args)
  } finally {
    live.close()
  }
}

async function opened(wishes: Wishes, signal: AbortSignal): Promise<Live> {
  try {
    return await openPlace(wishes, signal, new Findings(tell))
  } catch (error) {
    throw explainError(error, 'Look up the account')
  }
}

/** Goes all phases, reports, and ends with what happened. */
async function prove(live: Live, args: readonly string[]): Promise<void> {
  const begun = new Date()
  await writeConfig(live)
  const { phases, failure } = await goPhases(live)
  if (failure?.failure === 'interrupted') throw resumable(failure, args)
  const remains = await whatRemains(live, await lookAtBuckets(live).catch(() => true))
  const file = await writeReport(live, { begun, phases, findings: live.findings.list(), remains })
  result.print(`${file}\n\n`)
  result.print(['What remains, and what removes it:', '', ...remains.flatMap(remainderText)].join('\n'))
  if (failure !== undefined) throw resumable(failure, args)
  const differing = live.findings.differing()
  if (differing.length === 0) return
  say(heading('Not as assumed'), ...differing.map(asItem))
  process.exitCode = exitCodes.changes
}

/** What would be the same in the phases that follow. */
const hopeless = new Set<Failure>(['interrupted', 'denied', 'configuration'])

/** A phase that fails is no reason to leave out those after it: a run takes its time, and costs. */
async function goPhases(live: Live): Promise<{ phases: Phase[]; failure: CtlError | undefined }> {
  const phases: Phase[] = []
  let first: CtlError | undefined
  for (const { title, needed, run } of steps) {
    say(heading(title))
    const begun = performance.now()
    const phase = (failure?: string): Phase => ({ title, seconds: (performance.now() - begun) / 1000, failure })
    try {
      throwIfAborted(live.signal)
      await run(live)
      phases.push(phase())
    } catch (error) {
      const failure = explainError(error, title)
      phases.push(phase(messageOf(failure)))
      first ??= failure
      if (needed === true || hopeless.has(failure.failure)) break
      sayFailure(failure)
    }
  }
  return { phases, failure: first }
}

/** All phases find again what is there. */
function resumable({ failure, message, hint, code, cause }: CtlError, args: readonly string[]): CtlError {
  const again = commandLine(['npm', 'run', 'test:live', ...(args.length === 0 ? [] : ['--', ...args])])
  return new CtlError(failure, message, { hint: [...hint, `To go on from there: \`${again}\``], code, cause })
}

const marks = { 'as assumed': 'ok', differs: 'failed', 'not seen': 'skipped' } as const

const asItem = ({ id, assumed, seen, verdict }: Finding) => item(marks[verdict], `${id} ${assumed}: ${seen}`)

function tell(finding: Finding): void {
  say(asItem(finding))
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  report(error, { json: false, verbose: false })
}
