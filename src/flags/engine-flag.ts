import { Flags } from '@oclif/core'

import { engines } from '../edge/engine.ts'

/** Flag of commands that make what checks signed URLs. What is not given stays as it is in use. */
export const engineFlag = {
  engine: Flags.option({ options: engines })({
    description: 'what checks signed URLs: Lambda@Edge or a CloudFront Function; new installations get lambda',
  }),
}
