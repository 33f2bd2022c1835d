// A file is at WhatsApp once, however many chats it goes to, and what one of its hosts refuses is mended by another within the same try.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ObjectError } from '../../src/objects/objects.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { askFor } from '../ground/producers/commands.ts'
import {
  aPerson,
  beginAnew,
  contentOf,
  done,
  eventOf,
  expectShownOnce,
  openSentFiles,
  posts,
  type SentFiles,
  sendImage,
  someBytes,
  statuses,
} from '../ground/producers/sent-files.ts'
import { aReadyUpload } from '../ground/producers/uploads.ts'

const logger = collectLogLines()
let files: SentFiles
beforeAll(async () => {
  files = await openSentFiles('files uploaded', logger)
})
beforeEach(() => beginAnew(files))
afterAll(() => files.rig.close())

test('[F1] [C13] one upload in several chats at once, and in one more later, is at WhatsApp once', async () => {
  const bytes = someBytes()
  const uploadId = await aReadyUpload(files.rig, bytes)
  const all = []
  for (let nth = 0; nth < 6; nth++) all.push(await sendImage(files, uploadId))
  for (const asked of all) await done(files, asked)
  const later = await sendImage(files, uploadId)
  await done(files, later)
  expect(statuses(files)).toEqual([200])
  for (const { messageId } of [...all, later]) expect(files.device.fileShown(messageId).equals(bytes)).toBe(true)
  expect(new Set(all.map(({ messageId }) => messageId)).size).toBe(6)
})

test('[F1] [C13] many files at once are as many uploads, and texts beside them do not wait for all', async () => {
  const uploads = []
  for (let nth = 0; nth < 12; nth++) uploads.push(await aReadyUpload(files.rig, someBytes()))
  const all = await Promise.all(uploads.map(uploadId => sendImage(files, uploadId)))
  await done(files, await askFor(files.rig, { chatId: aPerson(files).lidJid, text: 'beside' }))
  for (const asked of all) await done(files, asked)
  expect(statuses(files)).toEqual(uploads.map(() => 200))
})

test('[F1] [C13] a word that is not believed any more is renewed once, within the same try', async () => {
  await done(files, await sendImage(files, await aReadyUpload(files.rig, someBytes())))
  files.rig.simulator.cdn.renewAuth()
  const asked = await sendImage(files, await aReadyUpload(files.rig, someBytes()))
  await done(files, asked)
  expect(statuses(files)).toEqual([200, 401, 200])
})

test.each([
  ['500', { kind: 'status', status: 500 }],
  ['429', { kind: 'status', status: 429 }],
  ['a cut in the middle', { kind: 'reset', atByte: 60_000 }],
  ['silence in the middle', { kind: 'stall', atByte: 60_000 }],
  ['nonsense', { kind: 'nonsense' }],
] as const)('[F1] [C13] %s of one host is mended by the next one, within the same try', async (_what, fault) => {
  const bytes = someBytes()
  const untaken = () => logger.lines.filter(({ event }) => event === 'upload.not-taken').length
  const before = untaken()
  files.rig.simulator.cdn.faultUploads(fault, 1)
  const asked = await sendImage(files, await aReadyUpload(files.rig, bytes))
  expect(await done(files, asked)).toMatchObject({ tries: 1 })
  expect(posts(files)).toHaveLength(2)
  expect(untaken()).toBe(before)
  expect(files.device.fileShown(asked.messageId).equals(bytes)).toBe(true)
})

test('[F1] [C13] what no host takes for now is tried three times, and its chat goes on then', async () => {
  const ana = aPerson(files)
  files.rig.simulator.cdn.faultUploads({ kind: 'status', status: 503 })
  const asked = await sendImage(files, await aReadyUpload(files.rig, someBytes()), {}, ana.lidJid)
  const after = await askFor(files.rig, { chatId: ana.lidJid, text: 'after' })
  expect(await eventOf(files, 'command.failed', asked)).toMatchObject({
    ...{ reason: 'media-upload-failed', code: '503', tries: 0 },
    reasonText: expect.stringContaining('503'),
  })
  expect(statuses(files)).toEqual(Array.from({ length: 6 }, () => 503))
  await done(files, after)
  expect(contentOf(files, asked)).toBeUndefined()
})

test('[F1] [C13] what is refused for good has failed with its code at once', async () => {
  files.rig.simulator.cdn.faultUploads({ kind: 'status', status: 413 })
  const asked = await sendImage(files, await aReadyUpload(files.rig, someBytes()))
  expect(await eventOf(files, 'command.failed', asked)).toMatchObject({ reason: 'media-upload-failed', code: '413', tries: 0 })
  expect(await eventOf(files, 'upload.failed', asked)).toMatchObject({
    reason: 'not-sent',
    reasonText: expect.stringContaining('413'),
  })
  expect(statuses(files)).toEqual([413])
})

test('[F1] [C13] while our store does not give a file for the second time, no host is blamed, none is tried after it, and it goes out once it does', async () => {
  const bytes = someBytes()
  const uploadId = await aReadyUpload(files.rig, bytes)
  let reads = 0
  const get = files.rig.objects.get
  files.rig.objects.get = async (of, signal) => {
    if (of.key === `prepared/${uploadId}` && ++reads % 2 === 0 && reads <= 8)
      throw new ObjectError('unreachable', 'reading an object: connection refused')
    return await get(of, signal)
  }
  const asked = await sendImage(files, uploadId)
  // More often than WhatsApp's servers may fail.
  expect(await done(files, asked)).toMatchObject({ tries: 1 })
  files.rig.objects.get = get
  expect(files.device.fileShown(asked.messageId).equals(bytes)).toBe(true)
  expect(statuses(files).filter(status => status === 200)).toEqual([200])
  expect(posts(files).length).toBeLessThanOrEqual(5)
})

test('[F1] [C13] a file that goes from the store between its two readings has failed in words', async () => {
  const uploadId = await aReadyUpload(files.rig, someBytes())
  const get = files.rig.objects.get
  files.rig.objects.get = async (of, signal) => {
    const found = await get(of, signal)
    if (of.key === `prepared/${uploadId}`) files.rig.objects.stored.delete(of.key)
    return found
  }
  const asked = await sendImage(files, uploadId)
  expect(await eventOf(files, 'command.failed', asked)).toMatchObject({
    ...{ reason: 'invalid', reasonText: 'Its file is not in the store any more.', tries: 0 },
  })
  files.rig.objects.get = get
})

test('[F1] no phone was shown two contents under one id, and no stanza was sent twice', () => {
  expectShownOnce(files)
})
