// Runs a TypeScript file of this repository, or says in words why this Node cannot. Plain JavaScript, so that an old Node reads it too.
import { existsSync } from 'node:fs'
import module from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { endBySignals, hearEarlySignals } from './early-signals.mjs'

hearEarlySignals() // the command line takes them over, verb by verb (src/cli/stop-signals.ts)
const major = Number(process.versions.node.split('.')[0])
if (major < 24 && !existsSync(new URL('../node_modules', import.meta.url))) {
  process.stderr.write('zaplog has nothing to run on yet: npm ci installs it, Node 24 included\n')
  process.exit(78)
}
if (major < 24) {
  process.stderr.write(
    `zaplog needs Node 24 or newer, this is ${process.version}.\n` +
      './zaplog, npm start, npm run and npm test use the one that npm ci installs; where install scripts were switched off, get it with:\n' +
      '  npm rebuild node\n',
  )
  process.exit(78)
}
const { compiledCodeDirectory } = await import('./own-directory.mjs')
const compiled = compiledCodeDirectory(process.env)
if (compiled !== null) module.enableCompileCache(compiled) // the next start has half of its code compiled already
const given = process.argv.slice(2)
// What stands behind -- is not Node's: it would take an --env-file wherever it stands.
const [script, ...args] = given[0] === '--' ? given.slice(1) : given
if (!/\bsrc\/cli\/zaplog\.ts$/.test(script)) await endBySignals()
process.argv.splice(1, process.argv.length, resolve(script), ...args)
await import(pathToFileURL(resolve(script)))
