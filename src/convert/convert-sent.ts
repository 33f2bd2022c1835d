// What the account itself sent for a command, as events: by the same conversion as what its other devices send. Pure; the same bytes are the
// same events, whoever tells them and however often.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { convertMessage } from './convert-message.ts'
import type { Ignores, Offer } from './draft.ts'
import { isBroadcast, isGroup, isNewsletter, type OwnAddresses } from './jid.ts'
import { type Read, readMessage } from './read-message.ts'
import { readStanza, type Stanza } from './stanza-identity.ts'

/** `device`: this one, of the account's. `saidAt`: epoch seconds in digits, by WhatsApp's server; `at`: by ours, epoch ms. */
export type SentMessage = {
  instanceId: string
  commandId: string
  messageId: string
  to: string
  attributes: Readonly<Record<string, string>>
  own: OwnAddresses
  device: number
  content: Uint8Array
  saidAt: string | null
  at: number
}

export function convertSent(sent: SentMessage, ignores: Ignores): readonly Offer[] {
  const part = { ...partOf(sent), ignores }
  return convertMessage(part, readMessage(part)).map(offer =>
    offer.type === 'message.sent' ? { ...offer, source: 'api', commandId: sent.commandId } : offer,
  )
}

/** What is in it, for whoever keeps its secret. */
export const readSent = (sent: SentMessage): Read => readMessage(partOf(sent))

function partOf(sent: SentMessage) {
  const { own, content, at } = sent
  const aliases = [own.lid, own.pn].filter(address => address !== null)
  return {
    stanza: stanzaOf(sent),
    part: 0,
    plaintext: content,
    isPadded: false,
    receivedAt: at,
    aliases,
    ownId: own.lid ?? own.pn,
  }
}

function stanzaOf({ instanceId, messageId, to, attributes, own, device, saidAt }: SentMessage): Stanza {
  const author = (own.lid ?? own.pn ?? '').replace('@', `:${device}@`)
  const isShared = isGroup(to) || isBroadcast(to) || isNewsletter(to)
  const between = isShared ? { from: to, participant: author } : { from: author, recipient: to }
  const attrs: BinaryNode['attrs'] = { ...attributes, id: messageId, ...between, ...(saidAt !== null && { t: saidAt }) }
  return readStanza({ tag: 'message', attrs }, { instanceId, own })
}
