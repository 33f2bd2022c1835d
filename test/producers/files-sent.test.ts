// Files that an account sends: at WhatsApp before their message is built, once however often that is tried, and what phones show of them.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { SimDevice } from '../../simulator/accounts/device.ts'
import { DatabaseError } from '../../src/database/database.ts'
import type { EventOf, EventType } from '../../src/events/event.ts'
import { cancelCommands } from '../../src/instances/cancel-commands.ts'
import { ObjectError } from '../../src/objects/objects.ts'
import { sentFilesIn } from '../../src/processors/download/sent-files.ts'
import { createWaitingFiles } from '../../src/producers/commands/waiting-files.ts'
import { createMediaConnection } from '../../src/producers/upload/media-connection.ts'
import { createFileUploads } from '../../src/producers/upload/upload.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { type Asked, askFor, shownTexts, untilRow } from '../ground/producers/commands.ts'
import { openRig, type Rig, testConfig } from '../ground/producers/rig.ts'
import { anUpload, aReadyUpload, makeReady, spoil } from '../ground/producers/uploads.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
let device: SimDevice
beforeAll(async () => {
  rig = await openRig('files sent', logger)
  await rig.start({ commandTimes: { retryMs: 30, fileMs: 3_600_000 }, uploadTimes: { idleMs: 300 } })
  device = await rig.pair('first')
})
afterAll(() => rig.close())

let people = 0
/** One whom no other test writes to. */
const aPerson = () => rig.simulator.contact({ pn: `55119000001${String(++people).padStart(2, '0')}`, name: `Person ${people}` })
let seen = 0
beforeEach(() => {
  seen = rig.simulator.cdn.hits().length
  rig.simulator.cdn.faultUploads(null)
})
/** Of this test. */
const posts = () =>
  rig.simulator.cdn
    .hits()
    .slice(seen)
    .filter(({ method }) => method === 'POST')
const statuses = () => posts().map(({ status }) => status)
const eventOf = <Type extends EventType>(type: Type, { commandId }: Asked) =>
  until(`${type} of the command`, async () => {
    const found = (await rig.eventsOf(type)).find(event => 'commandId' in event && event.commandId === commandId)
    return found as EventOf<Type> | undefined
  })
const done = (asked: Asked) => eventOf('command.completed', asked)
const contentOf = ({ messageId }: Asked) => device.shown().find(one => one.messageId === messageId)?.content
/** Longer than a block of a hundred kilobytes, and no multiple of anything. */
const someBytes = () => randomBytes(123_457)
const sendImage = async (uploadId: string, more: object = {}, chatId: string = aPerson().lidJid) =>
  askFor(rig, { chatId, kind: 'image', media: { uploadId }, ...more })

