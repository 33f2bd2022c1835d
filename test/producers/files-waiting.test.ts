// A file that is still prepared holds its chat alone, and one that cannot be sent has failed in words; what waits for a file waits for nothing else.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { cancelCommands } from '../../src/instances/cancel-commands.ts'
import { createWaitingFiles } from '../../src/producers/commands/waiting-files.ts'
import { createMediaConnection } from '../../src/producers/upload/media-connection.ts'
import { createFileUploads } from '../../src/producers/upload/upload.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { askFor, shownTexts, untilRow } from '../ground/producers/commands.ts'
import {
  aPerson,
  beginAnew,
  done,
  eventOf,
  expectShownOnce,
  openSentFiles,
  posts,
  type SentFiles,
  sendImage,
  someBytes,
} from '../ground/producers/sent-files.ts'
import { anUpload, aReadyUpload, makeReady, spoil } from '../ground/producers/uploads.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let files: SentFiles
beforeAll(async () => {
  files = await openSentFiles('files waiting', logger)
})
beforeEach(() => beginAnew(files))
afterAll(() => {
  expectShownOnce(files)
  return files.rig.close()
})

test('[F1] [C13] a file that is still prepared holds its chat alone, and goes out as soon as it is ready, before what came after it', async () => {
  const [ana, bia] = [aPerson(files), aPerson(files)]
  const [bytes, uploadId] = [someBytes(), await anUpload(files.rig)]
  const asked = await sendImage(files, uploadId, {}, ana.lidJid)
  await untilRow(files.rig, asked, 'waiting', row => row.state === 'accepted' && row.due_at !== null)
  const after = await askFor(files.rig, { chatId: ana.lidJid, text: 'after' })
  await done(files, await askFor(files.rig, { chatId: bia.lidJid, text: 'beside' }))
  expect(posts(files)).toEqual([])
  await makeReady(files.rig, uploadId, bytes)
  await done(files, after)
  const inChat = shownTexts(files.device).filter(({ chat }) => chat === ana.lidJid)
  expect(inChat.map(({ messageId }) => messageId)).toEqual([asked.messageId, after.messageId])
  expect(files.device.fileShown(asked.messageId).equals(bytes)).toBe(true)
  expect(await done(files, asked)).toMatchObject({ tries: 1 })
})

test('[F1] [C13] a file that turns out not to be one has failed in its words, and its chat goes on', async () => {
  const ana = aPerson(files)
  const uploadId = await anUpload(files.rig)
  const asked = await sendImage(files, uploadId, {}, ana.lidJid)
  await untilRow(files.rig, asked, 'waiting', row => row.state === 'accepted' && row.due_at !== null)
  const after = await askFor(files.rig, { chatId: ana.lidJid, text: 'after' })
  await spoil(files.rig, uploadId, 'It is no image.')
  expect(await eventOf(files, 'command.failed', asked)).toMatchObject({
    reason: 'invalid',
    reasonText: 'It is no image.',
    tries: 0,
  })
  await done(files, after)
  // Whoever prepared it told that.
  expect((await files.rig.eventsOf('upload.failed')).filter(event => event.uploadId === uploadId)).toEqual([])
})

test('[F1] [C13] what is gone from the store, is another file by now, or is another instance’s has failed, and nothing of it was uploaded', async () => {
  const [gone, changed] = [await aReadyUpload(files.rig, someBytes()), await aReadyUpload(files.rig, someBytes())]
  files.rig.objects.stored.delete(`prepared/${gone}`)
  files.rig.objects.stored.set(`prepared/${changed}`, someBytes())
  const another = await aReadyUpload(files.rig, someBytes(), { instanceId: 'second' })
  for (const uploadId of [gone, changed, another]) {
    const asked = await sendImage(files, uploadId)
    expect(await eventOf(files, 'command.failed', asked)).toMatchObject({ reason: 'invalid', code: null, tries: 0 })
  }
  expect(posts(files)).toEqual([])
})

test('[F1] [C13] however many of an account wait for its turn to upload, they wait for one', async () => {
  const ended = new AbortController()
  let held = 0
  const gone = new Promise<null>(resolve => ended.signal.addEventListener('abort', () => resolve(null)))
  const get = () => {
    held += 1
    return gone
  }
  const { database, sealer } = files.rig
  const deps = { objects: { get }, sealer, cdnUrl: null, times: { idleMs: 300, totalMs: 300 }, clock: Date.now, logger }
  const uploads = createFileUploads({ ...deps, database: database.database })
  const connection = createMediaConnection(() => Promise.reject(new Error('nobody asks')), Date.now)
  const ready: string[] = []
  for (let nth = 0; nth < 5; nth += 1) ready.push(await aReadyUpload(files.rig, someBytes()))
  const bring = (uploadId: string) =>
    uploads.bring({ instanceId: 'first', commandId: uploadId, uploadId, kind: 'image', connection }, ended.signal)
  const first = ready.slice(0, 2).map(bring)
  await until('all places to be held', () => held === 2)
  const others = await Promise.all(ready.slice(2).map(bring))
  expect(new Set(others.map(one => (one.is === 'busy' ? one.until : one.is))).size).toBe(1)
  ended.abort()
  await Promise.allSettled(first)
})

test('[F1] [C13] what has waited for a file, and waits for something else by now, is not hurried by it', async () => {
  const owned = { instanceId: 'elsewhere', epoch: 1 }
  const asked = await askFor(files.rig, { chatId: '5511900000160@s.whatsapp.net' }, { instanceId: 'elsewhere' })
  const { query } = files.rig.database.database
  await query("update commands set due_at = now() + interval '10 minutes' where command_id = $1", [asked.commandId])
  let rings = 0
  const waiting = createWaitingFiles({ database: files.rig.database.database, owned, ring: () => (rings += 1) })
  const isDue = async () => {
    await waiting.wake()
    const [row] = await query<{ due: boolean }>('select due_at <= now() as due from commands where command_id = $1', [
      asked.commandId,
    ])
    return row?.due
  }
  const turn = Promise.withResolvers<void>()
  waiting.until(asked.commandId, turn.promise)
  waiting.claimed(asked.commandId)
  turn.resolve()
  await until('it to ring', () => rings === 1)
  expect(await isDue()).toBe(false)
  waiting.until(asked.commandId, Promise.resolve())
  await until('it to ring', () => rings === 2)
  expect(await isDue()).toBe(true)
})

test('[F1] [C13] what brings a file stops once its command is cancelled, and goes on at every other ring', async () => {
  const uploadId = await anUpload(files.rig)
  const asked = await sendImage(files, uploadId)
  const waiting = createWaitingFiles({
    database: files.rig.database.database,
    owned: { instanceId: 'first', epoch: 1 },
    ring: () => null,
  })
  let isStopped = false
  const brought = waiting.whileWanted(asked.commandId, async wanted => {
    wanted.addEventListener('abort', () => (isStopped = true))
    await until('it to stop', () => isStopped)
    wanted.throwIfAborted()
    return 'brought'
  })
  const ring = async () => {
    waiting.heard()
    await waiting.wake()
    return isStopped
  }
  expect(await ring()).toBe(false)
  const { database } = files.rig.database
  const outcome = { type: 'command.failed', at: 1, reason: 'cancelled', reasonText: '', code: null } as const
  await cancelCommands(database, { instanceId: 'first', commandId: asked.commandId, outcome, limit: 1 })
  expect(await ring()).toBe(true)
  expect(await brought).toBeNull()
  await spoil(files.rig, uploadId, 'nobody sends it')
})
