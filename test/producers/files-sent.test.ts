// Files that an account sends reach the chat byte for byte, as what they are, with what is said of them.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { sentFilesIn } from '../../src/processors/download/sent-files.ts'
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
} from '../ground/producers/sent-files.ts'
import { aReadyUpload } from '../ground/producers/uploads.ts'

const logger = collectLogLines()
let files: SentFiles
beforeAll(async () => {
  files = await openSentFiles('files sent', logger)
})
beforeEach(() => beginAnew(files))
afterAll(() => {
  expectShownOnce(files)
  return files.rig.close()
})

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
    const uploadId = await aReadyUpload(files.rig, bytes, { kind, ...said })
    const asked = await askFor(files.rig, { chatId: aPerson(files).lidJid, kind, media: { uploadId } })
    await done(files, asked)
    expect(files.device.fileShown(asked.messageId).equals(bytes)).toBe(true)
    expect(contentOf(files, asked)).toHaveProperty(field)
    expect(posts(files).map(({ path }) => path.slice(0, path.lastIndexOf('/') + 1))).toEqual([path])
    const sent = await eventOf(files, 'message.sent', asked)
    expect(sent).toMatchObject({ kind, source: 'api', media: { ...said, sizeBytes: bytes.length } })
    expect(sent.mediaSource).toMatchObject({ directPath: expect.stringMatching(/^\/v\//), sizeBytes: bytes.length })
    expect(sent.mediaSource?.mediaKey).toHaveLength(32)
    const upload = await sentFilesIn(files.rig.database.database)(sent as { instanceId: string; commandId: string })
    expect(upload).toMatchObject({ sizeBytes: bytes.length, sha256: sent.mediaSource?.sha256?.toString('hex') })
    expect(await eventOf(files, 'upload.completed', asked)).toMatchObject({
      ...{ uploadId, kind, mimetype: said.mimetype, sizeBytes: bytes.length, messageId: asked.messageId, chatId: asked.chatId },
    })
  },
)

test('[F1] a caption, a mention and once alone go with it', async () => {
  const uploadId = await aReadyUpload(files.rig, someBytes())
  const mentions = ['100000000000077@lid']
  const asked = await sendImage(files, uploadId, { caption: 'oi @100000000000077', mentions, viewOnce: true })
  await done(files, asked)
  expect(await eventOf(files, 'message.sent', asked)).toMatchObject({
    kind: 'image',
    text: 'oi @100000000000077',
    viewOnce: true,
    mentions,
  })
})

test('[F1] a file that is forwarded says so, and is the same file', async () => {
  const bytes = someBytes()
  const uploadId = await aReadyUpload(files.rig, bytes, { kind: 'document', fileName: 'nota.pdf' })
  const content = { kind: 'document', uploadId, caption: 'segue', fileName: 'nota.pdf' }
  const body = { kind: 'forward', messageId: 'M', known: { forwarded: { content, times: 1 } } }
  const asked = await askFor(files.rig, { chatId: aPerson(files).lidJid, ...body })
  await done(files, asked)
  expect(await eventOf(files, 'message.sent', asked)).toMatchObject({
    ...{ kind: 'document', text: 'segue', forwarded: true, media: { fileName: 'nota.pdf' } },
  })
  expect(files.device.fileShown(asked.messageId).equals(bytes)).toBe(true)
})

test('[F1] an animated sticker says that it moves', async () => {
  const header = Buffer.concat([Buffer.from('RIFF....WEBPVP8X\n\0\0\0\x02', 'latin1'), someBytes()])
  const moving = await aReadyUpload(files.rig, header, { kind: 'sticker', mimetype: 'image/webp' })
  const asked = await askFor(files.rig, { chatId: aPerson(files).lidJid, kind: 'sticker', media: { uploadId: moving } })
  await done(files, asked)
  expect(contentOf(files, asked)?.stickerMessage?.isAnimated).toBe(true)
})
