// What nobody completes in time fails, is told once and leaves nothing; what is old is forgotten with what it put.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sampleJpeg } from '../../simulator/media/sample-media.ts'
import { findUpload } from '../../src/instances/uploads.ts'
import { uploadExpiry } from '../../src/processors/uploads/expire-uploads.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/processors/media-world.ts'
import {
  ask,
  depsOf,
  openUploadsWorld,
  prepared,
  settled,
  start,
  told,
  type UploadsWorld,
} from '../ground/processors/uploads-world.ts'

const logger = collectLogLines(['upload.picture-unread', 'upload.voice-unheard'])
let world: UploadsWorld

beforeAll(async () => {
  world = await openUploadsWorld('uploads expire', logger)
  start(world)
})

afterAll(() => world.close())

test('[C13] what nobody completes in time fails, is told once, and its bytes are gone', async () => {
  const row = await ask(world, { sizeBytes: 1 })
  await world.testDatabase.database.query(`update uploads set expires_at = now() - interval '1 second' where upload_id = $1`, [
    row.uploadId,
  ])
  const body = (async function* () {
    yield Buffer.from('x')
  })()
  await world.under.store.put({ key: row.incomingKey, body, contentType: 'image/jpeg', metadata: {} }, never)
  const timer = uploadExpiry(depsOf(world))
  expect(await timer.work(never)).toMatchObject({ fields: { expired: 1 } })
  expect(await timer.work(never)).toBeNull()
  expect(await settled(world, row)).toMatchObject({ state: 'failed', reason: 'expired' })
  expect(await told(world, row.uploadId)).toMatchObject([{ reason: 'expired' }])
  expect(await world.under.store.head(row.incomingKey, never)).toBeNull()
})

test('[C13] what was asked for 30 days ago is forgotten with what it put', async () => {
  const row = await prepared(world, await sampleJpeg(), { mimetype: 'image/jpeg' })
  await world.testDatabase.database.query(`update uploads set asked_at = now() - interval '31 days' where upload_id = $1`, [
    row.uploadId,
  ])
  await uploadExpiry(depsOf(world)).work(never)
  expect(await findUpload(world.testDatabase.database, 'shop', row.uploadId)).toBeNull()
  expect(await world.under.store.head(row.file?.objectKey ?? '', never)).toBeNull()
})
