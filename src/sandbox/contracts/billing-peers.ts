/** What services tell the one that bills. */
export interface Meter {
  /** The edge has begun to answer one request of a viewer. */
  served(distributionArn: string): void
  /** A function has looked at one. */
  checked(distributionArn: string): void
}
