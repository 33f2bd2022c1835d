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
const report = join(directory, 'report.json')

const checked = real || chosen.length > 0 ? 0 : (run(['scripts/check.ts']) ?? 1)
const tested = run([
  'node_modules/vitest/vitest.mjs',
  'run',
  ...projects(),
  '--reporter=dot',
  '--reporter=./scripts/retried-reporter.ts',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...chosen,
])
const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'))
rmSync(directory, { recursive: true })
process.stdout.write(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped\n`)
process.exitCode = checked === 0 && tested === 0 && numPassedTests > 0 ? 0 : 1

function projects(): readonly string[] {
  if (real) return ['--project=real']
  return chosen.length > 0 ? [] : ['--project=fast']
}

function run(args: readonly string[]): number | null {
  const env = process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: '1' }
  return spawnSync(process.execPath, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] }).status
}
