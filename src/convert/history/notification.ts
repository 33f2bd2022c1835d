// What the phone says of a part of its history, which is an `unknown` event in the topic of events: how to get it, and which part it is. Pure.
import { proto } from '@whiskeysockets/baileys'
import type { EventOf } from '../../events/event.ts'
import { bufferOf, intOf, numberOf, textOf } from '../kinds/body.ts'
import { unwrapMessage } from '../unwrap-message.ts'
import { secondsAt } from './said-at.ts'
import { syncTypeOf } from './sync-type.ts'

/** Its file, as that of a message's media; the key opens it with the name of history. */
export type HistorySource = {
  directPath: string
  mediaKey: Buffer
  encSha256: Buffer | null
  sha256: Buffer | null
  sizeBytes: number | null
}
export type HistoryNotification = {
  syncType: string
  /** Which chunk of its syncType, from 1; null: not said. */
  chunk: number | null
  /** 0 to 100; null: not said. */
  percent: number | null
  /** Deflated: inside of the notification, or a file of WhatsApp's. null: nothing is shared with it. */
  file: { inline: Buffer } | { source: HistorySource } | null
  /** Of the oldest message of the chunk, epoch milliseconds; null: not said. */
  oldestAt: number | null
  /** Of the request that it answers; null: it was not asked for. */
  sessionId: string | null
}

const name = 'message: protocolMessage HISTORY_SYNC_NOTIFICATION'

/** By its envelope alone: `raw` may be in the object store. Only the account's own phone may speak of its history: of anybody else it is a forgery. */
export const isHistoryNotification = (event: EventOf<'unknown'>): boolean =>
  event.source === 'stanza' && event.fromMe === true && event.name.startsWith(name)

/** `raw`: the bytes of the message, where the event itself does not have them. null: it is none, or cannot be read. */
export function notificationIn(event: EventOf<'unknown'>, raw = event.raw ?? null): HistoryNotification | null {
  if (!isHistoryNotification(event) || raw === null) return null
  const said = notificationOf(raw)
  if (said === null) return null
  return {
    syncType: syncTypeOf(said.syncType ?? 0),
    chunk: intOf(said.chunkOrder),
    percent: percentOf(said.progress),
    file: fileIn(said),
    oldestAt: secondsAt(said.oldestMsgInChunkTimestampSec, event.occurredAt),
    sessionId: textOf(said.peerDataRequestSessionId),
  }
}

type Said = proto.Message.IHistorySyncNotification

function notificationOf(raw: Uint8Array): Said | null {
  try {
    return unwrapMessage(proto.Message.decode(raw)).content.protocolMessage?.historySyncNotification ?? null
  } catch {
    // No protobuf.
    return null
  }
}

function percentOf(progress: number | null | undefined): number | null {
  const percent = intOf(progress)
  return percent !== null && percent <= 100 ? percent : null
}

/** What settings ignore was cut out of an inline history before it was in the log; where all of it was, nothing is left. */
function fileIn(said: Said): HistoryNotification['file'] {
  const inline = bufferOf(said.initialHistBootstrapInlinePayload)
  if (inline !== null) return { inline }
  const [directPath, mediaKey] = [textOf(said.directPath), bufferOf(said.mediaKey)]
  if (directPath === null || mediaKey === null) return null
  const [encSha256, sha256] = [bufferOf(said.fileEncSha256), bufferOf(said.fileSha256)]
  return { source: { directPath, mediaKey, encSha256, sha256, sizeBytes: numberOf(said.fileLength) } }
}
