// Guarantee: every sealed value is found and sealed anew, whatever is written beside, and none is replaced by an older one.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import { type SealedColumn, type SealedPage, type SealedPlace, UnknownPlace, unmarked } from '../../src/database/sealed-column.ts'
import { createSealedWalk } from '../../src/database/walk-sealed.ts'
import { sealedColumns } from '../../src/main/sealed-columns.ts'
import { createSealer } from '../../src/runtime/seal.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { fillTables } from '../ground/purge/filled-tables.ts'
import { sealUnmarked } from '../ground/seal-unmarked.ts'

const oldKey = Buffer.alloc(32, 1)
const newKey = Buffer.alloc(32, 2)
const old = createSealer({ current: oldKey, previous: null })
const both = createSealer({ current: newKey, previous: oldKey })
const alone = createSealer({ current: newKey, previous: null })
/** Bytes that are no secret, or are somebody else's to seal. */
const notSealed = [
  'api_outbox.value',
  'appended_parts.digest',
  'log_records.value',
  'message_secrets.author',
  'message_secrets.message',
  'webhook_waiting.value',
  'projection_outbox.value',
  'registry_ids.schema_hash',
  'schemas.schema_hash',
  'sealed_messages.chat',
  'uploads.thumbnail',
  'webhook_outbox.value',
]

let postgres: TestDatabase
beforeEach(async () => {
  postgres = await openTestDatabase('walk sealed')
})
afterEach(() => postgres.close())

const nameOf = ({ table, column }: SealedColumn) => `${table}.${column}`

async function walkAll(
  {
    database = postgres.database,
    sealer = both,
    pageRows = 2,
  }: { database?: Pick<Database, 'query'>; sealer?: typeof both; pageRows?: number },
  how: { reseal: boolean },
): Promise<Pick<SealedPage, 'keys' | 'resealed'> & { pages: number }> {
  const walk = createSealedWalk({ database, sealer, pageRows }, sealedColumns)
  const all = { keys: {} as Record<string, number>, resealed: 0, pages: 0 }
  for (let place: SealedPlace | null = null; ; ) {
    const page: SealedPage = await walk(place, how)
    for (const [id, count] of Object.entries(page.keys)) all.keys[id] = (all.keys[id] ?? 0) + count
    all.resealed += page.resealed
    all.pages += 1
    place = page.next
    if (place === null) return all
  }
}

/** A row of each table with sealed columns, each with its place as its value; answers what is where. */
async function fill(instanceId: string, seal: (plain: string, place: string) => Buffer): Promise<void> {
  const tables = ['instance_ids', 'instance_owners', 'webhook_endpoints', ...new Set(sealedColumns.map(({ table }) => table))]
  await fillTables(postgres.database, instanceId, tables)
  for (const one of sealedColumns) await sealRows(one, seal, `${one.column} is null or octet_length(${one.column}) = 4`)
}

async function sealRows(one: SealedColumn, seal: (plain: string, place: string) => Buffer, where: string): Promise<void> {
  const texts = Object.entries(one.key).map(([name, type]) => (type === 'bytea' ? `encode(${name}, 'hex')` : `${name}::text`))
  const rows = await postgres.database.query<{ id: string; key: string[] }>(
    `select ctid::text as id, array[${texts.join(', ')}] as key from ${one.table} where ${where}`,
  )
  for (const { id, key } of rows) {
    const place = one.place(...key)
    await postgres.database.query(`update ${one.table} set ${one.column} = $2 where ctid = $1::tid`, [id, seal(place, place)])
  }
}

/** Of every column, whether this key opens all of its values to what they were. */
async function openedBy(sealer: typeof both): Promise<Record<string, boolean>> {
  const opened: Record<string, boolean> = {}
  for (const one of sealedColumns) {
    const texts = Object.entries(one.key).map(([name, type]) => (type === 'bytea' ? `encode(${name}, 'hex')` : `${name}::text`))
    const rows = await postgres.database.query<{ key: string[]; sealed: Buffer }>(
      `select array[${texts.join(', ')}] as key, ${one.column} as sealed from ${one.table}`,
    )
    opened[nameOf(one)] =
      rows.length > 0 && rows.every(({ key, sealed }) => sealer.open(sealed, one.place(...key)).toString() === one.place(...key))
  }
  return opened
}

