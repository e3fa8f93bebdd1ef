export const functionFiles: readonly string[]
export const functionLanguage: readonly { readonly selector: string; readonly message: string }[]
