// download-media and parts of ours that are away or refuse: no message is failed for them.
import { expect, test } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import type { LogRecord } from '../../src/log/log.ts'
import type { ObjectErrorCode } from '../../src/objects/objects.ts'
import { RegistryError } from '../../src/registry/registry.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { downloadsOf } from '../ground/processors/downloads.ts'
import { handle, never, noRows } from '../ground/processors/media-world.ts'

const logger = collectLogLines()
const { world, message, download } = downloadsOf(logger)

test('[C5] a database that is away pauses; no message is failed for it', async () => {
  const away = new DatabaseError('unreachable', 'remembering: nobody answers')
  const incomingRows = { ...noRows, remember: () => Promise.reject(away) }
  const { outcome } = await handle(world(), world().download({}, { incomingRows }), message())
  expect(outcome).toMatchObject({ kind: 'pause', dependency: 'postgres', delayMs: 1234 })
  expect(await Array.fromAsync(world().truth.list('', never))).toEqual([])
})

test.each<[ObjectErrorCode, 'head' | 'put']>([
  ['unreachable', 'head'],
  ['denied', 'put'],
  ['misconfigured', 'put'],
  ['throttled', 'head'],
])('[C5] storage that is %s at %s pauses; no message is failed for it', async (code, call) => {
  const event = message()
  if (call === 'head') await download(event) // what was begun before is looked for, and nothing else
  world().objects.failing.set(call, code)
  for (const attempt of [1, 9])
    expect((await download(event, attempt)).outcome).toMatchObject({ kind: 'pause', dependency: 'object-store', delayMs: 1234 })
  world().objects.failing.clear()
  expect((await download(event)).events).toMatchObject([{ type: 'media.downloaded' }])
})

test('[C5] storage that refuses one object fails that file alone', async () => {
  world().objects.failing.set('put', 'refused')
  expect((await download(message())).events).toMatchObject([{ reason: 'storage-refused', retryable: false, stage: 'download' }])
})

test('[B8] what cannot be decoded is parked, and a registry that is away or lets nobody in pauses', async () => {
  const record: LogRecord = world().recordOf(message())
  const consumer = world().download()
  expect(await consumer.handle({ ...record, value: Buffer.from('junk') }, 1, never)).toMatchObject({ kind: 'park' })
  expect(await consumer.handle({ ...record, value: null }, 1, never)).toMatchObject({ kind: 'park' })
  const foreign = Buffer.from(record.value ?? [])
  foreign.writeInt32BE(9999, 1)
  expect(await consumer.handle({ ...record, value: foreign }, 1, never)).toMatchObject({ kind: 'park' })
  for (const code of ['unreachable', 'denied', 'misconfigured'] as const) {
    world().registry.outage = new RegistryError(code, 'asking for schema 9999: no answer for us')
    expect(await consumer.handle({ ...record, value: foreign }, 1, never)).toMatchObject({
      kind: 'pause',
      dependency: 'schema-registry',
    })
  }
})
