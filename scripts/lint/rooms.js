import { join, posix, relative, sep } from 'node:path'

import { destroysNothing } from './destroys-nothing.js'
import { visitorOf } from './taking.js'

/**
 * The rooms of `src/` and who may enter them. What is not named here is denied. A file belongs to the innermost room that
 * its path names; who may enter a room may enter the folders in it that are no rooms of their own. ESLint enforces it
 * (`imports`), and the table in CONTRIBUTING.md is held against it by a test.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const rooms = {
  commands: ['tasks', 'reindex', 'resources', 'aws', 'settings', 'edge', 'rehearsal', 'sandbox/host', 'flags', 'ui'],
  completion: ['resources', 'aws', 'repositories', 'settings', 'edge', 'ui'],
  tasks: ['reindex', 'resources', 'aws', 'repositories', 'settings', 'edge', 'flags', 'ui'],
  reindex: ['resources', 'aws', 'repositories', 'ui'],
  resources: ['aws', 'repositories', 'edge', 'ui'],
  aws: ['settings', 'edge', 'ui'],
  flags: ['resources', 'settings', 'edge', 'ui'],
  settings: ['ui'],
  repositories: ['ui'],
  ui: [],
  edge: [],
  rehearsal: ['sandbox/contracts', 'sandbox/wire', 'sandbox/policy', 'sandbox/host', 'settings', 'edge'],
  'sandbox/host': [
    ...[
      'sandbox/s3',
      'sandbox/s3control',
      'sandbox/cloudfront',
      'sandbox/edge',
      'sandbox/functions',
      'sandbox/lambda',
      'sandbox/containers',
      'sandbox/iam',
      'sandbox/kms',
    ],
    ...[
      'sandbox/keyvaluestore',
      'sandbox/logs',
      'sandbox/acm',
      'sandbox/billing',
      'sandbox/tagging',
      'sandbox/policy',
      'sandbox/wire',
      'sandbox/contracts',
    ],
  ],
  'sandbox/acm': ['sandbox/wire', 'sandbox/contracts'],
  'sandbox/billing': ['sandbox/wire', 'sandbox/contracts'],
  'sandbox/cloudfront': ['sandbox/policy', 'sandbox/wire', 'sandbox/contracts'],
  'sandbox/containers': [],
  'sandbox/edge': ['sandbox/contracts'],
  'sandbox/functions': ['sandbox/containers', 'sandbox/contracts'],
  'sandbox/iam': ['sandbox/policy', 'sandbox/wire', 'sandbox/contracts'],
  'sandbox/keyvaluestore': ['sandbox/wire', 'sandbox/contracts'],
  'sandbox/kms': ['sandbox/policy', 'sandbox/wire', 'sandbox/contracts'],
  'sandbox/lambda': ['sandbox/containers', 'sandbox/policy', 'sandbox/wire', 'sandbox/contracts'],
  'sandbox/logs': ['sandbox/wire', 'sandbox/contracts'],
  'sandbox/s3': ['sandbox/policy', 'sandbox/wire', 'sandbox/contracts'],
  'sandbox/s3control': ['sandbox/policy', 'sandbox/wire', 'sandbox/contracts'],
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
  'xml-tree.ts': ['resources', 'aws', 'repositories'],
}

/**
 * Files right below `src/` that something is started with, and the rooms that they may enter.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const starting = {
  'main.ts': ['completion', 'settings', 'ui'],
  'run.ts': ['ui'],
  'at-once.ts': ['ui'],
  'help.ts': ['ui'],
  'words.ts': [],
  'compiled.ts': [],
  'updates.ts': ['settings', 'ui'],
  'look-for-update.ts': [],
  'signing.ts': ['edge'],
}

/** Rooms that know AWS's clients. */
const clients = new Set(['aws', 'resources'])

const sources = join(import.meta.dirname, '../../src')

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
const placeOf = (filename) => relative(sources, filename).replaceAll(sep, '/')

/**
 * Why a file may not import something, and undefined where it may.
 *
 * @param {string} path - of the importing file, below `src/`
 * @param {readonly string[]} allowed - the rooms that it may enter besides its own
 * @param {unknown} specifier - as written; no string if it is calculated
 * @returns {string | undefined}
 */
function objectionTo(path, allowed, specifier) {
  const room = roomOf(path)
  if (typeof specifier !== 'string') return 'What is imported must be written out: nobody could tell what it is.'
  if (/^@(?:aws-sdk|smithy)\//.test(specifier)) {
    return clients.has(room) ? undefined : 'AWS clients live in src/aws and src/resources only.'
  }
  if (/^(?:[/#]|file:|data:|pc-ctl(?:\/|$))/.test(specifier)) {
    return 'A file of ours is imported by the way from here to there.'
  }
  if (!specifier.startsWith('.')) return undefined
  const target = posix.join(posix.dirname(path), specifier)
  const targetRoom = roomOf(target)
  if (targetRoom !== undefined && (targetRoom === room || allowed.includes(targetRoom))) return undefined
  if (targetRoom === undefined) {
    const isBeside = shared[target] !== undefined || starting[target] !== undefined
    if (room === undefined ? isBeside : shared[target]?.includes(room)) return undefined
  }
  return `src/${room ?? path} must not import ${posix.join('src', targetRoom ?? target)}.`
}

const imports = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const path = placeOf(context.filename)
    const room = roomOf(path)
    // What rooms share stands on nothing but each other.
    const allowed = room !== undefined ? rooms[room] : shared[path] !== undefined ? [] : starting[path]
    const report = (node, message) => context.report({ node, message })
    if (allowed === undefined) {
      return { Program: (node) => report(node, `src/${path} is in no room: scripts/lint/rooms.js names them all.`) }
    }
    let isTold = false
    const refuseRequire = (node) => {
      if (!isTold) report(node, 'What is required by another name than require is seen by nobody: import it.')
      isTold = true
    }
    return {
      ...visitorOf((node, specifier) => {
        const objection = objectionTo(path, allowed, specifier)
        if (objection !== undefined) report(node, objection)
      }),
      'Identifier[name="createRequire"]': refuseRequire,
      'Literal[value="createRequire"]': refuseRequire,
    }
  },
}

/** @type {import('eslint').ESLint.Plugin} */
export default { rules: { imports, 'destroys-nothing': destroysNothing } }
