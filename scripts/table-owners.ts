// A table has one owner: the one file that names it in statements. Imports say who may call whom, but SQL would pass any fence between
// folders, because a table is called by its name: whoever names another's table knows its columns, and breaks where they change.
// The owner exports statements, conditions or whole functions; composing these elsewhere names nothing.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { literalTexts } from './literal-texts.ts'
import { tablesMadeIn, tablesNamedIn } from './sql-names.ts'

/** Path of a file, such as src/purge/steps.ts, and its text. */
export type Source = { path: string; text: string }
type Naming = { table: string; path: string; line: number }

const of = (reason: string, tables: readonly string[]) => Object.fromEntries(tables.map(table => [table, reason]))

/** Tables that more than one file names, and why. One that has one owner does not belong here. */
const exceptions: Readonly<Record<string, string>> = {
  ...of('the log in Postgres is one adapter: appending, reading, its ends, its lag and its retention are a file each', [
    'log_partitions',
    'log_records',
    'log_topics',
  ]),
  ...of('commands are asked for, worked off by who holds the account, and shown: a file each', ['commands']),
  ...of('sessions of processing are begun and ended, and have their signs from who holds the account: a file each', [
    'processing_sessions',
  ]),
  ...of('dead letters are kept and shown, and held by who redrives them: a file each', ['dead_letters']),
  ...of('replays are asked for and shown, held by who runs them, and deleted: a file each', ['replays']),
  ...of('uploads are asked for and sent, and prepared: a file each', ['uploads']),
  ...of('everybody asks for tombstones, the API for how far a purge is, and the purge alone moves its row: a file each', [
    'purges',
  ]),
  ...of('a version of a projection is made, handed over and made live with its rows in all of them, in a file each', [
    'projection_checkpoints',
    'projection_outbox',
    'projection_quarantine',
    'projection_seen',
    'projection_skips',
  ]),
  ...of('triggers write it and one file reads it; the list of the tables of a version names it, too', [
    'listed_chats',
    'listed_contacts',
    'listed_media',
    'provisional_messages',
  ]),
  ...of('what is told of groups and labels is written, counted or joined, and read by the queries: a file each', [
    'group_participants',
    'groups',
    'label_links',
  ]),
  ...of('what is told of messages and chats is written by kind, settled once and read by the queries: a file each', [
    'address_pairs',
    'chat_states',
    'event_answers',
    'instances',
    'media',
    'message_deletions',
    'message_edits',
    'message_edited_contents',
    'message_pins',
    'message_reactions',
    'message_receipts',
    'message_revokes',
    'message_stars',
    'messages',
    'poll_votes',
  ]),
}

export function findSharedTables(): readonly string[] {
  const migrations = sourcesUnder('infra/postgres/migrations', '.sql')
  return sharedTables({ migrations, sources: [...sourcesUnder('src', '.ts'), ...sourcesUnder('src', '.sql')], exceptions })
}

/** In words, one for each table that has not exactly one owner, or is an exception in vain. */
export function sharedTables(of: {
  migrations: readonly Source[]
  sources: readonly Source[]
  exceptions: Readonly<Record<string, string>>
}): readonly string[] {
  const beside = of.sources.filter(({ path }) => path.endsWith('.sql'))
  const tables = tablesMadeIn([...of.migrations, ...beside].map(({ text }) => text))
  const namings = of.sources.flatMap(source => namingsIn(source, tables))
  const inVain = Object.keys(of.exceptions).filter(table => !tables.has(table))
  return [
    ...[...tables].sort().flatMap(table => {
      const shared = describeShared(namings.filter(one => one.table === table))
      if (shared === null)
        return table in of.exceptions
          ? [`${table} is an exception in scripts/table-owners.ts, and has one owner: take it out`]
          : []
      return table in of.exceptions ? [] : [shared]
    }),
    ...inVain.map(table => `${table} is an exception in scripts/table-owners.ts, and no migration makes it: take it out`),
  ]
}

const namingsIn = ({ path, text }: Source, tables: ReadonlySet<string>): readonly Naming[] =>
  (path.endsWith('.sql') ? [{ text, line: 1 }] : literalTexts(text)).flatMap(literal =>
    tablesNamedIn(literal.text, tables).map(({ table, linesBefore }) => ({ table, path, line: literal.line + linesBefore })),
  )

const mend = 'let one file own it, and export what the others need: a function, or a fragment of SQL to compose'

/** null: one file names it, or none. */
function describeShared(namings: readonly Naming[]): string | null {
  const [first] = namings
  const files = new Set(namings.map(({ path }) => path))
  if (first === undefined || files.size < 2) return null
  const folders = new Set([...files].map(path => dirname(path)))
  const where = folders.size > 1 ? `statements of ${folders.size} folders` : `${files.size} files of one folder`
  const lines = [...files].map(path => {
    const at = namings.filter(one => one.path === path).map(({ line }) => line)
    return `  ${path}:${[...new Set(at)].sort((one, other) => one - other).join(', ')}`
  })
  return [`${first.table} is named in ${where}; ${mend}`, ...lines.sort()].join('\n')
}

const root = fileURLToPath(new URL('..', import.meta.url))

const sourcesUnder = (folder: string, ending: string): readonly Source[] =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith(ending))
    .sort()
    .map(path => ({ path: `${folder}/${path}`, text: readFileSync(`${root}${folder}/${path}`, 'utf8') }))
