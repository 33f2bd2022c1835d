// Makes indexes of tables with millions of rows while everybody goes on writing them: `create index concurrently`, one after another, by one
// process at a time. One that a kill left half made counts for nothing, and is made again from the beginning.
import type { Logger } from '../runtime/logger.ts'
import type { Transaction } from './database.ts'
import type { Session } from './session.ts'

/** `database` answers questions meanwhile; a session of `openSession` lets a statement take as long as it takes. */
export type IndexDeps = {
  database: Transaction
  openSession(signal: AbortSignal): Promise<Session>
  logger: Logger
  sayEveryMs?: number
}
export type WantedIndex = {
  name: string
  /** With its schema, where that is not the one of all others. */
  table: string
  /** What stands after the table's name. */
  definition: string
  /** The names of indexes of the table that are dropped once this one is there. */
  insteadOf?: readonly string[]
}
type Unmade = WantedIndex & { invalid: string | null; isThere: boolean; old: readonly string[] }

const SAY_EVERY_MS = 10_000

/** What is still to be done for `wanted`. */
export async function unmadeAmong(database: Transaction, wanted: readonly WantedIndex[]): Promise<readonly Unmade[]> {
  const rows = await database.query<{ nth: number; isThere: boolean; invalid: string | null; old: readonly string[] }>(
    `select w.nth, coalesce(i.indisvalid, false) as "isThere", case when not i.indisvalid then i.indexrelid::regclass::text end as invalid,
       array(select o.indexrelid::regclass::text from pg_index o join pg_class c on c.oid = o.indexrelid
         where o.indrelid = to_regclass(w."table") and c.relname = any (w."insteadOf")) as old
     from json_to_recordset($1::json) as w(nth integer, name text, "table" text, "insteadOf" text[])
     left join (pg_index i join pg_class c on c.oid = i.indexrelid) on i.indrelid = to_regclass(w."table") and c.relname = w.name
     order by w.nth`,
    [JSON.stringify(wanted.map((one, nth) => ({ nth, ...one })))],
  )
  return rows.flatMap(({ nth, ...found }) => {
    const one = wanted[nth]
    return one === undefined || (found.isThere && found.old.length === 0) ? [] : [{ ...one, ...found }]
  })
}

/** `elsewhere`: another process makes them. Rejects with DatabaseError, also where the signal aborts. */
export async function makeIndexes(
  deps: IndexDeps,
  wanted: readonly WantedIndex[],
  signal: AbortSignal,
): Promise<'made' | 'elsewhere'> {
  if ((await unmadeAmong(deps.database, wanted)).length === 0) return 'made'
  const session = await deps.openSession(signal)
  const close = () => void session.close()
  signal.addEventListener('abort', close, { once: true })
  try {
    if (!(await takeTurn(session))) return 'elsewhere'
    for (const one of await unmadeAmong(session, wanted)) await makeOne(deps, session, one)
    return 'made'
  } finally {
    signal.removeEventListener('abort', close)
    await session.close()
  }
}

/** Until the session ends, at the server too: a statement that outlives its client still holds it. */
async function takeTurn(session: Session): Promise<boolean> {
  const [row] = await session.query<{ taken: boolean }>(
    `select pg_try_advisory_lock(hashtextextended('zaplog indexes', 0)) as taken`,
  )
  return row?.taken === true
}

async function makeOne({ database, logger, sayEveryMs = SAY_EVERY_MS }: IndexDeps, session: Session, of: Unmade): Promise<void> {
  const beganAt = performance.now()
  const forMs = () => Math.round(performance.now() - beganAt)
  const say = async () => {
    const [progress] = await database.query<Progress>(progressOf, [of.table])
    if (progress !== undefined) logger.info('database.index-making', { index: of.name, ...progress, forMs: forMs() })
  }
  const unsaid = (error: unknown) => logger.debug('database.index-progress-unknown', { index: of.name, error })
  const saying = setInterval(() => void say().catch(unsaid), sayEveryMs)
  try {
    if (of.invalid !== null) await session.query(`drop index concurrently if exists ${of.invalid}`)
    if (!of.isThere) await session.query(`create index concurrently ${of.name} on ${of.table} ${of.definition}`)
    for (const old of of.old) await session.query(`drop index concurrently if exists ${old}`)
    logger.info('database.index-made', { index: of.name, forMs: forMs() })
  } finally {
    clearInterval(saying)
  }
}

type Progress = { phase: string; done: string; total: string }

/** In the unit of its phase: blocks, rows or, while it waits, transactions of others. */
const progressOf = `
  select phase, greatest(blocks_done, tuples_done, lockers_done) as done, greatest(blocks_total, tuples_total, lockers_total) as total
  from pg_stat_progress_create_index where relid = to_regclass($1)`
