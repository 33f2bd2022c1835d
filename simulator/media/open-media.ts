// What a phone does with the file of a message: fetches it, proves it by its hashes and its MAC, and opens it.
import { createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto'
import { hkdfInfoKey, type MediaType, normalizeMessageContent, type proto } from '@whiskeysockets/baileys'
import type { Cdn } from './cdn.ts'
import { macBytes } from './encrypt-media.ts'

/** Throws in words where the message has no file, or one that no phone would show. */
export function openMedia(cdn: Pick<Cdn, 'get'>, message: proto.IMessage): Buffer {
  const { file, type } = fileIn(message)
  const bytes = cdn.get(file.directPath ?? '')
  if (bytes === null) throw new Error(`opening a ${type}: nothing is at ${file.directPath}`)
  expectEqual(`the encrypted hash of a ${type}`, sha256(bytes), file.fileEncSha256)
  const keys = Buffer.from(hkdfSync('sha256', file.mediaKey ?? Buffer.of(), '', hkdfInfoKey(type), 112))
  const [iv, ciphertext] = [keys.subarray(0, 16), bytes.subarray(0, -macBytes)]
  const mac = createHmac('sha256', keys.subarray(48, 80)).update(iv).update(ciphertext).digest().subarray(0, macBytes)
  expectEqual(`the MAC of a ${type}`, mac, bytes.subarray(-macBytes))
  const decipher = createDecipheriv('aes-256-cbc', keys.subarray(16, 48), iv)
  const plain = Buffer.concat([decipher.update(ciphertext), decipher.final()])
  expectEqual(`the hash of a ${type}`, sha256(plain), file.fileSha256)
  if (Number(file.fileLength) !== plain.length)
    throw new Error(`opening a ${type}: expected ${file.fileLength} bytes, as its message says, got ${plain.length}`)
  return plain
}

type File = Pick<proto.Message.IImageMessage, 'directPath' | 'mediaKey' | 'fileSha256' | 'fileEncSha256' | 'fileLength'>

function fileIn(message: proto.IMessage): { file: File; type: MediaType } {
  const content = normalizeMessageContent(message)
  if (content?.imageMessage) return { file: content.imageMessage, type: 'image' }
  if (content?.videoMessage) return { file: content.videoMessage, type: 'video' }
  if (content?.ptvMessage) return { file: content.ptvMessage, type: 'ptv' }
  if (content?.audioMessage) return { file: content.audioMessage, type: 'audio' }
  if (content?.documentMessage) return { file: content.documentMessage, type: 'document' }
  if (content?.stickerMessage) return { file: content.stickerMessage, type: 'sticker' }
  throw new Error('opening a file: the message has none')
}

function expectEqual(what: string, computed: Uint8Array, said: Uint8Array | null | undefined): void {
  if (said && Buffer.from(computed).equals(said)) return
  throw new Error(`opening a file: ${what} is not what the message says`)
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
