// What a fixture keeps of a database comes back whole, in whichever schema its tables are, over whatever migrations wrote there.
import { afterAll, expect, test } from 'vitest'
import { openTestDatabase } from '../ground/database.ts'
import { dumpPostgres, restorePostgres } from './postgres-dump.ts'

const original = await openTestDatabase('kept original')
const restored = await openTestDatabase('kept restored', { empty: true })
afterAll(async () => {
  await original.close()
  await restored.close()
})

test('[I2] a dump of a restored database is the dump that it was restored from', async () => {
  await original.database.query(`insert into chats values ('shop', '1@g.us', true, now(), 1, 1, 'x')`)
  await original.database.query("update projection_live set since = since - interval '1 day'")
  const dump = await dumpPostgres(original.url)
  expect(dump.tables.find(({ rows }) => rows.some(row => row.includes('1@g.us')))?.name).toBe('read_model_1.chats')
  await restorePostgres(restored.url, dump)
  expect(await dumpPostgres(restored.url)).toEqual(dump)
})
