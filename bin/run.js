#!/usr/bin/env node
// Parsed by whatever Node the machine has, so: old syntax only, and nothing imported before the version is known.
const [major, minor] = process.versions.node.split('.').map(Number)

if (major > 22 || (major === 22 && minor >= 20)) await import('../dist/main.js')
else await import('./hand-over.js')
