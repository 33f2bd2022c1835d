// `npm run bench -- NAME --profile`: what the time of zaplog's side goes to, while it is measured and no longer: its main thread by V8's profiler,
// asked over the Chrome DevTools Protocol, and its Postgres by pg_stat_statements. Its own cost is a few per cent: rates of such a run are none.
import type { ChildProcess } from 'node:child_process'
import { Session as Inspector } from 'node:inspector/promises'
import { createInterface } from 'node:readline'
import type { Session } from '../src/database/session.ts'
import { openInspector } from './inspector.ts'
import { round } from './measure.ts'
import { type CpuProfile, type Share, summarise } from './profile-summary.ts'

/** A main thread that can be watched. */
type Watched = { start(): Promise<void>; stop(): Promise<CpuProfile> }
export type SpentStatement = { sql: string; calls: number; ms: number }

const SAMPLE_US = 500
const LINES = 8
const MOST_LETTERS = 110
const wanted = process.argv.includes('--profile')
/** Of this process, in the order in which they were opened. */
const threads: Watched[] = []
const databases: Session[] = []
const profiles: CpuProfile[] = []
const statements = new Map<string, SpentStatement>()

/** What Node is told where it is to be profiled. */
export const inspected = (): Record<string, string> => (wanted ? { NODE_OPTIONS: '--inspect=127.0.0.1:0' } : {})

/** `child`: was started with `inspected`, and is stopped by what was left to `closing` before. */
export function watchProcess(closing: AsyncDisposableStack, child: ChildProcess): void {
  if (!wanted || child.stderr === null) return
  const lines = createInterface({ input: child.stderr })
  lines.on('line', line => {
    const url = /^Debugger listening on (ws:\S+)/.exec(line)?.[1]
    if (url === undefined) return
    const inspector = openInspector(url, SAMPLE_US)
    threads.push(inspector)
    closing.defer(inspector.close)
  })
}

/** For benches whose work is done in the bench's own process. */
export function watchOurselves(): void {
  if (!wanted) return
  const inspector = new Inspector()
  threads.push({
    start: async () => {
      inspector.connect()
      await inspector.post('Profiler.enable')
      await inspector.post('Profiler.setSamplingInterval', { interval: SAMPLE_US })
      await inspector.post('Profiler.start')
    },
    stop: async () => {
      const { profile } = await inspector.post('Profiler.stop')
      inspector.disconnect()
      return profile
    },
  })
}

/** `session`: in a database that has pg_stat_statements. */
export function watchStatements(session: Session): void {
  if (wanted) databases.push(session)
}

/** Passes through what the work answers. */
export async function whileProfiled<T>(work: () => Promise<T>): Promise<T> {
  if (!wanted) return work()
  const before = await readStatements()
  await Promise.all(threads.map(thread => thread.start()))
  try {
    return await work()
  } finally {
    profiles.push(...(await Promise.all(threads.map(thread => thread.stop()))))
    keepStatements(before, await readStatements())
  }
}

/** What was found since it was asked last, as Markdown; null: not asked for. What is watched is let go. */
export function takeProfile(name: string): string | null {
  if (!wanted) return null
  const { busyPercent, code, functions } = summarise(profiles)
  const spent = [...statements.values()].toSorted((one, other) => other.ms - one.ms)
  const whole = spent.reduce((sum, { ms }) => sum + ms, 0)
  for (const kept of [threads, databases, profiles]) kept.length = 0
  statements.clear()
  return [
    `## ${name}\n`,
    `The main thread was busy ${busyPercent} % of the time. Of that:\n`,
    tableOf(['code', '%', 'function', '%'], besideEachOther(code, functions)),
    ...(whole === 0
      ? []
      : [
          `\nPostgres, of ${round(whole)} ms in statements:\n`,
          tableOf(
            ['statement', '%', 'calls'],
            spent.slice(0, LINES).map(({ sql, ms, calls }) => [`\`${sql}\``, String(round((ms / whole) * 100)), String(calls)]),
          ),
        ]),
  ].join('\n')
}

const besideEachOther = (code: readonly Share[], functions: readonly Share[]): readonly string[][] =>
  Array.from({ length: Math.max(code.length, functions.length) }, (_, at) => {
    const [one, other] = [code[at], functions[at]]
    return [
      one?.name ?? '',
      String(one?.percent ?? ''),
      other === undefined ? '' : `\`${other.name}\``,
      String(other?.percent ?? ''),
    ]
  })

const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')

async function readStatements(): Promise<ReadonlyMap<string, SpentStatement>> {
  const read = await Promise.all(
    databases.map(session =>
      session.query<{ id: string; sql: string; calls: number; ms: number }>(
        `select s.dbid || '.' || s.userid || '.' || s.queryid as id, s.query as sql, sum(s.calls)::float8 as calls,
           sum(s.total_exec_time)::float8 as ms
         from pg_stat_statements s where dbid <> (select oid from pg_database where datname = current_database())
         group by 1, 2`,
      ),
    ),
  )
  return new Map(read.flat().map(({ id, ...row }) => [id, { ...row, sql: shorten(row.sql) }]))
}

function keepStatements(before: ReadonlyMap<string, SpentStatement>, after: ReadonlyMap<string, SpentStatement>): void {
  for (const [id, { sql, calls, ms }] of after) {
    const [was, kept] = [before.get(id), statements.get(id)]
    const spent = { calls: calls - (was?.calls ?? 0), ms: ms - (was?.ms ?? 0) }
    if (spent.calls > 0) statements.set(id, { sql, calls: (kept?.calls ?? 0) + spent.calls, ms: (kept?.ms ?? 0) + spent.ms })
  }
}

/** What tells one statement from another, in a cell of a table: the tables that it writes, or how it begins. */
function shorten(sql: string): string {
  const named = sql.matchAll(/\b(?:insert into|update|delete from) ([a-z_][\w.]*)(?=[ (])/g)
  const written = new Set([...named].map(([, table]) => table).filter(table => table !== 'set' && table !== 'of'))
  const text = written.size === 0 ? sql : `writes ${[...written].join(', ')}`
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim().slice(0, MOST_LETTERS)
}
