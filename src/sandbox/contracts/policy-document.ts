/** A policy document taken apart; every list is a list, whatever the JSON had. */
export interface PolicyDocument {
  version: string
  statements: PolicyStatement[]
}

export interface PolicyStatement {
  sid: string | undefined
  effect: 'Allow' | 'Deny'
  /** Undefined in identity policies. */
  principal: Principals | undefined
  notPrincipal: Principals | undefined
  actions: readonly string[] | undefined
  notActions: readonly string[] | undefined
  resources: readonly string[] | undefined
  notResources: readonly string[] | undefined
  /** Are variables such as `${aws:username}` replaced? Version 2008-10-17 has none. */
  variables: boolean
  /** Operator → condition key → values. */
  condition: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

/** Kind (`AWS`, `Service`, `CanonicalUser`, `Federated`) → who. `Principal: "*"` is kind `*`. */
export type Principals = Readonly<Record<string, readonly string[]>>
