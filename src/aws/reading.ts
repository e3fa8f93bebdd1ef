/**
 * Whether an operation of AWS's API leaves everything as it is, by its name; what Lambda and KMS compute for us is no
 * change either.
 */
export const isReading = (operation: string): boolean =>
  /^(?:Get|List|Describe|Head|Select|Simulate|AssumeRole|Decrypt|Encrypt|GenerateDataKey|Invoke)/.test(operation)
