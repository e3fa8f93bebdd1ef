/**
 * The built-ins that CloudFront Functions have, and their members: those of ECMAScript 5.1 and what the developer guide
 * names besides ("JavaScript runtime 2.0 features"). `prototype` stands for itself: its members are named under it.
 */
export const knownBuiltIns: Readonly<Record<string, string>> = {
  globalThis:
    'Object Function Array String Boolean Number Date RegExp Symbol Promise Math JSON Error EvalError RangeError ' +
    'ReferenceError SyntaxError TypeError URIError AggregateError ArrayBuffer DataView Int8Array Uint8Array ' +
    'Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float32Array Float64Array globalThis NaN Infinity ' +
    'undefined parseInt parseFloat isNaN isFinite decodeURI decodeURIComponent encodeURI encodeURIComponent eval ' +
    'console require Buffer TextEncoder TextDecoder atob btoa',
  Object:
    'assign create defineProperties defineProperty entries freeze getOwnPropertyDescriptor getOwnPropertyDescriptors ' +
    'getOwnPropertyNames getOwnPropertySymbols getPrototypeOf is isExtensible isFrozen isSealed keys preventExtensions seal ' +
    'setPrototypeOf values',
  'Object.prototype': '__proto__ hasOwnProperty isPrototypeOf propertyIsEnumerable toString toLocaleString valueOf',
  String: 'fromCharCode fromCodePoint',
  'String.prototype':
    'charAt charCodeAt codePointAt concat endsWith includes indexOf lastIndexOf match padEnd padStart repeat replace ' +
    'replaceAll search slice split startsWith substr substring toLowerCase toString toUpperCase trim trimEnd trimStart valueOf',
  Number:
    'EPSILON MAX_SAFE_INTEGER MAX_VALUE MIN_SAFE_INTEGER MIN_VALUE NEGATIVE_INFINITY NaN POSITIVE_INFINITY isFinite ' +
    'isInteger isNaN isSafeInteger parseFloat parseInt',
  'Number.prototype': 'toExponential toFixed toPrecision toString valueOf',
  Array: 'isArray of',
  'Array.prototype':
    'concat copyWithin every fill filter find findIndex forEach includes indexOf join lastIndexOf map pop push reduce ' +
    'reduceRight reverse shift slice some sort splice toString unshift',
  Promise: 'all allSettled any race reject resolve',
}

/**
 * Takes from a realm what CloudFront Functions have not. It goes over as its own source text, so it must not use anything
 * from outside its body.
 *
 * @param known - JSON of {@link knownBuiltIns}
 */
export function realmLimits(known: string): void {
  'use strict'
  const { deleteProperty } = Reflect
  const always = ['constructor', 'prototype', 'length', 'name']
  for (const [place, names] of Object.entries(JSON.parse(known) as Record<string, string>)) {
    const [builtIn = '', member] = place.split('.')
    const global = globalThis as unknown as Record<string, Record<string, object>>
    const owner = builtIn === 'globalThis' ? globalThis : global[builtIn]
    const holder = (member === undefined ? owner : (owner as Record<string, object>)[member]) as Record<string, unknown>
    const kept = names.split(' ')
    for (const name of Object.getOwnPropertyNames(holder)) {
      if (!kept.includes(name) && !always.includes(name)) deleteProperty(holder, name)
    }
  }
}
