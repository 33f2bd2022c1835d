// Guarantee: the doctor says how many of the files that messages name a bucket lacks, and nothing of a database that names none.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lookForFiles } from '../../src/main/examine-files.ts'
import { openFilesystemStore } from '../../src/objects/filesystem.ts'
import { never } from '../../src/runtime/or-abort.ts'
import { openTestDatabase } from '../ground/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()

test('[H9] [H7] of a bucket that was restored in part the files that are missing are counted; an empty database names none', async () => {
  const { database, close } = await openTestDatabase('examine files')
  const empty = await openTestDatabase('examine no files', { empty: true })
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-examine-files-'))
  onTestFinished(async () => {
    await close()
    await empty.close()
    await rm(directory, { recursive: true, force: true })
  })
  const store = await openFilesystemStore({
    directory,
    publicUrl: 'http://127.0.0.1:7070',
    signingKey: Buffer.alloc(32, 1),
    logger,
  })
  const look = (its = database) => lookForFiles({ database: its, store, random: () => 0 }, never)
  expect(await look(empty.database)).toEqual([])
  expect(await look()).toEqual([])
  await database.query(
    `insert into read_model_1.media (source_event_id, instance_id, round, rank, status, kind, key, thumbnail_key, occurred_at, changed_by_event)
     values ('1', 'shop', 1, 3, 'stored', 'image', 'one', 'one.thumbnail', now(), 'e'), ('2', 'shop', 1, 3, 'stored', 'image', 'two', null, now(), 'e'),
       ('3', 'shop', 1, 3, 'failed', 'image', null, null, now(), 'e')`,
  )
  const put = (key: string) => store.put({ key, body: bytes(), contentType: 'image/jpeg', metadata: {} }, never)
  await put('one')
  expect(await look()).toMatchObject([
    { state: 'warn', found: 'the bucket lacks 2 of 3 objects that messages name: their links answer 404' },
  ])
  await put('two')
  await put('one.thumbnail')
  expect(await look()).toMatchObject([{ state: 'ok', mend: null }])
})

async function* bytes(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('a file')
}
