/** Words with which pc-ctl starts itself, or a shell asks it. */
export const ownWords = { complete: '__complete', lookUp: '__look-up' } as const
