/** The commands in the groups and the order in which help, completion and manual tell them: the runbook's is its own. */
export const commandGroups = {
  runbook: [
    'enable-cloudfront',
    'reindex-everything',
    'generate-cloudfront-secret',
    'reconfigure',
    'bootstrap-cloudfront',
    'reconfigure-cloudfront-distribution',
    'restart',
    'rotate-cloudfront-secret',
    'disable-cloudfront',
  ],
  look: [
    'status',
    'doctor',
    'permissions',
    'audit-cache-control',
    'runbook',
    'export',
    'costs',
    'explain-url',
    'show-config',
  ],
  edge: ['sign-url', 'invalidate'],
  s3cmd: ['cflist', 'cfinfo', 'cfcreate', 'cfmodify', 'cfremove', 'cfinval', 'cfinvalinfo', 'put'],
  rehearse: ['sandbox'],
  shell: ['completion'],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** What the commands of a group are for, as a heading has it. */
export const groupTitles: Readonly<Record<keyof typeof commandGroups, string>> = {
  runbook: 'The runbook',
  look: 'Look',
  edge: 'Edge',
  s3cmd: 'As in s3cmd',
  rehearse: 'Rehearse',
  shell: 'At home in the shell',
}
