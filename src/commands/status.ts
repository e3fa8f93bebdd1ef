import { Args, Flags } from '@oclif/core'

import { type Aws, connect } from '../aws/connect.ts'
import { askWho } from '../aws/first-call.ts'
import { Memory } from '../aws/memory.ts'
import { pause } from '../aws/patience.ts'
import { carriedFlags } from '../settings/settings.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { lookUp } from '../tasks/chain/look-up.ts'
import { type CostReport, lookAtCosts } from '../tasks/costs/costs.ts'
import { askingCosts, costsText } from '../tasks/costs/text.ts'
import { status, type Status as Report } from '../tasks/status/status.ts'
import { statusDrawing, statusGraph, statusPage, statusTrees } from '../tasks/status/graph.ts'
import { statusText } from '../tasks/status/text.ts'
import { pagerFlag } from '../flags/pager-flag.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { CtlError, exitCodes } from '../errors.ts'
import { interruptSignal } from '../ui/interrupt.ts'
import { quietly, type Show } from '../ui/renderer.ts'
import { isResultSeen, result } from '../ui/result.ts'
import { advice, type Block, labelled, nested, verbatim, whole } from '../text.ts'

/** Seconds between looks; each look is some twenty calls, most to CloudFront, which throttles early. */
const interval = 15

/** How a graph is told. */
const graphForms = ['tree', 'mermaid', 'svg', 'html'] as const
type GraphForm = (typeof graphForms)[number]

/** What `--json` tells. */
export type Result = Report & {
  /** With `--costs`; `null` where they can't be told. */
  readonly costs?: CostReport | null
}

export default class Status extends CtlCommand {
  static override summary = 'Show all resources of the installation, and how they differ from what pc-ctl would make'
  static override usage = `status [--graph [${graphForms.join(' | ')}]] [FLAGS]`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
    '<%= config.bin %> <%= command.id %> --graph svg > status.svg',
  ]
  static override args = {
    form: Args.string({
      description: 'how to show the graph; a tree on a terminal, else Mermaid',
      options: [...graphForms],
    }),
  }
  static override flags = {
    'exit-code': Flags.boolean({ description: `exit with ${exitCodes.changes} if anything differs` }),
    graph: Flags.boolean({ description: 'show what exists and how it is tied, in one of the forms' }),
    watch: Flags.boolean({ description: `look again every ${interval} s`, exclusive: ['graph', 'json'] }),
    costs: Flags.boolean({
      description: 'tell what it costs this month too, as costs does: each question to Cost Explorer costs $0.01',
      exclusive: ['watch', 'graph'],
    }),
    ...pagerFlag,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { flags, args } = await this.parse(Status, this.argv.flatMap(apart))
    const form = formOf(args.form, flags.graph)
    const settings = await settingsFor(flags)
    const aws = await connect(settings)
    const signal = interruptSignal((...blocks) => this.say(...blocks))
    const memory = new Memory()
    await askWho(aws, memory, signal)
    const wishes = { carried: carriedFlags(flags) }
    const look = (show: Show, known = new Memory()) => status(aws, settings, wishes, { show, signal, memory: known })
    let report = await look(quietly({ ...flags, json: this.jsonEnabled() }), memory)
    const costs = flags.costs ? await this.#costs(aws, settings.installation.value, flags) : undefined
    const again = ['pc-ctl', 'status', ...wishes.carried]
    const shown = form === undefined ? statusText(report, again) : await graphIn(form, report, again)
    // What is looked at again and again stays on the screen.
    if (flags.watch) this.print(...shown)
    else await this.printLong(flags, ...shown, ...(costs ? ['', ...costsText(costs)] : []))
    while (flags.watch) {
      await pause(interval * 1000, signal)
      report = await look('nothing')
      if (isResultSeen()) result.print('\u001B[H\u001B[2J')
      else this.print('')
      this.print(...statusText(report, again), '', `${new Date().toLocaleTimeString()}, Ctrl-C ends`)
      await result.taken()
    }
    if (flags['exit-code'] && report.drift) process.exitCode = exitCodes.changes
    return costs === undefined ? report : { ...report, costs }
  }

  /** That costs can't be told is no failure of a status. */
  async #costs(aws: Aws, installation: string, flags: { readonly verbose: boolean }): Promise<CostReport | null> {
    this.say(askingCosts)
    try {
      const look = () => lookAtCosts(aws, installation, Date.now())
      return await lookUp('Ask Cost Explorer', look, this.looking(flags))
    } catch (error) {
      if (!(error instanceof CtlError) || error.failure === 'interrupted') throw error
      this.say(labelled('Note', `Its costs are not told. ${error.message}`), nested(advice(error.hint)))
      return null
    }
  }
}

/** `--graph=svg` is `--graph svg`. */
const apart = (word: string): string[] =>
  word.startsWith('--graph=') ? ['--graph', word.slice('--graph='.length)] : [word]

/** The form that is asked for, if a graph is. */
function formOf(word: string | undefined, graph: boolean): GraphForm | undefined {
  const form = graphForms.find((one) => one === word)
  if (!graph && form !== undefined) {
    throw new CtlError('usage', `${form} is a form of --graph, which is not given.`, {
      hint: verbatim(`pc-ctl status --graph ${form}`),
    })
  }
  return graph ? (form ?? (isResultSeen() ? 'tree' : 'mermaid')) : undefined
}

async function graphIn(form: GraphForm, report: Report, again: readonly string[]): Promise<Block[]> {
  switch (form) {
    case 'tree':
      return statusTrees(report)
    case 'mermaid':
      return [whole(statusGraph(report))]
    case 'svg':
      return [whole(await statusDrawing(report))]
    case 'html':
      return [whole(await statusPage(report, again))]
  }
}
