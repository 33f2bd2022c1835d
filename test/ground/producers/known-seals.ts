// Every seal by a known key, made with HMAC alone (RFC 5869) apart from the code that opens it, and the stanzas that bring them.
import { createCipheriv, createHash } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import { convertMessage } from '../../../src/convert/convert-message.ts'
import { readMessage } from '../../../src/convert/read-message.ts'
import type { MessageSecret } from '../../../src/convert/sealed/message-secret.ts'
import { type SealName, sealIn } from '../../../src/convert/sealed/seal.ts'
import { readStanza } from '../../../src/convert/stanza-identity.ts'

export const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }

export const ana = { id: '200@lid', pn: '5511900000011@s.whatsapp.net' }

export const bea = { id: '201@lid', pn: '5511900000012@s.whatsapp.net' }

export const group = '1203@g.us'

export const targetId = '3EB0A0'

export const secret = Buffer.from(Array.from({ length: 32 }, (_, index) => index))

/** Of `targetId` by Ana's LID, modified by Bea's phone number. */
const keys: Readonly<Record<SealName, string>> = {
  'Poll Vote': '788f06f57c8acca276486cb54efcf9fa27c40d1d29bbf50f3f30d62a8831d5ec',
  'Event Response': '3af630d1259e1a49c909fc142f35515f3c6e76822687fd8777c2fa68e27e6b83',
  'Message Edit': '8ddd55229b8ea00802421d4745e619222d95547f462269fb51684e43fbeee093',
  'Event Edit': '93db03fcae7857077d258517434a793ce9d1132932bfe41316ef551b9d1e4b3a',
  'Enc Reaction': '0b6502a4c0ea4a7f6c639afe17c597a4c663a6c6b768a86a97a9dcf8e5e8d303',
  'Enc Comment': 'c632b3c2a0dd661eed433058ac46aab21c9b9082e1d09f98efa18b42a29de5e6',
}

export const parties = { author: ana.id, modifier: bea.pn }

const boundTo = Buffer.from(`${targetId}\0${bea.pn}`)

const bound: readonly SealName[] = ['Poll Vote', 'Event Response']

export const { Message } = proto

export const { Type } = Message.ProtocolMessage

export const iv = Buffer.alloc(12, 9)

export function sealed(name: SealName, plain: Uint8Array): { encPayload: Buffer; encIv: Buffer } {
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(keys[name], 'hex'), iv)
  if (bound.includes(name)) cipher.setAAD(boundTo)
  return { encPayload: Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]), encIv: iv }
}

export const key = { id: targetId, remoteJid: group, participant: ana.id, fromMe: false }

export const carried: Readonly<Record<SealName, (box: ReturnType<typeof sealed>) => proto.IMessage>> = {
  'Poll Vote': vote => ({ pollUpdateMessage: { pollCreationMessageKey: key, vote } }),
  'Event Response': box => ({ encEventResponseMessage: { eventCreationMessageKey: key, ...box } }),
  'Message Edit': box => ({ secretEncryptedMessage: { targetMessageKey: key, ...box, secretEncType: 2 } }),
  'Event Edit': box => ({ secretEncryptedMessage: { targetMessageKey: key, ...box, secretEncType: 1 } }),
  'Enc Reaction': box => ({ encReactionMessage: { targetMessageKey: key, ...box } }),
  'Enc Comment': box => ({ encCommentMessage: { targetMessageKey: key, ...box } }),
}

export const names = Object.keys(keys) as SealName[]

export function inside(content: proto.IMessage) {
  const seal = sealIn(content)
  if (seal === null) throw new Error('expected a seal')
  return seal
}

export const sha256 = (option: string): string => createHash('sha256').update(option).digest('hex')

export const contactOf = ({ id, pn }: typeof ana) => ({ pn: '', pnJid: pn, lidJid: id, name: '' })

export type Attrs = Record<string, string>

export const byBea: Attrs = { from: group, participant: bea.id, participant_pn: bea.pn, notify: 'Bea' }

export const ofPoll: MessageSecret = { author: ana, secret, options: ['soup', 'salad'] }

export function partOf(message: proto.IMessage, attrs: Attrs = byBea) {
  const stanza = readStanza({ tag: 'message', attrs: { id: 'M', t: '1700000000', ...attrs } }, { instanceId: 'first', own })
  const plaintext = Message.encode(message).finish()
  return {
    stanza,
    part: 0,
    plaintext,
    isPadded: false,
    receivedAt: 1_700_000_001_000,
    aliases: [],
    ownId: null,
    ignores: () => false,
  }
}

export function convert(message: proto.IMessage, known: readonly MessageSecret[] = [ofPoll], attrs: Attrs = byBea) {
  const part = partOf(message, attrs)
  return convertMessage(part, readMessage(part), () => known)
}

export const said = (name: SealName, plain: Uint8Array, known?: readonly MessageSecret[]) =>
  convert(carried[name](sealed(name, plain)), known)

export const voteFor = (...options: readonly string[]) =>
  Message.PollVoteMessage.encode({ selectedOptions: options.map(option => Buffer.from(sha256(option), 'hex')) }).finish()
