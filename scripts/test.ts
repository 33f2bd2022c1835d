// `npm test`: the checks, then every test; quiet when it passes. Ends with one line, `N passed, N failed, N skipped`.
// Arguments go to vitest: `npm test -- test/webhooks` runs a part and leaves the checks out.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cwd = fileURLToPath(new URL('..', import.meta.url))
const chosen = process.argv.slice(2)
const directory = mkdtempSync(join(tmpdir(), 'zaplog-test-'))
const report = join(directory, 'report.json')

const checked = chosen.length > 0 ? 0 : (run(['scripts/check.ts']) ?? 1)
const tested = run([
  'node_modules/vitest/vitest.mjs',
  'run',
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

function run(args: readonly string[]): number | null {
  const env = process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: '1' }
  return spawnSync(process.execPath, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] }).status
}
