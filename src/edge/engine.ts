/** What checks signed URLs at CloudFront's edge. Both accept the same ones, and refuse others with the same answers. */
export const engines = ['lambda', 'function'] as const

/** `lambda`: a `Lambda@Edge` function. `function`: a CloudFront Function with a key value store. */
export type Engine = (typeof engines)[number]

export const otherThan = (engine: Engine): Engine => (engine === 'lambda' ? 'function' : 'lambda')

/** As AWS calls them. */
export const engineNames: Readonly<Record<Engine, string>> = {
  lambda: 'Lambda@Edge',
  function: 'CloudFront Functions',
}
