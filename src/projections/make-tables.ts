// The start step that gives a version its tables: each of its SQL files is applied once, in the order of their names, together with its line
// in the ledger (projection_files). One that was changed or taken away since is refused by name: what is in the database would not be what
// the version says.
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database, Transaction } from '../database/database.ts'
import { CodedError } from '../runtime/coded-error.ts'
import { type Projection, titleOf } from './projection.ts'

export class RefusedTables extends CodedError<'misconfigured'> {
  override name = 'RefusedTables'
  readonly port = 'projections'
}

/** The schema in which a version's files have to make its tables, one that no other has. */
export const schemaOf = ({ name, version }: Pick<Projection, 'name' | 'version'>): string =>
  `${name.replaceAll('-', '_')}_${version}`

/**
 * Nothing for a version whose tables the migrations of the database make. Rejects RefusedTables. Tables are empty when they are made: what
 * takes longer than a statement may, as an index over millions of rows, is a migration.
 */
export async function makeTables(database: Database, projection: Projection, signal: AbortSignal): Promise<void> {
  if (projection.sql === undefined) return
  const files = await readFiles(projection.sql)
  await database.transact(async tx => {
    await tx.query('lock table projection_files in share row exclusive mode') // one process at a time
    const applied = await readLedger(tx, projection)
    refuseChanged(projection, files, applied)
    for (const file of files) if (!applied.has(file.name)) await apply(tx, projection, file)
  }, signal)
}

type SqlFile = { name: string; text: string; checksum: string }

async function readFiles(directory: string): Promise<readonly SqlFile[]> {
  const names = (await readdir(directory)).filter(name => name.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async name => {
      const text = await readFile(join(directory, name), 'utf8')
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') }
    }),
  )
}

/** File and checksum. */
async function readLedger(tx: Transaction, { name, version }: Projection): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.query<{ file: string; checksum: string }>(
    'select file, checksum from projection_files where projection = $1 and version = $2 order by file',
    [name, version],
  )
  return new Map(rows.map(row => [row.file, row.checksum]))
}

function refuseChanged(projection: Projection, files: readonly SqlFile[], applied: ReadonlyMap<string, string>): void {
  const found = new Map(files.map(file => [file.name, file.checksum]))
  const wrong = [...applied].filter(([name, checksum]) => found.get(name) !== checksum).map(([name]) => name)
  if (wrong.length === 0) return
  const message = `making the tables of ${titleOf(projection)}: expected its SQL files as they were applied to this database, got changed or without: ${wrong.join(', ')}; restore them and write what is new into a file of its own (misconfigured)`
  throw new RefusedTables({ code: 'misconfigured', message, retryable: false })
}

async function apply(tx: Transaction, { name, version }: Projection, file: SqlFile): Promise<void> {
  await tx.query(file.text)
  await tx.query('insert into projection_files (projection, version, file, checksum) values ($1, $2, $3, $4)', [
    name,
    version,
    file.name,
    file.checksum,
  ])
}