test('[H9] every column of bytes is sealed and says so, or is known to be none', async () => {
  const rows = await postgres.database.query<{ name: string }>(
    `select table_name || '.' || column_name as name from information_schema.columns join information_schema.tables using (table_schema, table_name)
     where table_schema = 'public' and table_type = 'BASE TABLE' and data_type = 'bytea'`,
  )
  expect(rows.map(({ name }) => name).toSorted()).toEqual([...sealedColumns.map(nameOf), ...notSealed].toSorted())
})

test('[H9] all of it is counted by key, sealed anew page by page, and opens with the new key alone', async () => {
  for (const id of ['shop', 'branch', 'stall']) await fill(id, (plain, place) => old.seal(Buffer.from(plain), place))
  await fill('older', (plain, place) => sealUnmarked(oldKey, plain, place))
  const values = 4 * sealedColumns.length
  const before = { [old.keyId]: (values / 4) * 3, [unmarked]: values / 4 }
  expect((await walkAll({}, { reseal: false })).keys).toEqual(before)
  expect(await walkAll({}, { reseal: true })).toMatchObject({ resealed: values, keys: { [both.keyId]: values } })
  expect(await walkAll({}, { reseal: true })).toMatchObject({ resealed: 0, keys: { [both.keyId]: values } })
  expect(await openedBy(alone)).toEqual(Object.fromEntries(sealedColumns.map(one => [nameOf(one), true])))
})

test('[H9] a value that is written between its reading and its sealing stays as it was written', async () => {
  await fill('shop', (plain, place) => old.seal(Buffer.from(plain), place))
  const later = old.seal(Buffer.from('later'), 'auth_creds|shop')
  const database: Pick<Database, 'query'> = {
    query: async (sql, values) => {
      if (sql.includes('for update') && sql.includes('auth_creds'))
        await postgres.database.query('update auth_creds set sealed = $1', [later])
      return postgres.database.query(sql, values)
    },
  }
  const walked = await walkAll({ database }, { reseal: true })
  expect(walked.keys).toEqual({ [old.keyId]: 1, [both.keyId]: sealedColumns.length - 1 })
  expect(await postgres.database.query('select sealed from auth_creds')).toEqual([{ sealed: later }])
})

test('[H9] a row that somebody holds is waited for by nobody, and sealed anew by the next walk', async () => {
  await fill('shop', (plain, place) => old.seal(Buffer.from(plain), place))
  const walked = await postgres.database.transact(async tx => {
    await tx.query('select from auth_keys for update')
    return walkAll({}, { reseal: true })
  }, new AbortController().signal)
  expect(walked.keys).toEqual({ [old.keyId]: 1, [both.keyId]: sealedColumns.length - 1 })
  expect((await walkAll({}, { reseal: true })).keys).toEqual({ [both.keyId]: sealedColumns.length })
})

test('[H9] what no key opens stays, and is counted as what it is', async () => {
  await fill('shop', (plain, place) => old.seal(Buffer.from(plain), place))
  const stranger = createSealer({ current: Buffer.alloc(32, 9), previous: null })
  const lost = stranger.seal(Buffer.from('lost'), 'auth_creds|shop')
  await postgres.database.query('update auth_creds set sealed = $1', [lost])
  expect((await walkAll({}, { reseal: true })).keys).toEqual({ [stranger.keyId]: 1, [both.keyId]: sealedColumns.length - 1 })
  expect(await postgres.database.query('select sealed from auth_creds')).toEqual([{ sealed: lost }])
})

test('[H9] a page is bounded by the rows that it looks at, also where hardly one has a value', async () => {
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) await fill(id, (plain, place) => old.seal(Buffer.from(plain), place))
  const all = await walkAll({}, { reseal: false })
  await postgres.database.query(`update commands set built = null where instance_id <> 'g'`)
  const walked = await walkAll({}, { reseal: true })
  expect(walked).toMatchObject({ pages: all.pages, keys: { [both.keyId]: 7 * sealedColumns.length - 6 } })
})

test('[H9] a place that is none is refused', async () => {
  const walk = createSealedWalk({ database: postgres.database, sealer: both }, sealedColumns)
  for (const place of [
    ['nothing.here'],
    ['auth_keys.sealed', 'shop'],
    ['auth_creds.sealed', 'shop', 'session'],
    ['auth_creds.sealed', 'sh\0p'],
    ['webhook_secrets.sealed', 'ep', 'x'],
    ['webhook_secrets.sealed', 'ep', '9223372036854775808'],
    ['webhook_endpoint_versions.url_sealed', 'ep', '2147483648'],
    ['message_secrets.sealed', 'shop', 'abc', '00'],
  ] as const)
    await expect(walk(place, { reseal: true })).rejects.toBeInstanceOf(UnknownPlace)
})
