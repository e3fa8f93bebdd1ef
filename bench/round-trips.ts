/**
 * How often, how deep and how long the runbook asks AWS, each answer taking 80 ms (`--trace`: each call with its times; `--alone`: without the aws CLI).
 * Calls of one run that do not overlap are deep: that many answers are waited for one after the other. Beside it the
 * aws CLI, with a script that looks at, or makes, the same resources. What AWS takes to spread news is left out: here it
 * spreads at once.
 *
 * Exits with 1 if a run asks more often or deeper than it should. Build first.
 */
import { type Aim, atBench } from './round-trips/bench.ts'

// 12, 14 and 20 calls, and what newer checks need once each: whether the key is rotated, which keys are left over, which
// engine there is. Of the distribution's first run docs/performance.md says why it is not 5.
const runs: readonly Aim[] = [
  { what: 'bootstrap-cloudfront, first', of: 'bootstrap', run: 1, depth: 7 },
  { what: 'bootstrap-cloudfront, again', of: 'bootstrap', run: 2, depth: 4, calls: 16 },
  { what: 'reconfigure-cloudfront-distribution, first', of: 'distribution', run: 1, depth: 7 },
  { what: 'reconfigure-cloudfront-distribution, again', of: 'distribution', run: 2, depth: 4, calls: 14 },
  { what: 'status', of: 'status', run: 1, depth: 4, calls: 23 },
]

const isTold = (word: string): boolean => process.argv.includes(word)
await atBench(runs, { isTraced: isTold('--trace'), alone: isTold('--alone') })
