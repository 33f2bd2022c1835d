// A companion asks its phone for older messages of a chat (WAProto HISTORY_SYNC_ON_DEMAND): the phone answers with a chunk of them.
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { attr } from '../../connection/stanza.ts'
import { sendMadeHistory } from '../send-history.ts'
import type { Companion, World } from '../world.ts'
import type { GeneratedHistory } from './generated-history.ts'
import { chatIdOf, type HistoryMessage } from './history-message.ts'

const { HISTORY_SYNC_ON_DEMAND } = proto.Message.PeerDataOperationRequestType

/** `content`: what the companion wrote to its own phone. A phone that has shared nothing says nothing. */
export async function answerHistoryRequest(
  world: World,
  companion: Companion,
  stanza: BinaryNode,
  content: proto.IMessage | null,
): Promise<void> {
  const request = content?.protocolMessage?.peerDataOperationRequestMessage
  const { history } = companion
  if (request?.peerDataOperationRequestType !== HISTORY_SYNC_ON_DEMAND || history === null) return
  const asked = request.historySyncOnDemandRequest ?? {}
  const options = { syncType: 'ON_DEMAND', via: 'cdn', requestId: attr(stanza, 'id') } as const
  await sendMadeHistory(world, companion, { options, make: () => ({ messages: olderThan(history, asked) }) })
}

type Asked = proto.Message.PeerDataOperationRequestMessage.IHistorySyncOnDemandRequest

/** Newest first. */
function olderThan(history: GeneratedHistory, { chatJid, oldestMsgTimestampMs, onDemandMsgCount }: Asked): HistoryMessage[] {
  const [before, count] = [Number(oldestMsgTimestampMs ?? history.newestAtMs), onDemandMsgCount ?? 50]
  const found: HistoryMessage[] = []
  for (let place = 0; place < history.total && found.length < count; place++) {
    const message = history.message(place)
    if (message.timestampMs < before && chatIdOf(message.chat) === chatJid) found.push(message)
  }
  return found
}