test.each([
  ['image', { mimetype: 'image/png', width: 4, height: 3 }, 'imageMessage', '/mms/image/'],
  ['video', { mimetype: 'video/mp4', width: 4, height: 3, durationSeconds: 7 }, 'videoMessage', '/mms/video/'],
  ['gif', { mimetype: 'video/mp4', durationSeconds: 2 }, 'videoMessage', '/mms/video/'],
  ['ptv', { mimetype: 'video/mp4', durationSeconds: 9 }, 'ptvMessage', '/mms/video/'],
  ['audio', { mimetype: 'audio/mpeg', durationSeconds: 60 }, 'audioMessage', '/mms/audio/'],
  ['voice', { mimetype: 'audio/ogg; codecs=opus', durationSeconds: 3 }, 'audioMessage', '/mms/audio/'],
  ['document', { mimetype: 'application/pdf', fileName: 'nota.pdf', pages: 2 }, 'documentMessage', '/mms/document/'],
  ['sticker', { mimetype: 'image/webp', width: 512, height: 512 }, 'stickerMessage', '/mms/image/'],
] as const)(
  '[F1] [C13] of kind %s reach the chat byte for byte, and are told as any message with a file',
  async (kind, said, field, path) => {
    const bytes = someBytes()
    const uploadId = await aReadyUpload(rig, bytes, { kind, ...said })
    const asked = await askFor(rig, { chatId: aPerson().lidJid, kind, media: { uploadId } })
    await done(asked)
    expect(device.fileShown(asked.messageId).equals(bytes)).toBe(true)
    expect(contentOf(asked)).toHaveProperty(field)
    expect(posts().map(({ path }) => path.slice(0, path.lastIndexOf('/') + 1))).toEqual([path])
    const sent = await eventOf('message.sent', asked)
    expect(sent).toMatchObject({ kind, source: 'api', media: { ...said, sizeBytes: bytes.length } })
    expect(sent.mediaSource).toMatchObject({ directPath: expect.stringMatching(/^\/v\//), sizeBytes: bytes.length })
    expect(sent.mediaSource?.mediaKey).toHaveLength(32)
    const upload = await sentFilesIn(rig.database.database)(sent as { instanceId: string; commandId: string })
    expect(upload).toMatchObject({ sizeBytes: bytes.length, sha256: sent.mediaSource?.sha256?.toString('hex') })
    expect(await eventOf('upload.completed', asked)).toMatchObject({
      ...{ uploadId, kind, mimetype: said.mimetype, sizeBytes: bytes.length, messageId: asked.messageId, chatId: asked.chatId },
    })
  },
)

test('[F1] a caption, a mention and once alone go with it', async () => {
  const uploadId = await aReadyUpload(rig, someBytes())
  const mentions = ['100000000000077@lid']
  const asked = await sendImage(uploadId, { caption: 'oi @100000000000077', mentions, viewOnce: true })
  await done(asked)
  expect(await eventOf('message.sent', asked)).toMatchObject({
    kind: 'image',
    text: 'oi @100000000000077',
    viewOnce: true,
    mentions,
  })
})

test('[F1] [C13] a file that is still prepared holds its chat alone, and goes out as soon as it is ready, before what came after it', async () => {
  const [ana, bia] = [aPerson(), aPerson()]
  const [bytes, uploadId] = [someBytes(), await anUpload(rig)]
  const asked = await sendImage(uploadId, {}, ana.lidJid)
  await untilRow(rig, asked, 'waiting', row => row.state === 'accepted' && row.due_at !== null)
  const after = await askFor(rig, { chatId: ana.lidJid, text: 'after' })
  await done(await askFor(rig, { chatId: bia.lidJid, text: 'beside' }))
  expect(posts()).toEqual([])
  await makeReady(rig, uploadId, bytes)
  await done(after)
  const inChat = shownTexts(device).filter(({ chat }) => chat === ana.lidJid)
  expect(inChat.map(({ messageId }) => messageId)).toEqual([asked.messageId, after.messageId])
  expect(device.fileShown(asked.messageId).equals(bytes)).toBe(true)
  expect(await done(asked)).toMatchObject({ tries: 1 })
})

test('[F1] [C13] a file that turns out not to be one has failed in its words, and its chat goes on', async () => {
  const ana = aPerson()
  const uploadId = await anUpload(rig)
  const asked = await sendImage(uploadId, {}, ana.lidJid)
  await untilRow(rig, asked, 'waiting', row => row.state === 'accepted' && row.due_at !== null)
  const after = await askFor(rig, { chatId: ana.lidJid, text: 'after' })
  await spoil(rig, uploadId, 'It is no image.')
  expect(await eventOf('command.failed', asked)).toMatchObject({ reason: 'invalid', reasonText: 'It is no image.', tries: 0 })
  await done(after)
  // Whoever prepared it told that.
  expect((await rig.eventsOf('upload.failed')).filter(event => event.uploadId === uploadId)).toEqual([])
})

test('[F1] [C13] what is gone from the store, is another file by now, or is another instance’s has failed, and nothing of it was uploaded', async () => {
  const [gone, changed] = [await aReadyUpload(rig, someBytes()), await aReadyUpload(rig, someBytes())]
  rig.objects.stored.delete(`prepared/${gone}`)
  rig.objects.stored.set(`prepared/${changed}`, someBytes())
  const another = await aReadyUpload(rig, someBytes(), { instanceId: 'second' })
  for (const uploadId of [gone, changed, another]) {
    const asked = await sendImage(uploadId)
    expect(await eventOf('command.failed', asked)).toMatchObject({ reason: 'invalid', code: null, tries: 0 })
  }
  expect(posts()).toEqual([])
})

test('[F1] [C13] one upload in several chats at once, and in one more later, is at WhatsApp once', async () => {
  const bytes = someBytes()
  const uploadId = await aReadyUpload(rig, bytes)
  const all = []
  for (let nth = 0; nth < 6; nth++) all.push(await sendImage(uploadId))
  for (const asked of all) await done(asked)
  const later = await sendImage(uploadId)
  await done(later)
  expect(statuses()).toEqual([200])
  for (const { messageId } of [...all, later]) expect(device.fileShown(messageId).equals(bytes)).toBe(true)
  expect(new Set(all.map(({ messageId }) => messageId)).size).toBe(6)
})

test('[F1] [C13] many files at once are as many uploads, and texts beside them do not wait for all', async () => {
  const uploads = []
  for (let nth = 0; nth < 12; nth++) uploads.push(await aReadyUpload(rig, someBytes()))
  const all = await Promise.all(uploads.map(uploadId => sendImage(uploadId)))
  await done(await askFor(rig, { chatId: aPerson().lidJid, text: 'beside' }))
  for (const asked of all) await done(asked)
  expect(statuses()).toEqual(uploads.map(() => 200))
})

test('[F1] [C13] a word that is not believed any more is renewed once, within the same try', async () => {
  await done(await sendImage(await aReadyUpload(rig, someBytes())))
  rig.simulator.cdn.renewAuth()
  const asked = await sendImage(await aReadyUpload(rig, someBytes()))
  await done(asked)
  expect(statuses()).toEqual([200, 401, 200])
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
  rig.simulator.cdn.faultUploads(fault, 1)
  const asked = await sendImage(await aReadyUpload(rig, bytes))
  expect(await done(asked)).toMatchObject({ tries: 1 })
  expect(posts()).toHaveLength(2)
  expect(untaken()).toBe(before)
  expect(device.fileShown(asked.messageId).equals(bytes)).toBe(true)
})

test('[F1] [C13] what no host takes for now is tried three times, and its chat goes on then', async () => {
  const ana = aPerson()
  rig.simulator.cdn.faultUploads({ kind: 'status', status: 503 })
  const asked = await sendImage(await aReadyUpload(rig, someBytes()), {}, ana.lidJid)
  const after = await askFor(rig, { chatId: ana.lidJid, text: 'after' })
  expect(await eventOf('command.failed', asked)).toMatchObject({
    ...{ reason: 'media-upload-failed', code: '503', tries: 0 },
    reasonText: expect.stringContaining('503'),
  })
  expect(statuses()).toEqual(Array.from({ length: 6 }, () => 503))
  await done(after)
  expect(contentOf(asked)).toBeUndefined()
})

test('[F1] [C13] what is refused for good has failed with its code at once', async () => {
  rig.simulator.cdn.faultUploads({ kind: 'status', status: 413 })
  const asked = await sendImage(await aReadyUpload(rig, someBytes()))
  expect(await eventOf('command.failed', asked)).toMatchObject({ reason: 'media-upload-failed', code: '413', tries: 0 })
  expect(await eventOf('upload.failed', asked)).toMatchObject({ reason: 'not-sent', reasonText: expect.stringContaining('413') })
  expect(statuses()).toEqual([413])
})

test('[F1] [C13] while our store does not give a file for the second time, no host is blamed, none is tried after it, and it goes out once it does', async () => {
  const bytes = someBytes()
  const uploadId = await aReadyUpload(rig, bytes)
  let reads = 0
  const get = rig.objects.get
  rig.objects.get = async (of, signal) => {
    if (of.key === `prepared/${uploadId}` && ++reads % 2 === 0 && reads <= 8)
      throw new ObjectError('unreachable', 'reading an object: connection refused')
    return await get(of, signal)
  }
  const asked = await sendImage(uploadId)
  // More often than WhatsApp's servers may fail.
  expect(await done(asked)).toMatchObject({ tries: 1 })
  rig.objects.get = get
  expect(device.fileShown(asked.messageId).equals(bytes)).toBe(true)
  expect(statuses().filter(status => status === 200)).toEqual([200])
  expect(posts().length).toBeLessThanOrEqual(5)
})

test('[F1] [C13] a file that goes from the store between its two readings has failed in words', async () => {
  const uploadId = await aReadyUpload(rig, someBytes())
  const get = rig.objects.get
  rig.objects.get = async (of, signal) => {
    const found = await get(of, signal)
    if (of.key === `prepared/${uploadId}`) rig.objects.stored.delete(of.key)
    return found
  }
  const asked = await sendImage(uploadId)
  expect(await eventOf('command.failed', asked)).toMatchObject({
    ...{ reason: 'invalid', reasonText: 'Its file is not in the store any more.', tries: 0 },
  })
  rig.objects.get = get
})

test('[F1] [C13] however many of an account wait for its turn to upload, they wait for one', async () => {
  const ended = new AbortController()
  let held = 0
  const gone = new Promise<null>(resolve => ended.signal.addEventListener('abort', () => resolve(null)))
  const get = () => {
    held += 1
    return gone
  }
  const { database, sealer } = rig
  const deps = { objects: { get }, sealer, cdnUrl: null, times: { idleMs: 300, totalMs: 300 }, clock: Date.now, logger }
  const uploads = createFileUploads({ ...deps, database: database.database })
  const connection = createMediaConnection(() => Promise.reject(new Error('nobody asks')), Date.now)
  const ready: string[] = []
  for (let nth = 0; nth < 5; nth += 1) ready.push(await aReadyUpload(rig, someBytes()))
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
  const asked = await askFor(rig, { chatId: '5511900000160@s.whatsapp.net' }, { instanceId: 'elsewhere' })
  const { query } = rig.database.database
  await query("update commands set due_at = now() + interval '10 minutes' where command_id = $1", [asked.commandId])
  let rings = 0
  const waiting = createWaitingFiles({ database: rig.database.database, owned, ring: () => (rings += 1) })
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
  const uploadId = await anUpload(rig)
  const asked = await sendImage(uploadId)
  const waiting = createWaitingFiles({
    database: rig.database.database,
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
  const { database } = rig.database
  const outcome = { type: 'command.failed', at: 1, reason: 'cancelled', reasonText: '', code: null } as const
  await cancelCommands(database, { instanceId: 'first', commandId: asked.commandId, outcome, limit: 1 })
  expect(await ring()).toBe(true)
  expect(await brought).toBeNull()
  await spoil(rig, uploadId, 'nobody sends it')
})

test('[F1] a file that is forwarded says so, and is the same file', async () => {
  const bytes = someBytes()
  const uploadId = await aReadyUpload(rig, bytes, { kind: 'document', fileName: 'nota.pdf' })
  const content = { kind: 'document', uploadId, caption: 'segue', fileName: 'nota.pdf' }
  const body = { kind: 'forward', messageId: 'M', known: { forwarded: { content, times: 1 } } }
  const asked = await askFor(rig, { chatId: aPerson().lidJid, ...body })
  await done(asked)
  expect(await eventOf('message.sent', asked)).toMatchObject({
    ...{ kind: 'document', text: 'segue', forwarded: true, media: { fileName: 'nota.pdf' } },
  })
  expect(device.fileShown(asked.messageId).equals(bytes)).toBe(true)
})

test('[F1] an animated sticker says that it moves', async () => {
  const header = Buffer.concat([Buffer.from('RIFF....WEBPVP8X\n\0\0\0\x02', 'latin1'), someBytes()])
  const moving = await aReadyUpload(rig, header, { kind: 'sticker', mimetype: 'image/webp' })
  const asked = await askFor(rig, { chatId: aPerson().lidJid, kind: 'sticker', media: { uploadId: moving } })
  await done(asked)
  expect(contentOf(asked)?.stickerMessage?.isAnimated).toBe(true)
})

test('[F1] no phone was shown two contents under one id, and no stanza was sent twice', () => {
  expect(device.conflicts()).toEqual([])
  expect(new Set(device.stanzasSent().map(({ count }) => count))).toEqual(new Set([1]))
})

test.each([
  ['before WhatsApp has it', 'swallow'],
  ['before WhatsApp says that it has it', 'no-ack'],
] as const)('[F1] [C13] a death after the upload, %s, uploads nothing again and shows it once', async (_when, fault) => {
  await using own = await aRig(`files death ${fault}`)
  const role = await own.rig.start()
  const device = await own.rig.pair('first')
  const bytes = someBytes()
  device.answerMessages(fault, 1)
  const chatId = own.rig.simulator.contact({ pn: '5511900000150', name: 'Ana' }).lidJid
  const uploadId = await aReadyUpload(own.rig, bytes)
  const asked = await askFor(own.rig, { chatId, kind: 'image', media: { uploadId } })
  await until('its stanza has come', () => device.stanzasSent().length === 1)
  await role.close()
  await own.rig.start()
  const [done] = await own.rig.untilEvents('command.completed', 1)
  expect(done).toMatchObject({ commandId: asked.commandId, tries: 2 })
  expect(device.shown().map(({ messageId }) => messageId)).toEqual([asked.messageId])
  expect(device.fileShown(asked.messageId).equals(bytes)).toBe(true)
  expect(device.conflicts()).toEqual([])
  expect(own.posts()).toBe(1)
  expect(await own.rig.eventsOf('upload.completed')).toHaveLength(1)
})

test('[F1] [C13] an upload that nobody could keep is made again, and its message is shown once', async () => {
  await using own = await aRig('files unkept')
  let lost = 0
  const database = flaky(own.rig.database.database, ({ args: [sql] }) =>
    String(sql).includes('set reference = ') && ++lost === 1 ? { fail: new DatabaseError('unreachable', 'away', {}) } : null,
  )
  await own.rig.start({ database, commandTimes: { retryMs: 30 } })
  const device = await own.rig.pair('first')
  const bytes = someBytes()
  const chatId = own.rig.simulator.contact({ pn: '5511900000150', name: 'Ana' }).lidJid
  const asked = await askFor(own.rig, { chatId, kind: 'image', media: { uploadId: await aReadyUpload(own.rig, bytes) } })
  expect((await own.rig.untilEvents('command.completed', 1))[0]).toMatchObject({ commandId: asked.commandId, tries: 1 })
  expect(own.posts()).toBe(2)
  expect(device.shown()).toHaveLength(1)
  expect(device.fileShown(asked.messageId).equals(bytes)).toBe(true)
})

test('[F2] [F1] a file that is not ready takes no turn from its account, and takes one of its own once it is', async () => {
  await using own = await aRig('files paced')
  const { simulator } = own.rig
  const config = { ...testConfig, url: simulator.url, cdnUrl: simulator.cdn.url, outboundPerMinute: 1, outboundBurst: 1 }
  await own.rig.start({ config, commandTimes: { fileMs: 3_600_000 } })
  const device = await own.rig.pair('first')
  const [ana, bia, caio] = ['151', '152', '153'].map(nth => simulator.contact({ pn: `5511900000${nth}`, name: nth }).lidJid)
  const uploads = [await anUpload(own.rig), await anUpload(own.rig)]
  const waiting = []
  for (const [nth, chatId] of [ana, bia].entries()) {
    const asked = await askFor(own.rig, { chatId: String(chatId), kind: 'image', media: { uploadId: uploads[nth] } })
    await untilRow(own.rig, asked, 'waiting', row => row.state === 'accepted' && row.due_at !== null)
    waiting.push(asked)
  }
  const text = await askFor(own.rig, { chatId: String(caio) })
  expect((await own.rig.untilEvents('command.completed', 1))[0]).toMatchObject({ commandId: text.commandId })
  for (const uploadId of uploads) await makeReady(own.rig, uploadId, someBytes())
  // What needs no turn has had one of its own since.
  const known = { target: { fromMe: false, senderId: String(caio) } }
  await askFor(own.rig, { chatId: String(caio), kind: 'reaction', targetMessageId: 'ABC', emoji: '👍', known })
  await own.rig.untilEvents('command.completed', 2)
  const rows = await own.rig.database.database.query('select is_paced, state from commands where is_paced')
  expect(rows).toEqual(waiting.map(() => ({ is_paced: true, state: 'accepted' })))
  expect(device.shown().map(({ messageId }) => messageId)).toEqual([text.messageId])
})

test('[F2] [F1] a first message whose file is not ready leaves its turn to another one', async () => {
  await using own = await aRig('files first')
  const { simulator } = own.rig
  const config = { ...testConfig, url: simulator.url, cdnUrl: simulator.cdn.url, outboundFirstPerDay: 1 }
  await own.rig.start({ config, commandTimes: { fileMs: 3_600_000 } })
  await own.rig.pair('first')
  const [ana, bia] = ['151', '152'].map(nth => simulator.contact({ pn: `5511900000${nth}`, name: nth }).lidJid)
  const known = { isFirst: true }
  const media = { uploadId: await anUpload(own.rig) }
  const asked = await askFor(own.rig, { chatId: String(ana), kind: 'image', media, known })
  await untilRow(own.rig, asked, 'waiting', row => row.state === 'accepted' && row.due_at !== null)
  const text = await askFor(own.rig, { chatId: String(bia), known })
  expect((await own.rig.untilEvents('command.completed', 1))[0]).toMatchObject({ commandId: text.commandId })
  const firsts = await own.rig.database.database.query('select chat_id from first_contacts')
  expect(firsts).toEqual([{ chat_id: bia }])
})

async function aRig(name: string) {
  const rig = await openRig(name, collectLogLines(['command.failing']))
  return {
    rig,
    posts: () => rig.simulator.cdn.hits().filter(({ method }) => method === 'POST').length,
    [Symbol.asyncDispose]: rig.close,
  }
}
