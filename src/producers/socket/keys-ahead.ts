// Which keys Baileys asks for, one after another, when it takes in a message (lib/Socket/messages-recv.js handleMessage, lib/Signal/libsignal.js):
// known from the stanza alone, so that they are read in one go while the message waits to enter. A contact who writes for the first
// time has none of them, and each absence would be a round trip of its own. A guess: what is not among them is read when it is asked for.
import { type BinaryNode, jidDecode, WAJIDDomains } from '@whiskeysockets/baileys'
import { isGroup } from '../../convert/jid.ts'
import type { KeyName } from '../auth/auth-tables.ts'
import { readFirstMessage } from './first-message.ts'

export function keysNamedBy({ tag, attrs, content }: BinaryNode): readonly KeyName[] {
  const sender = tag === 'message' ? jidDecode(attrs.participant ?? attrs.from) : undefined
  if (sender === undefined) return []
  const pn = sender.server === 'lid' ? jidDecode(attrs.participant_pn ?? attrs.sender_pn)?.user : sender.user
  const address = addressOf(sender)
  const names: KeyName[] = [{ type: 'session', id: `${address.id}.${address.device}` }]
  if (pn !== undefined) names.push({ type: 'lid-mapping', id: pn }, { type: 'device-list', id: pn })
  for (const part of Array.isArray(content) ? content : []) {
    if (part.tag !== 'enc' || !(part.content instanceof Uint8Array)) continue
    if (part.attrs.type === 'pkmsg') names.push(...keysOfFirst(part.content, names[0]?.id ?? ''))
    if (part.attrs.type === 'skmsg' && isGroup(attrs.from ?? ''))
      names.push({ type: 'sender-key', id: `${attrs.from}::${address.id}::${address.device}` })
  }
  return names
}

type Decoded = NonNullable<ReturnType<typeof jidDecode>>

/** As jidToSignalProtocolAddress of lib/Signal/libsignal.js writes it. */
function addressOf({ user, device = 0, domainType }: Decoded) {
  return { id: domainType === WAJIDDomains.WHATSAPP ? user : `${user}_${domainType}`, device }
}

/** A first message names the pre-key that it was made with, 0 where WhatsApp had none left. */
function keysOfFirst(message: Uint8Array, address: string): readonly KeyName[] {
  const identity = { type: 'identity-key', id: address }
  const first = readFirstMessage(message)
  return first === null ? [identity] : [identity, { type: 'pre-key', id: String(first.preKeyId) }]
}
