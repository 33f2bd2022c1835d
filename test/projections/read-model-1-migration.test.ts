// A database whose read model's tables an operator gave rights on: they have them on the views that take the tables' names.
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { migrate } from '../../src/database/migrate.ts'
import { openTestDatabase } from '../ground/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'

const logger = collectLogLines()
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
const migrations = new URL('../../infra/postgres/migrations/', import.meta.url)

it('[H1] rights on the tables of the read model, and on columns of theirs, are rights on its views', async () => {
  const test = await openTestDatabase('read model 1 migration', { empty: true })
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-migrations-'))
  closing.push(test.close, () => rm(directory, { recursive: true }))
  for (const name of await readdir(migrations))
    if (name.slice(0, 4) < '0088') await cp(new URL(name, migrations), join(directory, name))
  await migrate({ url: test.url, logger, directory }, never)
  await test.database.query('grant select on chats to public; grant select (chat_id) on messages to public')
  await migrate({ url: test.url, logger }, never)
  const rights = await test.database.query(
    `select table_schema || '.' || table_name || '.' || column_name as name from information_schema.column_privileges
     where grantee = 'PUBLIC' and table_schema = 'public' and column_name in ('chat_id', 'message_id') order by 1`,
  )
  expect(rights).toEqual([{ name: 'public.chats.chat_id' }, { name: 'public.messages.chat_id' }])
})
