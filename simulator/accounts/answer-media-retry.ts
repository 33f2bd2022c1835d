// The phone's answer to "upload this again": the same encrypted bytes under a new path, told only to who holds the media key.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { type BinaryNode, extractMessageContent, getContentType, proto } from '@whiskeysockets/baileys'
import { attr, bytes, child, node, secondsNow } from '../connection/stanza.ts'
import { deliver } from './deliver.ts'
import type { Companion, World } from './world.ts'

/** `silent` is a phone that is off. */
export type MediaRetryAnswer = 'upload' | 'not-found' | 'decryption-error' | 'general-error' | 'silent'
type Uploaded = { mediaKey: Buffer; directPath: string }

const { ResultType } = proto.MediaRetryNotification
const refusals = {
  'not-found': ResultType.NOT_FOUND,
  'decryption-error': ResultType.DECRYPTION_ERROR,
  'general-error': ResultType.GENERAL_ERROR,
}
const tagBytes = 16

export async function answerMediaRetry(world: World, companion: Companion, request: BinaryNode): Promise<void> {
  const messageId = attr(request, 'id')
  world.announce('media-retry', { device: world.deviceOf(companion), messageId })
  const answer = companion.mediaRetryAnswer
  if (answer === 'silent') return
  const media = uploadedMedia(companion.contents.get(messageId))
  const encrypted = media && world.cdn.get(media.directPath)
  if (answer !== 'upload') refuse(companion, request, refusals[answer])
  else if (media === null || encrypted === null) refuse(companion, request, ResultType.NOT_FOUND)
  else if (!knowsMediaKey(request, media)) refuse(companion, request, ResultType.DECRYPTION_ERROR)
  else notify(companion, request, sealAnswer(messageId, media.mediaKey, world.cdn.put(encrypted)))
}

/** The media of a message, whatever it is wrapped in. */
function uploadedMedia(message: proto.IMessage | undefined): Uploaded | null {
  const content = extractMessageContent(message)
  const type = getContentType(content)
  const part: unknown = type === undefined ? undefined : content?.[type]
  if (typeof part !== 'object' || part === null || !('mediaKey' in part) || !('directPath' in part)) return null
  const { mediaKey, directPath } = part
  return mediaKey instanceof Uint8Array && typeof directPath === 'string' ? { mediaKey: Buffer.from(mediaKey), directPath } : null
}

function knowsMediaKey(request: BinaryNode, { mediaKey }: Uploaded): boolean {
  const encrypt = child(request, 'encrypt')
  const sealed = bytes(child(encrypt, 'enc_p'))
  const decipher = createDecipheriv('aes-256-gcm', retryKey(mediaKey), bytes(child(encrypt, 'enc_iv')))
  decipher.setAAD(Buffer.from(attr(request, 'id'))).setAuthTag(sealed.subarray(-tagBytes))
  try {
    const plaintext = Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()])
    return proto.ServerErrorReceipt.decode(plaintext).stanzaId === attr(request, 'id')
  } catch {
    return false // the tag does not fit: another key
  }
}

function sealAnswer(messageId: string, mediaKey: Buffer, directPath: string): BinaryNode {
  const answer = proto.MediaRetryNotification.encode({ stanzaId: messageId, directPath, result: ResultType.SUCCESS }).finish()
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', retryKey(mediaKey), iv).setAAD(Buffer.from(messageId))
  const sealed = Buffer.concat([cipher.update(answer), cipher.final(), cipher.getAuthTag()])
  return node('encrypt', {}, [node('enc_p', {}, sealed), node('enc_iv', {}, iv)])
}

function retryKey(mediaKey: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', mediaKey, '', 'WhatsApp Media Retry Notification', 32))
}

function refuse(companion: Companion, request: BinaryNode, result: proto.MediaRetryNotification.ResultType): void {
  notify(companion, request, node('error', { code: String(result) }))
}

/** Baileys reads the message id from the notification's own id, and the key from `rmr`. */
function notify(companion: Companion, request: BinaryNode, answer: BinaryNode): void {
  const from = companion.account.owner.contact.pnJid
  const attrs = { id: attr(request, 'id'), type: 'mediaretry', from, t: secondsNow() }
  deliver(companion, node('notification', attrs, [child(request, 'rmr'), answer]))
}
