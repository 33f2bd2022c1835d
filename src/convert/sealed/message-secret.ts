// The secret that a message brings (messageContextInfo.messageSecret, 32 bytes): what refers to the message later is sealed with it. Phones
// put one into everything that people write. Pure.
import { convertPoll } from '../kinds/poll.ts'
import type { Recovered } from '../recovered-messages.ts'
import { type Address, shownChatOf } from '../stanza-identity.ts'
import { unwrapMessage } from '../unwrap-message.ts'

/** `author`: whose message it is, LID and phone number as far as the instance knows them. */
export type MessageSecret = {
  author: Address
  secret: Buffer
  /** Names of a poll's options, in order; empty: it is none. */
  options: readonly string[]
}
/** Of one message. `isForEver`: it can be answered for as long as it is there; anything else is edited or reacted to for a while. */
export type BroughtSecret = MessageSecret & { messageId: string; chat: Address; isForEver: boolean }

const secretBytes = 32
/** WhatsApp's apps take 12 options of 100 characters; what is beyond these bounds is told by its hash. */
const maxOptions = 256
const maxOptionBytes = 16 * 1024

/** null: it brings none. Addresses are those of the stanza. */
export function secretBroughtBy({ message, origin, secret: ofPhone }: Recovered): BroughtSecret | null {
  const { content } = unwrapMessage(message)
  const inside = message.deviceSentMessage?.message
  const secret = [ofPhone, ...[message, inside, content].map(one => one?.messageContextInfo?.messageSecret)].find(isSecret)
  if (!secret) return null
  const { stanza } = origin
  const poll = convertPoll(content)?.poll ?? null
  return {
    messageId: stanza.stanzaId,
    chat: shownChatOf(stanza),
    author: stanza.sender,
    secret: Buffer.from(secret),
    options: poll === null ? [] : withinBounds(poll.options),
    isForEver: poll !== null || Boolean(content.eventMessage),
  }
}

const isSecret = (bytes: Uint8Array | null | undefined): boolean => bytes?.length === secretBytes

/** Names of a poll's options, as many as are looked at. */
export function withinBounds(options: readonly string[]): readonly string[] {
  const names: string[] = []
  let left = maxOptionBytes
  for (const name of options.slice(0, maxOptions)) {
    left -= Buffer.byteLength(name)
    if (left < 0) break
    names.push(name)
  }
  return names
}
