import { createHash } from 'node:crypto'
import {
  downloadContentFromMessage,
  extractMessageContent,
  getContentType,
  type MediaType,
  type proto,
  type WAMessage,
} from '@whiskeysockets/baileys'
import { fileTypeFromBuffer } from 'file-type'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { until } from '../../test/ground/until.ts'
import type { Contact } from '../accounts/accounts.ts'
import type { MediaRetryAnswer } from '../accounts/answer-media-retry.ts'
import { playConversation } from '../conversation.ts'
import { openPaired, type Paired } from '../pair-test-client.ts'
import { audio, document, image, ptv, sticker, video, voice } from './media.ts'
import { sampleJpeg, sampleMp4, samplePdf, sampleVoice, sampleWebp } from './sample-media.ts'

let paired: Paired
let ana: Contact
beforeAll(async () => {
  vi.spyOn(console, 'info').mockReturnValue()
  paired = await openPaired()
  ana = paired.simulator.contact({ pn: '5511900000011', name: 'Ana' })
})
afterAll(() => paired.close())

const upserts = () => paired.client.events.flatMap(event => event['messages.upsert']?.messages ?? [])
const received = (id: string): Promise<WAMessage> => paired.client.waitFor(() => upserts().find(message => message.key.id === id))
type Media = {
  mediaKey: Uint8Array
  directPath: string
  url: string
  fileSha256: Uint8Array
  fileEncSha256: Uint8Array
  fileLength: number
  mimetype: string
}

function mediaOf(message: proto.IMessage | null | undefined): Media {
  const content = extractMessageContent(message)
  const type = getContentType(content)
  return (type && content?.[type]) as Media
}

