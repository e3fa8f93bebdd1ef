import type { Caller } from '../contracts/service.ts'

/** An address of AWS's own, which services and functions that are in no VPC call from. */
const addressOfAws = '52.94.133.131'

/** Condition keys that tell where a request comes from: this machine, or inside AWS. Nothing comes through a VPC. */
export const networkKeys = (caller: Caller): { readonly 'aws:SourceIp': string } => ({
  'aws:SourceIp': caller.kind === 'role' && caller.inside === true ? addressOfAws : '127.0.0.1',
})
