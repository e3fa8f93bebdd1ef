/**
 * The rooms of `src/` and who may enter them. What is not named here is denied. A file belongs to the innermost room that
 * its path names; who may enter a room may enter the folders in it that are no rooms of their own. ESLint enforces it
 * (`imports`), and the table in CONTRIBUTING.md is held against it by a test.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const rooms = {
  commands: ['tasks', 'reindex', 'resources', 'aws', 'settings', 'edge', 'rehearsal', 'sandbox/host', 'flags', 'ui'],
  completion: ['resources', 'aws', 'settings', 'ui'],
  tasks: ['reindex', 'resources', 'aws', 'repositories', 'settings', 'edge', 'flags', 'ui'],
  reindex: ['resources', 'aws', 'repositories', 'ui'],
  resources: ['aws', 'repositories', 'edge', 'ui'],
  aws: ['settings', 'edge', 'ui'],
  flags: ['settings', 'edge', 'ui'],
  settings: ['ui'],
  repositories: ['ui'],
  ui: [],
  edge: [],
  rehearsal: ['sandbox/contracts', 'sandbox/wire', 'sandbox/policy', 'sandbox/host', 'settings', 'edge'],
  'sandbox/host': [
    ...['sandbox/s3', 'sandbox/cloudfront', 'sandbox/edge', 'sandbox/lambda', 'sandbox/iam', 'sandbox/kms'],
    ...['sandbox/acm', 'sandbox/tagging', 'sandbox/policy', 'sandbox/wire', 'sandbox/contracts'],
  ],
  'sandbox/acm': ['sandbox/wire', 'sandbox/contracts'],
  'sandbox/cloudfront': ['sandbox/policy', 'sandbox/wire', 'sandbox/contracts'],
  'sandbox/edge': ['sandbox/contracts'],
  'sandbox/iam': ['sandbox/policy', 'sandbox/wire', 'sandbox/contracts'],
  'sandbox/kms': ['sandbox/policy', 'sandbox/wire', 'sandbox/contracts'],
  'sandbox/lambda': ['sandbox/policy', 'sandbox/wire', 'sandbox/contracts'],
  'sandbox/s3': ['sandbox/policy', 'sandbox/wire', 'sandbox/contracts'],
  'sandbox/tagging': ['sandbox/wire', 'sandbox/contracts'],
  'sandbox/policy': ['sandbox/contracts'],
  'sandbox/wire': ['sandbox/contracts'],
  'sandbox/contracts': [],
}

const ofTheProduct = Object.keys(rooms).filter((room) => !/^(?:edge$|sandbox\b)/.test(room))

/**
 * Files right below `src/` that rooms share, and those rooms.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const shared = {
  'errors.ts': ofTheProduct,
  'text.ts': ofTheProduct,
  'options.ts': ofTheProduct,
  'shell.ts': [...ofTheProduct, 'sandbox/contracts'],
  'json-object.ts': Object.keys(rooms),
  'zip-archive.ts': ['resources', 'sandbox/lambda'],
}

/** Rooms that know AWS's clients. */
const clients = new Set(['aws', 'resources'])

/** The only file that destroys anything, and the one command that it may send. */
const destroyer = { file: 'resources/cloudfront/distribution-removal.ts', command: 'DeleteDistributionCommand' }

const destroying = /^(?:Delete|Remove|Untag|Schedule.*Deletion|Disable|Purge).*Command$/

/** What of a client may be had by its name: its plain client, commands, waiters, page by page, errors, types of shapes. */
const aggregated =
  /^(?!.*(?:Client|Command|Exception|Error|Input|Output|Request|Response)$)(?:S3|CloudFront|IAM|KMS|Lambda|STS|ACM|ResourceGroupsTaggingAPI)$/

/**
 * The innermost room that a path below `src/` is in, and undefined for a file beside the rooms.
 *
 * @param {string} path
 * @returns {string | undefined}
 */
function roomOf(path) {
  const folders = path.split('/').slice(0, -1)
  while (folders.length > 0 && rooms[folders.join('/')] === undefined) folders.pop()
  return folders.length === 0 ? undefined : folders.join('/')
}

/** @param {string} filename */
const placeOf = (filename) => /(?:^|\/)src\/(.+)$/.exec(filename.replaceAll('\\', '/'))?.[1] ?? ''

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
  return folders.join('/')
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
    const path = placeOf(context.filename)
    const room = roomOf(path)
    // What starts the program (main.ts, run.ts) goes everywhere; what rooms share stands on nothing but each other.
    const allowed = room === undefined ? (shared[path] === undefined ? undefined : []) : rooms[room]
    if (allowed === undefined) return {}
    return visitorOf((node, specifier) => {
      const report = (message) => context.report({ node, message })
      if (typeof specifier !== 'string')
        return report('What is imported must be written out: nobody could tell what it is.')
      if (/^@(?:aws-sdk|smithy)\//.test(specifier) && !clients.has(room)) {
        return report('AWS clients live in src/aws and src/resources only.')
      }
      if (!specifier.startsWith('.')) return undefined
      const target = targetOf(path, specifier)
      const targetRoom = roomOf(target)
      const may =
        targetRoom === undefined
          ? room === undefined || shared[target]?.includes(room) === true
          : targetRoom === room || allowed.includes(targetRoom)
      return may ? undefined : report(`src/${room ?? path} must not import src/${targetRoom ?? target}.`)
    })
  },
}

const destroysNothing = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const path = placeOf(context.filename)
    if (path === '') return {}
    // A name may be quoted; what it is called here does not matter.
    const named = ({ imported, local }) => {
      const name = imported ?? local
      return name?.name ?? name?.value ?? ''
    }
    const refuseMethod = (node) => {
      const text = node.value.type === 'TemplateLiteral' ? node.value.quasis[0]?.value.cooked : node.value.value
      if ((node.key.name ?? node.key.value) !== 'method' || !/^delete$/i.test(text)) return
      if (path.startsWith('sandbox/') || path === 'aws/s3-lean.ts') return
      const message = 'pc-ctl sends no DELETE: what ends an upload is a call of its own in src/aws/s3-lean.ts.'
      context.report({ node, message })
    }
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
      Property: refuseMethod,
    }
  },
}

/** @type {import('eslint').ESLint.Plugin} */
export default { rules: { imports, 'destroys-nothing': destroysNothing } }
