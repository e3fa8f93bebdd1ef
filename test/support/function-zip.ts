import { zipSync } from 'fflate'

/** The zip of a function of one file. */
export function functionZip(source: string, file = 'index.mjs'): Uint8Array {
  const mtime = new Date(2020, 0, 1)
  return zipSync({ [file]: [new TextEncoder().encode(source), { mtime }] })
}

/** Trusts Lambda and its edge. */
export const edgeTrust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: ['lambda.amazonaws.com', 'edgelambda.amazonaws.com'] },
      Action: 'sts:AssumeRole',
    },
  ],
})
