// Which message a message is about, so that it has to be known whose that one is: what is sealed with its secret, edits and revokes it, or pins
// it. Reactions are anybody's. Pure.
import type { proto } from '@whiskeysockets/baileys'
import { sealIn } from './sealed/seal.ts'
import { unwrapMessage } from './unwrap-message.ts'

/** Its id; null: it is about none, or names none. */
export function targetOf(message: proto.IMessage): string | null {
  const { content } = unwrapMessage(message)
  const { protocolMessage, pinInChatMessage } = content
  return sealIn(content)?.target.id || protocolMessage?.key?.id || pinInChatMessage?.key?.id || null
}
