// The videos that a bench has people send, of any size: each with bytes of its own, so that none is fetched or stored for another.
import { randomFillSync } from 'node:crypto'
import type { proto } from '@whiskeysockets/baileys'
import { sampleMp4 } from '../simulator/media/sample-media.ts'

/** Where the CDN has it, and what proves it; in base64, as it goes to another process. */
export type SentFile = { path: string; sizeBytes: number; mediaKey: string; fileSha256: string; fileEncSha256: string }

/** Players pass over the box behind the picture (ISO 14496-12, 8.1.2), as sniffing does. */
export async function writtenFile(sizeBytes: number): Promise<Buffer> {
  const film = await sampleMp4()
  const file = randomFillSync(Buffer.allocUnsafe(sizeBytes))
  film.copy(file)
  file.writeUInt32BE(sizeBytes - film.length, film.length)
  file.write('free', film.length + 4, 'latin1')
  return file
}

export function sentFileOf({ videoMessage }: proto.IMessage, sizeBytes: number): SentFile {
  const { directPath, mediaKey, fileSha256, fileEncSha256 } = videoMessage ?? {}
  const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64')
  return {
    path: directPath ?? '',
    sizeBytes,
    mediaKey: base64(mediaKey),
    fileSha256: base64(fileSha256),
    fileEncSha256: base64(fileEncSha256),
  }
}
