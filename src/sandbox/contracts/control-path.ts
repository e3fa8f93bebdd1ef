/** Where a sandbox is controlled: below a path that can't be S3's, since no bucket's name begins with an underscore. */
export const controlPath = '/_sandbox'

/** Is a path one of those that control the sandbox? */
export const isControlPath = (path: string): boolean => path === controlPath || path.startsWith(`${controlPath}/`)
