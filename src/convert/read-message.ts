// What is in one decrypted part of a message stanza: its message, and those that it hands over. Read once, for whoever looks up what opens it
// and for its conversion. Pure, never throws.
import { proto } from '@whiskeysockets/baileys'
import type { MessageOrigin } from './authority.ts'
import type { Ignores } from './draft.ts'
import { hasContent, unpad } from './message-content.ts'
import { type Recovered, recoveredFrom } from './recovered-messages.ts'
import type { Stanza } from './stanza-identity.ts'
import { unwrapMessage } from './unwrap-message.ts'

export type MessagePart = {
  stanza: Stanza
  /** Index among the encrypted or plain parts of the stanza. */
  part: number
  plaintext: Uint8Array
  /** Encrypted parts come padded, newsletters' plain ones do not. */
  isPadded: boolean
  receivedAt: number
  /** See MessageOrigin. */
  aliases: readonly string[]
  ownId: string | null
  ignores: Ignores
}

/** No messages and no refusal: the part only distributes keys. `refusal`: why its bytes are no message; null: they are. */
export type Read = { messages: readonly Recovered[]; refusal: unknown; origin: MessageOrigin }

export function readMessage({
  stanza,
  part,
  plaintext,
  isPadded,
  receivedAt,
  aliases,
  ownId,
}: Omit<MessagePart, 'ignores'>): Read {
  const origin: MessageOrigin = { stanza, ordinal: { part, index: 0 }, raw: plaintext, receivedAt, aliases, ownId }
  try {
    const raw = isPadded ? unpad(plaintext) : plaintext
    if (!hasContent(raw)) return { messages: [], refusal: null, origin }
    const message = proto.Message.decode(raw)
    const recovered = recoveredFrom(unwrapMessage(message).content, origin)
    return { messages: [{ message, origin: { ...origin, raw }, secret: null }, ...recovered], refusal: null, origin }
  } catch (refusal) {
    return { messages: [], refusal, origin }
  }
}
