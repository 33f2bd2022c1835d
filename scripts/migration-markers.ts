// A migration says in its first line which processes it leaves running (`-- beside: all`, `none`, or the number of an earlier one): whoever writes
// one has to have asked. Those up to 0227 are from before that, and leave nobody running.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isMarked, numberOf, ownMigrations, runsFromOf } from '../src/database/compare-migrations.ts'

type MigrationFile = { name: string; sql: string }

const LAST_WITHOUT = 227

export const findUnmarkedMigrations = (): readonly string[] =>
  judgeMarkers(
    readdirSync(ownMigrations)
      .filter(file => file.endsWith('.sql'))
      .map(file => ({ name: basename(file, '.sql'), sql: readFileSync(join(ownMigrations, file), 'utf8') })),
  )

/** In words, one for each that says nothing, or something that nobody understands. Pure. */
export function judgeMarkers(files: readonly MigrationFile[]): readonly string[] {
  const numbers = new Set(files.map(({ name }) => numberOf(name)))
  return files.filter(({ name }) => numberOf(name) > LAST_WITHOUT).flatMap(file => complaintsOf(file, numbers))
}

function complaintsOf({ name, sql }: MigrationFile, numbers: ReadonlySet<number>): readonly string[] {
  if (!isMarked(sql))
    return [`${name}: expected its first line to say who goes on beside it, "-- beside: all", none, or an earlier number`]
  try {
    const runsFrom = runsFromOf(name, sql)
    return runsFrom === 0 || numbers.has(runsFrom) ? [] : [`${name}: there is no migration ${runsFrom} that one could know`]
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}
