import { type Verbatim, verbatim } from '../text.ts'

/** What s3cmd prints after a label; `undefined` leaves the line out. */
export type LabelValue = string | number | boolean | undefined

/**
 * Lines as s3cmd prints them: the label and its colon left-justified to 15 characters, a space, the value. A longer
 * label is not cut. Booleans are Python's `True` and `False`.
 *
 * Source: s3cmd, `pretty_output` in S3/CloudFront.py.
 */
export const s3cmdLines = (fields: readonly (readonly [label: string, value: LabelValue])[]): Verbatim =>
  verbatim(
    ...fields.flatMap(([label, value]) =>
      value === undefined ? [] : [`${`${label}:`.padEnd(15)} ${pythonic(value)}`],
    ),
  )

const pythonic = (value: Exclude<LabelValue, undefined>): string =>
  typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value)
