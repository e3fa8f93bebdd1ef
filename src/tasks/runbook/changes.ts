import type { Status } from '../status/status.ts'

/** What the runbooks would do about each resource, in sentences. */
export const changesIn = ({ resources }: Status): string[] =>
  resources.flatMap(({ kind, name, do: verb, because, changes }) => {
    if (verb === 'keep') return []
    const fields = changes.map(({ field }) => `\`${field}\``).join(', ')
    const what = { create: 'is made', update: 'is changed', remove: 'is removed', refuse: 'is refused' }[verb]
    const why = verb === 'refuse' ? because.join('; ') : fields
    return [`${kind} \`${name}\` ${what}${why === '' ? '' : `: ${why}`}.`]
  })
