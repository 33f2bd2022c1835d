// Who and what a stanza is about, from the stanza alone: the same stanza gives the same identity at every redelivery.
// No mapping look-up is used: one delivery might know a mapping that the next does not, and the event id would change.
import { createHash } from 'node:crypto'
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { StanzaIdentity } from '../events/ids.ts'
import {
  bareJid,
  deviceOf,
  isBroadcast,
  isBroadcastList,
  isGroup,
  isLid,
  isNewsletter,
  isOwn,
  isPn,
  type OwnAddresses,
} from './jid.ts'

/** An address with its counterpart where the stanza names it: id is the LID wherever there is one. */
export type Address = { id: string; pn: string | null }

export type Stanza = {
  instanceId: string
  stanzaClass: string
  stanzaId: string
  fromMe: boolean
  chat: Address
  sender: Address
  /** 0 is the phone itself. */
  senderDevice: number
  isGroup: boolean
  /** Epoch seconds by WhatsApp's clock, unchecked (occurred-at.ts decides); null where the stanza has none. */
  saidAt: string | null
  /** Push name. */
  senderName: string | null
  /**
   * What WhatsApp's server calls a change: 1 edit, 2 pin, 7 revoke by the sender, 8 revoke by a group's admin; null: not said, as of what the phone
   * hands over and of what is told from its event.
   */
  edit: string | null
  /** Between the account's own devices: no message of any chat. */
  isPeer: boolean
}

export function readStanza(node: BinaryNode, of: { instanceId: string; own: OwnAddresses }): Stanza {
  const { attrs } = node
  const from = bareJid(attrs.from ?? '')
  const isShared = isGroup(from) || isBroadcast(from) || isNewsletter(from)
  const author = isShared ? (attrs.participant ?? from) : (attrs.participant ?? attrs.from ?? '')
  const fromMe = isOwn(author, of.own)
  const sender = pairOf(author, [attrs.participant_lid, attrs.sender_lid], [attrs.participant_pn, attrs.sender_pn])
  return {
    instanceId: of.instanceId,
    stanzaClass: node.tag,
    stanzaId: attrs.id ?? '',
    fromMe,
    chat: isShared ? { id: from, pn: null } : chatOf(attrs, { fromMe, sender }),
    sender,
    senderDevice: deviceOf(author),
    isGroup: isGroup(from),
    saidAt: attrs.t ?? null,
    senderName: attrs.notify ?? null,
    edit: attrs.edit ?? null,
    isPeer: fromMe && attrs.category === 'peer',
  }
}

/** Whether its chat is of two people: no group, status, broadcast list or channel. */
export const isBetweenTwo = ({ isGroup, chat }: Pick<Stanza, 'isGroup' | 'chat'>): boolean =>
  !isGroup && !isBroadcast(chat.id) && !isNewsletter(chat.id)

/** What the event ids of this stanza are made of. */
export const identityOf = (stanza: Stanza, receipt?: NonNullable<StanzaIdentity['receipt']>): StanzaIdentity => ({
  instanceId: stanza.instanceId,
  stanzaClass: stanza.stanzaClass,
  stanzaId: stanza.stanzaId,
  fromMe: stanza.fromMe,
  chat: stanza.chat.id,
  sender: stanza.sender.id,
  ...(receipt && { receipt }),
})

/** The chat a stanza is shown in: what came through somebody's broadcast list belongs to the chat with its sender. */
export const shownChatOf = ({ stanzaClass, fromMe, chat, sender }: Stanza): Address =>
  stanzaClass === 'message' && !fromMe && isBroadcastList(chat.id) ? sender : chat

/** One part of a stanza, known again at its redelivery: (class, stanza id, sender, part, ciphertext). Encrypted anew it is another one. */
export const stanzaPartKey = (stanza: Stanza, { part, content }: { part: number; content: Uint8Array }): string =>
  [stanza.stanzaClass, stanza.stanzaId, stanza.sender.id, part, digestOf(content)].join('\n')

/** 16 bytes of SHA-256. */
const digestOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex').slice(0, 32)

/** A copy of what the account itself wrote or read is addressed from the account; `recipient` is the chat. */
function chatOf(attrs: BinaryNode['attrs'], { fromMe, sender }: { fromMe: boolean; sender: Address }): Address {
  if (!fromMe || attrs.recipient === undefined) return sender
  return pairOf(attrs.recipient, [attrs.recipient_lid, attrs.peer_recipient_lid], [attrs.recipient_pn, attrs.peer_recipient_pn])
}

/** Of one account: what it is called by, and the attributes that name it too. */
export function pairOf(address: string, lids: readonly (string | undefined)[], pns: readonly (string | undefined)[]): Address {
  const all = [address, ...lids, ...pns].filter(one => one !== undefined).map(bareJid)
  const pn = all.find(isPn) ?? null
  return { id: all.find(isLid) ?? bareJid(address), pn }
}
