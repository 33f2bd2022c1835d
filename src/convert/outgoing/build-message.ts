// What is sent for a command: WhatsApp's protobuf of what was asked for. Pure; made once, and every try sends the same bytes.
// Forms are those of Baileys' lib/Utils/messages.js (generateWAMessageContent) and lib/Socket/messages-send.js (sendMessage) and of
// whatsmeow's send.go, unless a file says otherwise.
import type { proto } from '@whiskeysockets/baileys'
import { isStatusAddress } from '../../events/command-bodies/addresses.ts'
import type { KeptBody } from '../../events/command-bodies.ts'
import { inAlbum } from './album-content.ts'
import { changeMessage, isChange } from './change-message.ts'
import { forwardContent } from './forward-content.ts'
import { setTimer } from './set-timer.ts'
import { writeContent } from './write-content.ts'
import type { FileToSend } from './write-file.ts'

export type Outgoing = {
  /** Where it goes: the address of the chat, without device. */
  to: string
  content: proto.IMessage
  /** Of the stanza, besides those that Baileys sets (edit="1" of an edit). */
  attributes: Readonly<Record<string, string>>
  /** Inside of the stanza, besides those that Baileys puts there: Baileys' additionalNodes. */
  nodes: readonly StanzaNode[]
  /** Of a status: whom it is sent, the account itself among them; left out: everybody in the chat. */
  audience?: readonly string[]
}
export type StanzaNode = { tag: string; attrs: Record<string, string>; content?: StanzaNode[] }
/**
 * `secret`: 32 random bytes, its messageSecret; `now`, `askedAt`: epoch ms; `own`: the account's addresses, without device; `file`: of a body
 * that sends one. */
export type BuildWith = {
  messageId: string
  secret: Uint8Array
  now: number
  askedAt: number
  own: { pn: string | null; lid: string | null }
  file: FileToSend | null
}
/** Of one kind of body; what is left out is empty. */
export type Built = { content: proto.IMessage; attributes?: Outgoing['attributes']; nodes?: Outgoing['nodes'] }

/** Throws where `known` or `file` lacks what its kind needs: nothing can be sent of it. */
export const buildMessage = (body: KeptBody, given: BuildWith): Outgoing => ({
  to: body.chatId,
  attributes: {},
  nodes: [],
  ...audienceOf(body, given),
  ...builtOf(body, given),
})

/** The account's own devices show it as well: they are asked for like anybody's. */
function audienceOf({ chatId, kind, known }: KeptBody, { own }: BuildWith): Pick<Outgoing, 'audience'> {
  if (!isStatusAddress(chatId)) return {}
  if (known?.audience === undefined) throw new Error(`building ${kind} of a status: expected who sees it, got nobody`)
  const self = own.lid ?? own.pn
  return { audience: [...new Set([...known.audience, ...(self === null ? [] : [self])])] }
}

function builtOf(body: KeptBody, given: BuildWith): Built {
  if (isChange(body)) return changeMessage(body, given)
  if (body.kind === 'timer') return setTimer(body, given)
  const built = body.kind === 'forward' ? forwardContent(body, given) : writeContent(body, given)
  // Phones put one into everything that can be edited, voted on, answered or reacted to; those are sealed with it.
  const messageContextInfo = { messageSecret: given.secret, ...inAlbum(body) }
  return { ...built, content: { ...built.content, messageContextInfo } }
}
