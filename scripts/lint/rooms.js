/**
 * The rooms of `src/` and who may enter them. What is not named here is denied. ESLint enforces it (`imports`), and the
 * table in CONTRIBUTING.md is held against it by a test.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const rooms = {
  commands: ['tasks', 'reindex', 'resources', 'aws', 'settings', 'edge', 'sandbox', 'ui'],
  tasks: ['reindex', 'resources', 'aws', 'repositories', 'settings', 'edge', 'ui'],
  reindex: ['resources', 'aws', 'repositories', 'ui'],
  resources: ['aws', 'repositories', 'edge', 'ui'],
  aws: ['settings', 'edge', 'ui'],
  settings: ['ui'],
  repositories: ['ui'],
  edge: [],
  ui: ['edge'],
  sandbox: ['settings', 'edge'],
}

/** Files right below `src/` that rooms share, and those rooms. */
const shared = { 'zip-archive.ts': ['resources', 'sandbox'] }

/** Rooms that know AWS's clients. */
const clients = new Set(['aws', 'resources'])

/** The only file that destroys anything, and the one command that it may send. */
const destroyer = { file: 'resources/distribution-removal.ts', command: 'DeleteDistributionCommand' }

const destroying = /^(?:Delete|Remove|Untag|Schedule.*Deletion|Disable|Purge).*Command$/

/** What of a client may be had by its name: its plain client, commands, waiters, page by page, errors, types of shapes. */
const aggregated =
  /^(?!.*(?:Client|Command|Exception|Error|Input|Output|Request|Response)$)(?:S3|CloudFront|IAM|KMS|Lambda|STS|ACM|ResourceGroupsTaggingAPI)$/

/** @param {string} filename */
function placeOf(filename) {
  const [, path = ''] = /(?:^|\/)src\/(.+)$/.exec(filename.replaceAll('\\', '/')) ?? []
  const [room = ''] = path.split('/')
  return { path, room: path.includes('/') ? room : '' }
}

/**
 * @param {string} path - of the importing file, below `src/`
 * @param {string} specifier
 */
function targetOf(path, specifier) {
  const folders = path.split('/').slice(0, -1)
  for (const part of specifier.split('/')) {
    if (part === '..') folders.pop()
    else if (part !== '.') folders.push(part)
  }
  return folders
}

/** Hears of every way to take something from another file. */
const visitorOf = (take) => ({
  ImportDeclaration: (node) => take(node, node.source.value, node.specifiers, node.importKind === 'type'),
  ExportNamedDeclaration: (node) =>
    node.source && take(node, node.source.value, node.specifiers, node.exportKind === 'type'),
  ExportAllDeclaration: (node) => take(node, node.source.value, [{ type: 'all' }], node.exportKind === 'type'),
  ImportExpression: (node) => take(node, node.source.value, [{ type: 'all' }], false),
  TSImportType: (node) => take(node, (node.source ?? node.argument?.literal ?? {}).value, [], true),
  TSImportEqualsDeclaration: (node) => take(node, node.moduleReference?.expression?.value, [{ type: 'all' }], false),
  'CallExpression[callee.name="require"]': (node) => take(node, node.arguments[0]?.value, [{ type: 'all' }], false),
})

const imports = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const { path, room } = placeOf(context.filename)
    const allowed = rooms[room]
    if (allowed === undefined) return {}
    return visitorOf((node, specifier) => {
      const report = (message) => context.report({ node, message })
      if (typeof specifier !== 'string')
        return report('What is imported must be written out: nobody could tell what it is.')
      if (/^@(?:aws-sdk|smithy)\//.test(specifier) && !clients.has(room)) {
        return report('AWS clients live in src/aws and src/resources only.')
      }
      if (!specifier.startsWith('.')) return undefined
      const [target = '', ...rest] = targetOf(path, specifier)
      if (rest.length === 0) {
        return shared[target]?.includes(room) === true
          ? undefined
          : report(`src/${room} must not import src/${target}.`)
      }
      if (target !== room && !allowed.includes(target)) report(`src/${room} must not import src/${target}.`)
      return undefined
    })
  },
}

const destroysNothing = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const { path } = placeOf(context.filename)
    if (path === '') return {}
    const named = (specifier) => specifier.imported?.name ?? specifier.local?.name ?? ''
    return {
      ...visitorOf((node, specifier, specifiers, isType) => {
        if (isType || typeof specifier !== 'string' || !specifier.startsWith('@aws-sdk/')) return
        for (const one of specifiers) {
          const report = (message) => context.report({ node, message })
          if (one.importKind === 'type' || one.exportKind === 'type') continue
          if (['ImportNamespaceSpecifier', 'ImportDefaultSpecifier', 'all'].includes(one.type)) {
            report(
              'Of a client of AWS single names are imported, so that one sees that none of them destroys anything.',
            )
          } else if (aggregated.test(named(one))) {
            report(`${named(one)} has every call of its service, those that destroy among them: take its plain client.`)
          } else if (destroying.test(named(one))) {
            if (path !== destroyer.file || named(one) !== destroyer.command) {
              report('pc-ctl destroys nothing outside cfremove.')
            }
          }
        }
      }),
      'Property[key.name="method"] > Literal[value=/^delete$/i]': (node) => {
        if (path.startsWith('sandbox/') || path === 'aws/s3-lean.ts') return
        context.report({
          node,
          message: 'pc-ctl sends no DELETE: what ends an upload is a call of its own in src/aws/s3-lean.ts.',
        })
      },
    }
  },
}

/** @type {import('eslint').ESLint.Plugin} */
export default { rules: { imports, 'destroys-nothing': destroysNothing } }
