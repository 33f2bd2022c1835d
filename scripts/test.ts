// `npm test`: the checks, then every test that needs nothing but Node and npm. `npm run test:real`: those that need external parts, or
// minutes. Quiet when they pass; each ends with one line, `N passed, N failed, N skipped`.
// Arguments go to vitest: `npm test -- test/webhooks` runs that part at both speeds and leaves the checks out.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cwd = fileURLToPath(new URL('..', import.meta.url))
const real = process.argv[2] === '--real'
const chosen = process.argv.slice(real ? 3 : 2)
const directory = mkdtempSync(join(tmpdir(), 'zaplog-test-'))
const counts = join(directory, 'counts.json')

const checked = real || chosen.length > 0 ? 0 : (run(['scripts/check.ts']) ?? 1)
const tested = run([
  'node_modules/vitest/vitest.mjs',
  'run',
  ...projects(),
  '--reporter=dot',
  '--reporter=./scripts/retried-reporter.ts',
  '--reporter=./scripts/count-reporter.ts',
  ...chosen,
])
const { passed, failed, skipped } = JSON.parse(readFileSync(counts, 'utf8'))
rmSync(directory, { recursive: true })
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
process.exitCode = checked === 0 && tested === 0 && passed > 0 ? 0 : 1

function projects(): readonly string[] {
  if (real) return ['--project=real']
  return chosen.length > 0 ? [] : ['--project=fast', '--project=alone']
}

function run(args: readonly string[]): number | null {
  const env = { ...process.env, ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }), TEST_COUNTS: counts }
  return spawnSync(process.execPath, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] }).status
}
