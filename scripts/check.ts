// `npm run check`: types, lint and format, state that has no name, dead code, import rules, owners of tables, what migrations say of older processes, metrics that are written, what /openapi.json says, schema compatibility, generated files in step.
// All checks run even when one fails, as many at once as there are cores; a passing run prints one line.
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { allowedClosures } from './allowed-closures.ts'
import { judgeClosures } from './closure-state.ts'
import { lintOpenApi } from './lint-open-api.ts'
import { findUnwritten } from './metric-writers.ts'
import { findUnmarkedMigrations } from './migration-markers.ts'
import { findIncompatibilities } from './schema-compatibility.ts'
import { findSharedTables } from './table-owners.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name: string) => `node_modules/.bin/${name}`

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024

type Check = { name: string; run: () => string | null | Promise<string | null> }
const checks: readonly Check[] = [
  { name: 'types', run: command(bin('tsc'), ['-p', 'tsconfig.json']) },
  { name: 'types of the console', run: command(bin('tsc'), ['-p', 'console/tsconfig.json']) },
  { name: 'lint and format', run: command(bin('biome'), ['check', '--reporter=summary']) },
  { name: 'state of closures', run: () => judgeClosures(ourSources(), allowedClosures).join('\n') || null },
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
  { name: 'markers of migrations', run: () => findUnmarkedMigrations().join('\n') || null },
  { name: 'metrics', run: () => findUnwritten().join('\n') || null },
  { name: 'OpenAPI', run: async () => (await lintOpenApi()).join('\n') || null },
  { name: 'generated files', run: command(process.execPath, ['scripts/generate.ts', '--check']) },
  { name: 'schema compatibility', run: () => findIncompatibilities().join('\n') || null },
]

function command(file: string, args: readonly string[]) {
  return () =>
    new Promise<string | null>(ended => {
      execFile(file, args, { cwd: root, maxBuffer: MAX_OUTPUT_BYTES }, (error, said, warned) =>
        ended(error === null ? null : `${said}${warned}` || error.message),
      )
    })
}

/** What runs, path -> text; tests keep what they share in variables of a file. */
function ourSources(): ReadonlyMap<string, string> {
  const paths = globSync('{src,simulator,infra,console,scripts,bench}/**/*.{ts,tsx}', { cwd: root })
  return new Map(paths.filter(path => !path.endsWith('.test.ts')).map(path => [path, readFileSync(join(root, path), 'utf8')]))
}

/** One that cannot be made is a failed one: the others are made all the same. */
async function complaintOf({ run }: Check): Promise<string | null> {
  try {
    return await run()
  } catch (error) {
    return String(error)
  }
}

const failed: string[] = []
const left = [...checks]
async function makeNext(): Promise<void> {
  for (let check = left.shift(); check !== undefined; check = left.shift()) {
    const complaint = await complaintOf(check)
    if (complaint === null) continue
    failed.push(check.name)
    process.stdout.write(`check failed: ${check.name}\n${complaint}\n`)
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, makeNext))
process.stdout.write(
  failed.length === 0
    ? `check: all ${checks.length} passed (${checks.map(check => check.name).join(', ')})\n`
    : `check: ${failed.length} of ${checks.length} failed: ${failed.join(', ')}\n`,
)
process.exitCode = failed.length === 0 ? 0 : 1