async function download(media: Media, type: MediaType): Promise<Buffer> {
  const url = `${paired.simulator.cdnUrl}${media.directPath}`
  return Buffer.concat(await Array.fromAsync(await downloadContentFromMessage({ mediaKey: media.mediaKey, url }, type)))
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

it('[K1] sample media are what they claim to be', async () => {
  const types = async (bytes: Buffer) => (await fileTypeFromBuffer(bytes))?.mime
  expect(await types(await sampleJpeg())).toBe('image/jpeg')
  expect(await types(await sampleWebp())).toBe('image/webp')
  expect(await types(await sampleMp4())).toBe('video/mp4')
  expect(await types(sampleVoice())).toBe('audio/ogg; codecs=opus')
  expect(await types(samplePdf({ pages: 2 }))).toBe('application/pdf')
})

it('[K1] the offsets in the sample PDF point at its objects', () => {
  const pdf = samplePdf({ pages: 3 }).toString('latin1')
  const offsets = [...pdf.matchAll(/^(\d{10}) 00000 n /gm)].map(([, offset]) => Number(offset))
  expect(offsets).toHaveLength(9)
  for (const [index, offset] of offsets.entries()) expect(pdf.slice(offset)).toMatch(new RegExp(`^${index + 1} 0 obj\n`))
  expect(pdf.slice(Number(/startxref\n(\d+)/.exec(pdf)?.[1]))).toMatch(/^xref/)
})

it('[K1] media of every kind decrypt with the client and match their hashes', async () => {
  const { device, simulator } = paired
  const { cdn } = simulator
  const jpeg = await sampleJpeg()
  const mp4 = await sampleMp4()
  const ogg = sampleVoice({ seconds: 2 })
  const pdf = samplePdf()
  const kinds = [
    ['image', image(cdn, { bytes: jpeg, caption: 'legenda', width: 320, height: 240 }), jpeg],
    ['video', video(cdn, { bytes: mp4, seconds: 2 }), mp4],
    ['gif', video(cdn, { bytes: mp4, isGif: true }), mp4],
    ['ptv', ptv(cdn, { bytes: mp4 }), mp4],
    ['audio', audio(cdn, { bytes: ogg, seconds: 2 }), ogg],
    ['ptt', voice(cdn, { bytes: ogg, seconds: 2 }), ogg],
    ['document', document(cdn, { bytes: pdf, fileName: 'a.pdf', pageCount: 1 }), pdf],
    ['document', document(cdn, { bytes: pdf, fileName: 'b.pdf', caption: 'com legenda' }), pdf],
    ['sticker', sticker(cdn, { bytes: await sampleWebp() }), await sampleWebp()],
    ['image', image(cdn, { bytes: Buffer.alloc(0) }), Buffer.alloc(0)],
  ] as const
  for (const [type, content, plaintext] of kinds) {
    const media = mediaOf((await received(await device.send(ana, content))).message)
    expect(await download(media, type)).toEqual(plaintext)
    const stored = cdn.get(media.directPath)
    expect(Buffer.from(media.fileSha256)).toEqual(sha256(plaintext))
    expect(Buffer.from(media.fileEncSha256)).toEqual(sha256(stored ?? Buffer.alloc(0)))
    expect(Number(media.fileLength)).toBe(plaintext.length)
    expect(media.url).toBe(`https://mmg.whatsapp.net${media.directPath}`)
  }
})

it('[K1] the phone uploads expired media again under a new path, for a live and for a history message', async () => {
  const { client, device, simulator } = paired
  const jpeg = await sampleJpeg()
  const content = image(simulator.cdn, { bytes: jpeg })
  const id = await device.send(ana, content)
  await device.historySync([{ chat: ana, from: ana, content, timestampMs: 1_600_000_000_000, id: '3EB0FEED' }])
  const message = await received(id)
  for (const asked of [message, { ...message, key: { ...message.key, id: '3EB0FEED' } }]) {
    const before = mediaOf(asked.message).directPath
    simulator.cdn.fault(before, { kind: 'status', status: 410 })
    const updated = await client.socket().updateMediaMessage(structuredClone(asked))
    expect(mediaOf(updated.message).directPath).not.toBe(before)
    expect(await download(mediaOf(updated.message), 'image')).toEqual(jpeg)
  }
})

it.each([
  ['not-found', 'NOT_FOUND', 404],
  ['decryption-error', 'DECRYPTION_ERROR', 412],
  ['general-error', 'GENERAL_ERROR', 418],
] as const)('[K1] the phone refuses to upload again: %s', async (answer: MediaRetryAnswer, _name, statusCode) => {
  const { client, device, simulator } = paired
  const message = await received(await device.send(ana, image(simulator.cdn, { bytes: await sampleJpeg() })))
  device.answerMediaRetry(answer)
  await expect(client.socket().updateMediaMessage(message)).rejects.toMatchObject({ output: { statusCode } })
  device.answerMediaRetry('upload')
})

it('[K1] asked with a wrong media key the phone says decryption error, and about an unknown message not found', async () => {
  const { client, device, simulator } = paired
  const message = await received(await device.send(ana, image(simulator.cdn, { bytes: await sampleJpeg() })))
  const unknown = { ...message, key: { ...message.key, id: '3EB0DEAD' } }
  await expect(client.socket().updateMediaMessage(unknown)).rejects.toMatchObject({ output: { statusCode: 404 } })
  mediaOf(message.message).mediaKey = Buffer.alloc(32, 7)
  await expect(client.socket().updateMediaMessage(message)).rejects.toMatchObject({ output: { statusCode: 412 } })
})

it('[K1] a phone that is off says nothing, and the request is seen', async () => {
  const { client, device, simulator } = paired
  const asked: string[] = []
  const stop = simulator.on('media-retry', ({ messageId }) => asked.push(messageId))
  const message = await received(await device.send(ana, image(simulator.cdn, { bytes: await sampleJpeg() })))
  device.answerMediaRetry('silent')
  const { mediaKey } = mediaOf(message.message)
  const { encryptMediaRetryRequest } = await import('@whiskeysockets/baileys')
  await client.socket().sendNode(encryptMediaRetryRequest(message.key, mediaKey, client.auth.creds.me?.id ?? ''))
  await until('the request to be seen', () => asked.includes(message.key.id ?? ''))
  expect(device.pending()).toEqual([])
  stop()
  device.answerMediaRetry('upload')
})

it('[K1] the conversation arrives as it lists itself, in order, with media that decrypt', async () => {
  const { client, device } = paired
  const played = await playConversation(paired.simulator, device, { signal: AbortSignal.timeout(30_000), paceMs: 0 })
  await client.waitFor(() => played.every(line => upserts().some(({ key }) => key.id === line.messageId)))
  const order = upserts().map(({ key }) => key.id)
  expect(order.filter(id => played.some(line => line.messageId === id))).toEqual(played.map(line => line.messageId))
  expect(new Set(played.map(line => line.kind))).toEqual(
    new Set([
      'text',
      'image',
      'video',
      'gif',
      'ptv',
      'audio',
      'voice',
      'document',
      'sticker',
      'reply',
      'reaction',
      'edit',
      'revoke',
      ...(['link-preview', 'product', 'list', 'list-answer', 'buttons', 'buttons-answer', 'order', 'payment'] as const),
      ...(['template', 'location', 'contacts', 'group-invite', 'event', 'poll', 'pin', 'album'] as const),
    ]),
  )
  for (const line of played) {
    const { key, message } = await received(line.messageId)
    expect([key.remoteJid, key.participant || key.remoteJid]).toEqual([line.chat, line.from])
    const types: Record<string, MediaType> = {
      image: 'image',
      video: 'video',
      gif: 'video',
      ptv: 'ptv',
      audio: 'audio',
      voice: 'ptt',
      document: 'document',
      sticker: 'sticker',
    }
    const type = types[line.kind]
    if (type) expect(sha256(await download(mediaOf(message), type))).toEqual(Buffer.from(mediaOf(message).fileSha256))
  }
})

it('[K1] the conversation stops when aborted', async () => {
  await expect(playConversation(paired.simulator, paired.device, { signal: AbortSignal.abort() })).rejects.toThrow('aborted')
})
