// The phone's history, one chunk per call, as Baileys downloads it: zlib over HistorySync, inline or encrypted on the CDN.
import { randomBytes } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys'
import { encryptMedia } from '../media/encrypt-media.ts'
import { encodeHistory, type HistoryContent, type HistoryHead, type HistorySyncName } from './history/encode-history.ts'
import { breakOnItsWay, brokenInline, brokenInside, type HistoryFault } from './history/history-fault.ts'
import type { HistoryMessage } from './history/history-message.ts'
import { newMessageId, rememberContent, sendPeer } from './send-message.ts'
import type { Companion, World } from './world.ts'

export type HistoryOptions = {
  /** [RECENT] */
  syncType?: HistorySyncName
  /** Of its syncType, from 1 [1] */
  chunkOrder?: number
  /** Percent of its syncType with this chunk [100] */
  progress?: number
  /** [inline] */
  via?: 'inline' | 'cdn'
  /** The id of the companion's request that it answers. */
  requestId?: string
  fault?: HistoryFault
}
export type HistoryChunk = HistoryContent & HistoryOptions
/** `id`: of the notification. `directPath`: where it is on the CDN; null: inline. */
export type SentChunk = HistoryHead & { id: string; messages: number; directPath: string | null }

/** Resolves once its notification is queued. */
export function sendHistory(world: World, companion: Companion, chunk: HistoryChunk): Promise<SentChunk> {
  const messages = (chunk.messages ?? []).map(named)
  const statuses = (chunk.statuses ?? []).map(named)
  for (const { id, content } of [...messages, ...statuses]) if (content) rememberContent(companion, id, content)
  const content = { ...chunk, messages, statuses }
  return sendMadeHistory(world, companion, { options: chunk, make: () => content })
}

const named = <Message extends { id?: string }>(message: Message): Message & { id: string } => ({
  id: newMessageId(),
  ...message,
})

/** `make` answers the same at each call. */
export type MadeChunk = { options: HistoryOptions; make(): HistoryContent }
/** A chunk that is on the CDN, of which nobody was told. */
export type UploadedChunk = { told: proto.Message.IHistorySyncNotification; sent: Omit<SentChunk, 'id'> }

export async function sendMadeHistory(world: World, companion: Companion, chunk: MadeChunk): Promise<SentChunk> {
  return tellHistory(companion, uploadHistory(world, companion, chunk))
}

/** `isKept`: what was made stays in memory; without it, it is made anew whenever somebody downloads it. */
export function uploadHistory(world: World, companion: Companion, { options, make }: MadeChunk, isKept = false): UploadedChunk {
  const { syncType = 'RECENT', chunkOrder = 1, progress = 100, via = 'inline', requestId, fault } = options
  const head = { syncType, chunkOrder, progress }
  const { owner } = companion.account
  const payloadOf = (content: HistoryContent) => brokenInside(deflateSync(encodeHistory(head, content, owner.contact)), fault)
  const content = make()
  const payload = payloadOf(content)
  const where =
    via === 'inline' ? inline(payload, fault) : uploaded(world, isKept ? () => payload : () => payloadOf(make()), fault)
  const told = {
    ...where,
    ...(fault?.kind === 'announced' && { fileLength: fault.sizeBytes }),
    ...{ syncType: proto.Message.HistorySyncType[syncType], chunkOrder, progress },
    ...(requestId !== undefined && { peerDataRequestSessionId: requestId }),
    ...oldestIn(content.messages ?? []),
  }
  const messages = (content.messages ?? []).length + (content.statuses ?? []).length
  return { told, sent: { ...head, messages, directPath: 'directPath' in where ? where.directPath : null } }
}

export async function tellHistory(companion: Companion, { told, sent }: UploadedChunk): Promise<SentChunk> {
  const type = proto.Message.ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION
  const id = await sendPeer(companion, { protocolMessage: { type, historySyncNotification: told } })
  return { id, ...sent }
}

function inline(payload: Buffer, fault: HistoryFault | undefined) {
  return { initialHistBootstrapInlinePayload: brokenInline(payload, fault), fileLength: payload.length }
}

/** What is there is sealed anew at each download, with the same key. */
function uploaded({ cdn }: World, payload: () => Buffer, fault: HistoryFault | undefined) {
  const mediaKey = randomBytes(32)
  const seal = () => encryptMedia(payload(), 'md-msg-hist', mediaKey)
  const { fileSha256, fileEncSha256, sizeBytes } = seal()
  const directPath = cdn.putMade(() => seal().bytes)
  breakOnItsWay(cdn, directPath, fault)
  return { directPath, mediaKey, fileSha256, fileEncSha256, fileLength: sizeBytes }
}

function oldestIn(messages: readonly HistoryMessage[]): { oldestMsgInChunkTimestampSec?: number } {
  if (messages.length === 0) return {}
  const oldestMs = messages.reduce((oldest, { timestampMs }) => Math.min(oldest, timestampMs), Number.POSITIVE_INFINITY)
  return { oldestMsgInChunkTimestampSec: Math.floor(oldestMs / 1000) }
}
