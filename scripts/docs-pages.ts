/** Pages whose sessions are played; the output of others is made by the tests, or by hand. */
const transcripts = [
  'runbook',
  'dry-run',
  'enable',
  'status-drift',
  'permissions',
  'denied-permission',
  'new-secret',
  'rotate',
  'engines',
  'change-ticket',
  's3cmd',
  'reindex',
]

/** Paths in the checkout. */
export const playedPages: readonly string[] = [
  'README.md',
  'docs/commands.md',
  'docs/troubleshooting.md',
  ...transcripts.map((name) => `docs/transcripts/${name}.txt`),
]
