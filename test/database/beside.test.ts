// Guarantee: a process works with a database exactly as long as it knows what the migrations in it demand, whoever applied them, whenever it connected.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ownMigrations, runsFromOf } from '../../src/database/compare-migrations.ts'
import { migrate } from '../../src/database/migrate.ts'
import { openPostgres } from '../../src/database/postgres.ts'
import { openSession } from '../../src/database/session.ts'
import { createVersionStanding } from '../../src/main/version-standing.ts'
import { openTempDir } from '../ground/database/temp-dir.ts'
import { openTestDatabase } from '../ground/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
const first = await readFile(join(ownMigrations, '0239_beside.sql'), 'utf8')

/** `version(sql…)`: the migrations of one, each of which has one more than the one before. */
async function openEmpty() {
  const { url, database, close } = await openTestDatabase('beside', { empty: true })
  onTestFinished(close)
  const logger = collectLogLines()
  const version = async (...further: readonly string[]) => {
    const directory = await openTempDir()
    for (const [n, sql] of [first, ...further].entries()) await writeFile(join(directory, `000${n + 1}_step.sql`), sql)
    return { start: () => migrate({ url, directory, logger }, never) }
  }
  const connect = async (knows: number, applicationName = 'zaplog webhooks') => {
    const opened = await openPostgres({ url, poolSize: 1, applicationName, knows, logger, lockTimeoutMs: 60_000 })
    onTestFinished(opened.close)
    return opened
  }
  return { url, database, logger, version, connect }
}

test.each([
  ['leaves all running', ['-- beside: all\nselect 1'], true],
  ['leaves nobody running', ['-- beside: none\nselect 1'], false],
  ['says nothing', ['select 1'], false],
  ['leaves the one before running, and the next leaves all', ['-- beside: 0001\nselect 1', '-- beside: all\nselect 1'], true],
  ['leaves all running, and the next those alone that know it', ['-- beside: all\nselect 1', '-- beside: 0002\nselect 1'], false],
])('[H9] on what a newer version did that %s, an older one starts: %#', async (_, further, starts) => {
  const { version, connect } = await openEmpty()
  const [older, newer] = [await version(), await version(...further)]
  await older.start()
  await newer.start()
  if (starts) {
    expect(await older.start()).toEqual([])
    await (await connect(1)).query('select 1')
  } else {
    await expect(older.start()).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringMatching(/a newer zaplog has written this database \(0002_step.*run that version or later/),
    })
    await expect(connect(1)).rejects.toMatchObject({ name: 'OutdatedProcess', code: 'misconfigured', retryable: false })
  }
})

test('[H9] what leaves older processes running is applied beside them', async () => {
  const { version, connect, database } = await openEmpty()
  await (await version()).start()
  const old = await connect(1)
  await old.query('select 1')
  expect(await (await version('-- beside: all\ncreate table two (a int)')).start()).toEqual(['0002_step'])
  await old.query('select 1')
  await (await connect(1)).query('select 1')
  expect(await database.query('select name, runs_from from zaplog_migrations order by id')).toEqual([
    { name: '0001_step', runs_from: 1 },
    { name: '0002_step', runs_from: 0 },
  ])
})

test('[H9] what does not is refused while older sessions are there, which are named, and changes nothing', async () => {
  const { url, version, connect, database, logger } = await openEmpty()
  await (await version()).start()
  const newer = await version('-- beside: none\ncreate table two (a int)')
  const older = await connect(1)
  await older.query('select 1')
  const silent = await openPostgres({ url, poolSize: 1, applicationName: 'zaplog deliveries', logger })
  onTestFinished(silent.close)
  await expect(newer.start()).rejects.toMatchObject({
    name: 'OlderStillRun',
    retryable: true,
    message: expect.stringMatching(
      /0002_step.* a zaplog at \S+ \(zaplog webhooks\), which knows migrations up to 0001; a zaplog at \S+ \(zaplog deliveries\), of an earlier version/,
    ),
  })
  expect(await database.query(`select to_regclass('two') as two`)).toEqual([{ two: null }])
  await Promise.all([older.close(), silent.close()])
  expect(await newer.start()).toEqual(['0002_step'])
})

test('[H9] those of the new version are not in its way', async () => {
  const { version, connect } = await openEmpty()
  await (await version()).start()
  await (await connect(2)).query('select 1')
  expect(await (await version('-- beside: none\nselect 1')).start()).toEqual(['0002_step'])
})

test('[H9] a process whose connections were cut is refused once it connects again, and is not live', async () => {
  const { url, version, connect, database, logger } = await openEmpty()
  await (await version()).start()
  const old = await connect(1)
  const standing = createVersionStanding({ logger })
  await standing.look(() => old.query('select 1'))
  expect(standing.checks()).toEqual([])
  await database.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'zaplog webhooks'`)
  await until('its connections to be gone', async () => {
    const left = await database.query(
      `select from pg_stat_activity where application_name = 'zaplog webhooks' and datname = current_database()`,
    )
    return left.length === 0
  })
  await (await version('-- beside: none\nselect 1')).start()
  const refused = { name: 'OutdatedProcess', message: expect.stringContaining('this one knows those up to 0001') }
  await until('it to be refused', () =>
    standing
      .look(() => old.query('select 1'))
      .then(
        () => false,
        error => error.name === 'OutdatedProcess',
      ),
  )
  await expect(openSession({ url, applicationName: 'zaplog listen', knows: 1 }, never)).rejects.toMatchObject(refused)
  await expect(old.query('select 1')).rejects.toMatchObject(refused)
  expect(standing.checks()).toEqual([{ name: 'version', state: 'failed', detail: expect.stringContaining('stop it') }])
})

test('[H9] whoever connects while that is applied waits for its end, and is judged by it', async () => {
  const { version, connect, database } = await openEmpty()
  await (await version()).start()
  const newer = await version('-- beside: none\nselect pg_advisory_lock(9)')
  const waitsFor = (name: string) =>
    until(`${name} to wait`, async () => {
      const waiting = await database.query(
        `select from pg_stat_activity where datname = current_database() and application_name = $1 and wait_event = 'advisory'`,
        [name],
      )
      return waiting.length > 0
    })
  const { applying, connecting } = await database.transact(async tx => {
    await tx.query('select pg_advisory_xact_lock(9)')
    const applying = newer.start()
    await waitsFor('zaplog migrate')
    const connecting = connect(1)
    connecting.catch(() => undefined)
    await waitsFor('zaplog webhooks')
    return { applying, connecting }
  }, never)
  expect(await applying).toEqual(['0002_step'])
  await expect(connecting).rejects.toMatchObject({ name: 'OutdatedProcess' })
})

test('[H9] a first line that says something else is no migration', () => {
  for (const said of ['sure', '0003', '3', ''])
    expect(() => runsFromOf('0003_step', `-- beside: ${said}\nselect 1`)).toThrow('reading migration 0003_step')
})
