// Files that people send. Each kind is sent as that, whatever the file is; what the file is has been looked at before it goes out.
import { z } from 'zod'
import { isGroupAddress } from './addresses.ts'
import { background, checkStatus, seen, toOrStatus } from './statuses.ts'
import { MAX_TEXT, mentions, replies, to } from './written.ts'

/** As long as a file's name may be. */
const MAX_NAME = 255

const uploadId = z
  .strictObject({
    uploadId: z.string().min(1).max(256).describe('of an upload of this instance, of the same kind'),
  })
  .meta({ title: 'FileOfUpload' })
const url = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'expected an http or https URL' })
      .max(2_048)
      .describe('where zaplog fetches it, once'),
    mimetype: z.exactOptional(z.string().min(3).max(255)).describe('left out: as its bytes say'),
    fileName: z.exactOptional(z.string().min(1).max(MAX_NAME)).describe('left out: as the URL says'),
  })
  .meta({ title: 'FileAtUrl' })
const objectKey = z
  .strictObject({ objectKey: z.string().min(1).max(1_024).describe('of media that this instance has stored') })
  .meta({ title: 'FileOfMedia' })

/** Beside its kind each body says where the file is. */
export const media = {
  media: z
    .union([uploadId, url, objectKey], { error: 'expected {uploadId}, {url, mimetype?, fileName?} or {objectKey}' })
    .describe('the file: one that was uploaded, one that zaplog fetches, or one that it stored'),
}
export type MediaToSend = z.infer<typeof media.media>

export const mentioned = {
  mentions: z.exactOptional(mentions).describe('whom the caption mentions; it has @ and the digits of each, or nobody sees them'),
  mentionAll: z.exactOptional(z.boolean()).describe('of a group: whether everybody in it is mentioned'),
}
const caption = {
  caption: z.exactOptional(z.string().min(1).max(MAX_TEXT)).describe(`1..${MAX_TEXT} characters below it`),
  ...mentioned,
}
const viewOnce = { viewOnce: z.exactOptional(z.boolean()).describe('whether phones show it once') }

type Captioned = { chatId: string; caption?: string; mentions?: readonly string[]; mentionAll?: boolean }

function checkMentions({ value, issues }: z.core.ParsePayload<Captioned>): void {
  const refuse = (path: string[], message: string, input: unknown) => issues.push({ code: 'custom', path, message, input })
  if (value.mentionAll === true && !isGroupAddress(value.chatId)) refuse(['mentionAll'], 'expected a group as chatId', true)
  const isBare = value.caption === undefined
  if (isBare && value.mentions !== undefined) refuse(['mentions'], 'expected a caption that mentions them', value.mentions)
}

const image = z
  .strictObject({ ...toOrStatus, kind: z.literal('image'), ...media, ...caption, ...viewOnce, ...replies, ...seen })
  .check(checkMentions, checkStatus)
const video = z
  .strictObject({ ...toOrStatus, kind: z.literal('video'), ...media, ...caption, ...viewOnce, ...replies, ...seen })
  .check(checkMentions, checkStatus)
const gif = z
  .strictObject({
    ...toOrStatus,
    kind: z.literal('gif').describe('a video that phones play in a loop, without sound'),
    ...media,
    ...caption,
    ...replies,
    ...seen,
  })
  .check(checkMentions, checkStatus)
const ptv = z.strictObject({ ...to, kind: z.literal('ptv').describe('a round video'), ...media, ...replies })
const audio = z
  .strictObject({ ...toOrStatus, kind: z.literal('audio'), ...media, ...replies, ...seen, ...background })
  .check(checkStatus)
const voice = z
  .strictObject({
    ...toOrStatus,
    kind: z.literal('voice').describe('a voice note: Ogg with Opus'),
    ...media,
    ...viewOnce,
    ...replies,
    ...seen,
    ...background,
  })
  .check(checkStatus)
const document = z
  .strictObject({
    ...to,
    kind: z.literal('document'),
    ...media,
    ...caption,
    fileName: z.exactOptional(z.string().min(1).max(MAX_NAME)).describe('what phones call it; left out: as the file is called'),
    ...replies,
  })
  .check(checkMentions)
const sticker = z.strictObject({ ...to, kind: z.literal('sticker').describe('WebP'), ...media, ...replies })

export const files = [image, video, gif, ptv, audio, voice, document, sticker] as const
export type FileBody = z.infer<(typeof files)[number]>
export const fileKinds = ['image', 'video', 'gif', 'ptv', 'audio', 'voice', 'document', 'sticker'] as const
export type FileKind = (typeof fileKinds)[number]

export const isFileKind = (kind: unknown): kind is FileKind => fileKinds.some(one => one === kind)
export const isFile = <Body extends { kind: string }>(body: Body): body is Extract<Body, { kind: FileKind }> =>
  isFileKind(body.kind)
