import { type Block, heading, labelled, table } from '../../text.ts'
import type { CostReport } from './costs.ts'
import { dollars } from './dollars.ts'

/** Characters of the longest bar. */
const widest = 40

/** Said before anything is asked. */
export const askingCosts =
  'Cost Explorer is asked three questions, or a few more where there is much to tell: each costs $0.01.'

/** Costs as tables, one of them with a bar a day. */
export function costsText({ installation, byDay, services, total, forecast, ...rest }: CostReport): Block[] {
  const { firstDay, lastDay, currency, questions, paidForAsking, notTold, isForecastTold } = rest
  const none = isForecastTold ? 'none: AWS has too little to go by' : 'not told'
  const money = (amount: number): string => (currency === 'USD' ? dollars(amount) : `${amount.toFixed(2)} ${currency}`)
  const most = Math.max(...byDay.map(({ amount }) => amount))
  const bar = (amount: number): string =>
    amount > 0 ? '#'.repeat(Math.max(1, Math.round((amount / most) * widest))) : ''
  return [
    heading(`${installation}, ${firstDay} to ${lastDay}`),
    '',
    table([
      ...services.map(({ service, amount }) => [service, money(amount)]),
      ['So far', money(total)],
      ['Forecast for the month', forecast === null ? none : money(forecast)],
    ]),
    '',
    table(byDay.map(({ day, amount }) => [day.slice(5), money(amount), bar(amount)])),
    '',
    `By the tag of what pc-ctl made; S3's are among it only if the bucket carries the tag too. Bills are up to a day behind. ` +
      `Asking took ${questions} questions: ${dollars(paidForAsking)}.`,
    ...notTold.map((sentence) => labelled('Note', sentence)),
  ]
}
