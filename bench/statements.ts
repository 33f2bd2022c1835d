// How many statements an embedded Postgres was asked, by its own extension pg_stat_statements. Only a bench has it loaded: it makes the
// cluster before its server is first started, and adds the library to the cluster's settings. No setting of zaplog does that.
import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeCluster } from '../src/database/embedded-cluster.ts'
import { openSession } from '../src/database/session.ts'
import { createLogger } from '../src/runtime/logger.ts'
import { never } from '../src/runtime/or-abort.ts'
import { watchStatements } from './profile.ts'

/** Since it was opened, by everybody but who counts; without BEGIN, COMMIT and other utilities. */
export type Statements = () => Promise<number>

const settings = [`shared_preload_libraries = 'pg_stat_statements'`, 'pg_stat_statements.track_utility = off']
/** Of its own, so that what is measured has no extension in its tables' database. */
const database = 'bench_statements'

/** `directory`: of the embedded Postgres, made where it is not there; its server is not running. Twice is once. */
export async function loadStatements(directory: string): Promise<void> {
  const { path } = await makeCluster({ dataDir: directory, fsync: true, logger: createLogger({ level: 'warn' }) })
  const file = join(path, 'postgresql.auto.conf')
  const lines = `${settings.join('\n')}\n`
  if (!(await readFile(file, 'utf8')).includes(lines)) await appendFile(file, lines)
}

/** `url`: of the superuser of a server that was prepared by loadStatements. */
export async function openStatements(closing: AsyncDisposableStack, url: string): Promise<Statements> {
  const make = await openSession({ url, applicationName: 'bench' }, never)
  const there = await make.query('select from pg_database where datname = $1', [database])
  if (there.length === 0) await make.query(`create database ${database}`)
  await make.close()
  const own = Object.assign(new URL(url), { pathname: `/${database}` })
  const session = await openSession({ url: own.href, applicationName: 'bench' }, never)
  closing.defer(() => session.close())
  await session.query('create extension if not exists pg_stat_statements')
  watchStatements(session)
  return async () => {
    const [row] = await session.query<{ calls: number }>(
      `select coalesce(sum(calls), 0)::float8 as calls from pg_stat_statements
       where dbid not in (select oid from pg_database where datname = current_database())`,
    )
    return row?.calls ?? 0
  }
}

/** How often its server waited until the disk had what was committed. It counts the last second late. */
export async function openSyncs(closing: AsyncDisposableStack, url: string): Promise<() => Promise<number>> {
  const session = await openSession({ url, applicationName: 'bench' }, never)
  closing.defer(() => session.close())
  return async () => {
    const [row] = await session.query<{ syncs: number }>(
      "select coalesce(sum(fsyncs), 0)::float8 as syncs from pg_stat_io where object = 'wal' and context = 'normal'",
    )
    return row?.syncs ?? 0
  }
}
