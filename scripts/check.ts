// `npm run check`: types, lint and format, dead code, import rules, owners of tables, schema compatibility, generated files in step.
// All checks run even when one fails; a passing run prints one line.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { findIncompatibilities } from './schema-compatibility.ts'
import { findSharedTables } from './table-owners.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name: string) => `node_modules/.bin/${name}`

const checks: readonly { name: string; run: () => string | null }[] = [
  { name: 'types', run: command(bin('tsc'), ['-p', 'tsconfig.json']) },
  { name: 'types of the console', run: command(bin('tsc'), ['-p', 'console/tsconfig.json']) },
  { name: 'lint and format', run: command(bin('biome'), ['check', '--reporter=summary']) },
  { name: 'dead code', run: command(bin('knip'), ['--no-progress']) },
  {
    name: 'import rules',
    run: command(bin('depcruise'), [
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err',
      'src',
      'simulator',
      'bench',
      'test',
      'console',
    ]),
  },
  { name: 'table owners', run: () => findSharedTables().join('\n') || null },
  { name: 'generated files', run: command(process.execPath, ['scripts/generate.ts', '--check']) },
  { name: 'schema compatibility', run: () => findIncompatibilities().join('\n') || null },
]

function command(file: string, args: readonly string[]) {
  return () => {
    const done = spawnSync(file, args, { cwd: root, encoding: 'utf8' })
    return done.status === 0 ? null : `${done.error?.message ?? ''}${done.stdout}${done.stderr}`
  }
}

let failed = 0
for (const check of checks) {
  const complaint = check.run()
  if (complaint === null) continue
  failed++
  process.stdout.write(`check failed: ${check.name}\n${complaint}\n`)
}
process.stdout.write(
  `check: ${checks.length - failed} of ${checks.length} passed (${checks.map(check => check.name).join(', ')})\n`,
)
process.exitCode = failed === 0 ? 0 : 1
