// What is sent for a command: WhatsApp's protobuf of what was asked for. Pure; made once, and every try sends the same bytes.
import type { proto } from '@whiskeysockets/baileys'
import type { MessageBody } from '../../events/command-bodies.ts'

export type Outgoing = {
  /** Where it goes: the address of the chat, without device. */
  to: string
  content: proto.IMessage
  /** Of the stanza, besides those that Baileys sets (edit="1" of an edit). */
  attributes: Readonly<Record<string, string>>
}
/** `secret`: 32 random bytes, its messageSecret; `now`: epoch ms; `own`: the account's addresses, without device. */
export type BuildWith = { messageId: string; secret: Uint8Array; now: number; own: { pn: string | null; lid: string | null } }

export function buildMessage(body: MessageBody, { secret }: BuildWith): Outgoing {
  return {
    to: body.chatId,
    content: { extendedTextMessage: { text: body.text }, messageContextInfo: { messageSecret: secret } },
    attributes: {},
  }
}
