// Migrations: all of what is missing or nothing, once however many start at once, never below what a newer version wrote.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { migrate } from '../../src/database/migrate.ts'
import { openTempDir } from '../ground/database/temp-dir.ts'
import { openTestDatabase } from '../ground/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
/** node-pg-migrate’s (dist/runner.js, PG_MIGRATE_LOCK_ID). */
const lockOfRunner = '7241865325823964'

test('[H9] what is missing is applied in order, once, however many start at once', async () => {
  const { url, database } = await openEmpty()
  const directory = await directoryWith({
    '0002_second.sql': 'alter table one add b int',
    '0001_first.sql': 'create table one (a int)',
  })
  const applied = await Promise.all([1, 2, 3].map(() => migrate({ url, directory, logger: collectLogLines() }, never)))
  expect(applied.filter(names => names.length > 0)).toEqual([['0001_first', '0002_second']])
  expect(await database.query('select a, b from one')).toEqual([])
  await writeFile(join(directory, '0003_third.sql'), 'create table three ()')
  expect(await migrate({ url, directory, logger: collectLogLines() }, never)).toEqual(['0003_third'])
})

test('[H9] a migration that fails leaves nothing of its run, and is named', async () => {
  const { url, database } = await openEmpty()
  const directory = await directoryWith({
    '0001_first.sql': 'create table one (a int)',
    '0002_second.sql': 'create table one (a int)',
  })
  const failing = migrate({ url, directory, logger: collectLogLines() }, never)
  await expect(failing).rejects.toMatchObject({
    code: 'failed',
    sqlState: '42P07',
    message: expect.stringMatching(/^migrating .*, 0002_second: .* already exists/),
  })
  expect(await database.query("select to_regclass('one') as one")).toEqual([{ one: null }])
})

test('[H9] a database of a newer version is refused, with its migrations named', async () => {
  const { url } = await openEmpty()
  const newer = await directoryWith({ '0001_first.sql': 'create table one (a int)', '0002_newer.sql': 'create table two ()' })
  const older = await directoryWith({ '0001_first.sql': 'create table one (a int)' })
  await migrate({ url, directory: newer, logger: collectLogLines() }, never)
  const refused = migrate({ url, directory: older, logger: collectLogLines() }, never)
  await expect(refused).rejects.toMatchObject({
    code: 'misconfigured',
    message: expect.stringContaining('a newer zaplog has written this database (0002_newer)'),
  })
})

test('[H4] where nothing is missing nobody is waited for', async () => {
  const { url, database } = await openEmpty()
  const directory = await directoryWith({ '0001_first.sql': 'create table one (a int)' })
  await migrate({ url, directory, logger: collectLogLines() }, never)
  await database.transact(async tx => {
    await tx.query('select pg_advisory_xact_lock($1)', [lockOfRunner])
    expect(await migrate({ url, directory, logger: collectLogLines() }, never)).toEqual([])
  }, never)
})

test('[H9] what is refused because others were in the way is tried again, and whoever looks is told', async () => {
  const { url, database } = await openEmpty()
  await database.query('create sequence tries')
  const directory = await directoryWith({
    '0001_first.sql': `create table one (a int);
      do $$ declare nth bigint := nextval('tries'); begin
        if nth < 3 then raise sqlstate '40P01'; end if;
      end $$`,
  })
  const logger = collectLogLines()
  expect(await migrate({ url, directory, logger }, never)).toEqual(['0001_first'])
  expect(logger.lines.filter(line => line.event === 'database.migration-waits')).toHaveLength(2)
})

test('[H6] an abort ends the wait for another process’s migration', async () => {
  const { url, database } = await openEmpty()
  const directory = await directoryWith({ '0001_first.sql': 'select pg_advisory_lock(9)' })
  const stop = new AbortController()
  await database.transact(async tx => {
    await tx.query('select pg_advisory_xact_lock(9)')
    const waiting = migrate({ url, directory, logger: collectLogLines() }, stop.signal)
    const isWaiting = () =>
      tx.query(
        `select 1 from pg_locks where locktype = 'advisory' and objid = 9 and not granted
           and database = (select oid from pg_database where datname = current_database())`,
      )
    await until('it waits', async () => (await isWaiting()).length > 0)
    stop.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' })
  }, never)
})

test('[H6] an abort ends a migration that has only begun to connect', async () => {
  const { url } = await openEmpty()
  const stop = new AbortController()
  const beginning = migrate({ url, logger: collectLogLines() }, stop.signal)
  setImmediate(() => stop.abort())
  await expect(beginning).rejects.toMatchObject({ code: 'aborted' })
})

async function openEmpty() {
  const opened = await openTestDatabase('migrate', { empty: true })
  onTestFinished(() => opened.close())
  return opened
}

async function directoryWith(files: Readonly<Record<string, string>>): Promise<string> {
  const path = await openTempDir()
  for (const [name, sql] of Object.entries(files)) await writeFile(join(path, name), sql)
  return path
}
