// Every seal by a known key, made with HMAC alone (RFC 5869) apart from the code that opens it; and what is no seal, or holds nonsense.
import { createCipheriv, createHash } from 'node:crypto'
import { decryptEventResponse, decryptPollVote, proto } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import { eventAnswer, vote } from '../../simulator/accounts/seal-content.ts'
import { convertMessage } from '../../src/convert/convert-message.ts'
import { readMessage } from '../../src/convert/read-message.ts'
import { type MessageSecret, secretBroughtBy } from '../../src/convert/sealed/message-secret.ts'
import { openSeal, type SealName, sealIn } from '../../src/convert/sealed/seal.ts'
import { identityOf, readStanza } from '../../src/convert/stanza-identity.ts'
import { sourceId } from '../../src/events/ids.ts'

const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }
const ana = { id: '200@lid', pn: '5511900000011@s.whatsapp.net' }
const bea = { id: '201@lid', pn: '5511900000012@s.whatsapp.net' }
const group = '1203@g.us'
const targetId = '3EB0A0'
const secret = Buffer.from(Array.from({ length: 32 }, (_, index) => index))
/** Of `targetId` by Ana's LID, modified by Bea's phone number. */
const keys: Readonly<Record<SealName, string>> = {
  'Poll Vote': '788f06f57c8acca276486cb54efcf9fa27c40d1d29bbf50f3f30d62a8831d5ec',
  'Event Response': '3af630d1259e1a49c909fc142f35515f3c6e76822687fd8777c2fa68e27e6b83',
  'Message Edit': '8ddd55229b8ea00802421d4745e619222d95547f462269fb51684e43fbeee093',
  'Event Edit': '93db03fcae7857077d258517434a793ce9d1132932bfe41316ef551b9d1e4b3a',
  'Enc Reaction': '0b6502a4c0ea4a7f6c639afe17c597a4c663a6c6b768a86a97a9dcf8e5e8d303',
  'Enc Comment': 'c632b3c2a0dd661eed433058ac46aab21c9b9082e1d09f98efa18b42a29de5e6',
}
const parties = { author: ana.id, modifier: bea.pn }
const boundTo = Buffer.from(`${targetId}\0${bea.pn}`)
const bound: readonly SealName[] = ['Poll Vote', 'Event Response']
const { Message } = proto
const { Type } = Message.ProtocolMessage
const iv = Buffer.alloc(12, 9)

function sealed(name: SealName, plain: Uint8Array): { encPayload: Buffer; encIv: Buffer } {
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(keys[name], 'hex'), iv)
  if (bound.includes(name)) cipher.setAAD(boundTo)
  return { encPayload: Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]), encIv: iv }
}
const key = { id: targetId, remoteJid: group, participant: ana.id, fromMe: false }
const carried: Readonly<Record<SealName, (box: ReturnType<typeof sealed>) => proto.IMessage>> = {
  'Poll Vote': vote => ({ pollUpdateMessage: { pollCreationMessageKey: key, vote } }),
  'Event Response': box => ({ encEventResponseMessage: { eventCreationMessageKey: key, ...box } }),
  'Message Edit': box => ({ secretEncryptedMessage: { targetMessageKey: key, ...box, secretEncType: 2 } }),
  'Event Edit': box => ({ secretEncryptedMessage: { targetMessageKey: key, ...box, secretEncType: 1 } }),
  'Enc Reaction': box => ({ encReactionMessage: { targetMessageKey: key, ...box } }),
  'Enc Comment': box => ({ encCommentMessage: { targetMessageKey: key, ...box } }),
}
const names = Object.keys(keys) as SealName[]
function inside(content: proto.IMessage) {
  const seal = sealIn(content)
  if (seal === null) throw new Error('expected a seal')
  return seal
}

describe('opened', () => {
  test.each(names)('[B9] %s opens with its key, and with no other', name => {
    const plain = Buffer.from(`what ${name} says`)
    const seal = inside(carried[name](sealed(name, plain)))
    expect(seal.name).toBe(name)
    expect(openSeal(seal, secret, parties)).toEqual(plain)
    expect(openSeal(seal, Buffer.alloc(32), parties)).toBeNull()
    for (const wrong of [{ author: ana.pn }, { modifier: bea.id }, { author: bea.pn, modifier: ana.id }])
      expect(openSeal(seal, secret, { ...parties, ...wrong })).toBeNull()
    expect(openSeal({ ...seal, target: { ...seal.target, id: '3EB0A1' } }, secret, parties)).toBeNull()
    for (const other of names.filter(one => one !== name)) expect(openSeal({ ...seal, name: other }, secret, parties)).toBeNull()
  })

  test('[B9] [K1] what the simulator seals opens with Baileys’ own code as well', () => {
    const contacts = { by: contactOf(bea), author: contactOf(ana) }
    const target = { messageId: targetId, author: contacts.author }
    const voted = vote(contacts.by, ['soup'], target, { secret }).pollUpdateMessage?.vote
    const answered = eventAnswer(contacts.by, 'maybe', target, { secret }).encEventResponseMessage
    const ofPoll = { pollCreatorJid: ana.id, pollMsgId: targetId, pollEncKey: secret, voterJid: bea.id }
    const ofEvent = { eventCreatorJid: ana.id, eventMsgId: targetId, eventEncKey: secret, responderJid: bea.id }
    const hashes = decryptPollVote(voted ?? {}, ofPoll).selectedOptions
    expect(hashes.map(hash => Buffer.from(hash).toString('hex'))).toEqual([sha256('soup')])
    expect(decryptEventResponse(answered ?? {}, ofEvent).response).toBe(Message.EventResponseMessage.EventResponseType.MAYBE)
  })

  test('[B5] [B9] what is cut short, too long to be derived from or no seal at all opens nothing, and throws nothing', () => {
    const seal = inside(carried['Poll Vote'](sealed('Poll Vote', Buffer.from('x'))))
    for (const broken of [
      { iv: Buffer.alloc(0) },
      { iv: Buffer.alloc(16) },
      { payload: Buffer.alloc(0) },
      { payload: Buffer.alloc(15) },
      { payload: seal.payload.subarray(1) },
      { target: { id: 'x'.repeat(1_000_000) } },
      { target: { id: '\0\ud800' } },
    ])
      expect(openSeal({ ...seal, ...broken }, secret, parties)).toBeNull()
    for (const content of [
      { pollUpdateMessage: {} },
      { pollUpdateMessage: { pollCreationMessageKey: { id: '' }, vote: {} } },
      { secretEncryptedMessage: { targetMessageKey: key, encPayload: iv, encIv: iv, secretEncType: 0 } },
      { secretEncryptedMessage: { targetMessageKey: key, secretEncType: 2 } },
      { encReactionMessage: { targetMessageKey: { remoteJid: group }, encPayload: iv, encIv: iv } },
      { conversation: 'x' },
    ])
      expect(sealIn(content)).toBeNull()
  })
})

const sha256 = (option: string): string => createHash('sha256').update(option).digest('hex')
const contactOf = ({ id, pn }: typeof ana) => ({ pn: '', pnJid: pn, lidJid: id, name: '' })

type Attrs = Record<string, string>
const byBea: Attrs = { from: group, participant: bea.id, participant_pn: bea.pn, notify: 'Bea' }
const ofPoll: MessageSecret = { author: ana, secret, options: ['soup', 'salad'] }

function partOf(message: proto.IMessage, attrs: Attrs = byBea) {
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
function convert(message: proto.IMessage, known: readonly MessageSecret[] = [ofPoll], attrs: Attrs = byBea) {
  const part = partOf(message, attrs)
  return convertMessage(part, readMessage(part), () => known)
}
const said = (name: SealName, plain: Uint8Array, known?: readonly MessageSecret[]) =>
  convert(carried[name](sealed(name, plain)), known)
const voteFor = (...options: readonly string[]) =>
  Message.PollVoteMessage.encode({ selectedOptions: options.map(option => Buffer.from(sha256(option), 'hex')) }).finish()

describe('converted', () => {
  test('[B9] [B5] a vote keeps the bytes that came, and an option is told once', () => {
    const [event, ...others] = said('Poll Vote', voteFor('salad', 'other', 'salad'))
    expect(others).toEqual([])
    expect(event).toMatchObject({
      type: 'poll.voted',
      options: ['salad'],
      unknownHashes: [sha256('other')],
      targetSenderId: ana.id,
    })
    expect(event?.raw?.includes(sealed('Poll Vote', voteFor('salad', 'other', 'salad')).encPayload)).toBe(true)
  })

  test('[B9] of several that wrote under one id, the one whose secret opens it made the poll', () => {
    const strangers = Array.from({ length: 7 }, (_, index) => ({
      ...ofPoll,
      author: { id: `9${index}@lid`, pn: null },
      options: [],
    }))
    expect(said('Poll Vote', voteFor('soup'), [...strangers, ofPoll])).toMatchObject([
      { targetSenderId: ana.id, options: ['soup'] },
    ])
    // However many they are, the one that the vote names is tried.
    const crowd = Array.from({ length: 60 }, (_, index) => ({ ...ofPoll, author: { id: `9${index}@lid`, pn: null } }))
    expect(said('Poll Vote', voteFor('soup'), [...crowd, ofPoll])).toMatchObject([{ type: 'poll.voted', targetSenderId: ana.id }])
  })

  test('[B3] [B9] without the secret it is told under an id of its own, apart from what failed to be decrypted before', () => {
    const [event] = said('Poll Vote', voteFor('soup'), [])
    const [again] = said('Poll Vote', voteFor('soup'), [{ ...ofPoll, secret: Buffer.alloc(32) }])
    expect(event).toMatchObject({ type: 'message.undecryptable', reason: 'no-secret', encryption: 'Poll Vote' })
    expect(event).toMatchObject({ targetMessageId: targetId, senderName: 'Bea', isGroup: true, messageId: 'M' })
    expect(again?.eventId).toBe(event?.eventId)
    const { stanza } = partOf({})
    const ofFailure = sourceId(identityOf(stanza), 'message.undecryptable', { part: 0, index: 0 })
    expect(event?.eventId).not.toBe(ofFailure)
  })

  test('[B9] a reaction, an edit and a comment are about the message whose secret they took, whatever is written inside', () => {
    const elsewhere = { id: 'ANOTHER', fromMe: true }
    const reaction = Message.ReactionMessage.encode({ key: elsewhere, text: '🎉' }).finish()
    expect(said('Enc Reaction', reaction)).toMatchObject([{ type: 'message.reacted', targetMessageId: targetId, emoji: '🎉' }])
    const revoke = Message.encode({ protocolMessage: { type: Type.REVOKE, key: elsewhere } }).finish()
    expect(said('Enc Comment', revoke)).toMatchObject([{ type: 'unknown', name: 'message: Enc Comment, of another kind' }])
    const nested = Message.encode(carried['Enc Comment'](sealed('Enc Comment', revoke))).finish()
    expect(said('Enc Comment', nested)).toMatchObject([{ type: 'unknown', name: 'message: Enc Comment, of another kind' }])
  })

  const newAnswer = Buffer.concat([Buffer.of(0x08, 77), Message.EventResponseMessage.encode({ extraGuestCount: -5 }).finish()])

  test('[B5] [B8] [B9] nonsense inside, of any depth and length, is unknown with the bytes that came', () => {
    const unreadable = { type: 'unknown', name: expect.stringMatching(/^message: Enc Comment, unreadable/) }
    expect(said('Enc Comment', Buffer.from('ffffff', 'hex'))).toMatchObject([unreadable])
    expect(said('Enc Comment', deep(100_000))).toMatchObject([unreadable])
    const many = Array.from({ length: 100_000 }, (_, index) => Buffer.of(index & 0xff, (index >> 8) & 0xff, index >> 16))
    const [event] = said('Poll Vote', Message.PollVoteMessage.encode({ selectedOptions: many }).finish())
    expect(event).toMatchObject({ type: 'poll.voted', options: [] })
    expect(said('Event Response', newAnswer)).toMatchObject([{ type: 'message.received', interactive: '{"response":"unknown"}' }])
  })
})

/** Wrappers around wrappers, written by hand: ephemeralMessage is field 40, its message field 1. */
function deep(levels: number): Buffer {
  const parts: Buffer[] = []
  let length = 0
  for (let level = 0; level < levels; level++) {
    const tag = level % 2 === 0 ? Buffer.of(0x0a) : Buffer.of(0xc2, 0x02)
    const head = Buffer.concat([tag, varint(length)])
    parts.push(head)
    length += head.length
  }
  return Buffer.concat(parts.reverse())
}
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

describe('own messages', () => {
  const edit = (editedKey: proto.IMessageKey, content: proto.IMessage) => {
    const change = { protocolMessage: { type: Type.MESSAGE_EDIT, key: { id: 'INSIDE' }, editedMessage: content } }
    return { change: Message.encode(change).finish(), key: editedKey }
  }
  const by = (
    name: 'Message Edit' | 'Event Edit',
    plain: Uint8Array,
    known: readonly MessageSecret[],
    editedKey: proto.IMessageKey,
  ) => {
    const message = carried[name](sealed(name, plain))
    const secretEncryptedMessage = { ...message.secretEncryptedMessage, targetMessageKey: { id: targetId, ...editedKey } }
    return convert({ secretEncryptedMessage }, known, { ...byBea, participant: ana.id, participant_pn: bea.pn })
  }
  /** The keys above are for a sender that is Ana by LID and has the number: one person. */
  const one = { author: { id: ana.id, pn: bea.pn }, secret, options: [] }

  test('[B9] an edit is of the message that its key names, by its author alone', () => {
    const { change } = edit({}, { conversation: 'new' })
    expect(by('Message Edit', change, [one], { fromMe: true })).toMatchObject([
      { type: 'message.edited', targetMessageId: targetId, text: 'new' },
    ])
    const refused = [{ type: 'unknown', name: 'message: edit without authority' }]
    expect(by('Message Edit', change, [{ ...one, author: { id: '999@lid', pn: null } }], { fromMe: true })).toMatchObject(refused)
    expect(by('Message Edit', change, [one], { participant: '999@lid' })).toMatchObject(refused)
    expect(by('Message Edit', change, [], { participant: '999@lid' })).toMatchObject(refused)
    expect(by('Message Edit', change, [], { fromMe: true })).toMatchObject([
      { type: 'message.undecryptable', reason: 'no-secret' },
    ])
  })

  test('[B9] where somebody else wrote under the same id, that one’s secret opens no edit of one’s own', () => {
    const { change } = edit({}, { conversation: 'new' })
    const { secretEncryptedMessage } = carried['Message Edit'](sealed('Message Edit', change))
    const message = { secretEncryptedMessage: { ...secretEncryptedMessage, targetMessageKey: { id: targetId, fromMe: true } } }
    const ownOfBea = { author: bea, secret: Buffer.alloc(32), options: [] }
    expect(convert(message, [ofPoll, ownOfBea])).toMatchObject([{ type: 'message.undecryptable', reason: 'no-secret' }])
  })

  test('[B9] an event’s edit says all that the event is now: called off, at another time, elsewhere', () => {
    const eventMessage = {
      name: 'Picnic',
      isCanceled: true,
      startTime: 1_800_000_000,
      location: { degreesLatitude: -23.5, degreesLongitude: -46.6, name: 'Park' },
    }
    const [edited] = by('Event Edit', edit({}, { eventMessage }).change, [one], {})
    if (edited?.type !== 'message.edited') throw new Error(`${edited?.type}`)
    expect(JSON.parse(edited.interactive ?? '')).toEqual({
      name: 'Picnic',
      cancelled: true,
      startsAt: '2027-01-15T08:00:00.000Z',
    })
    expect(edited.location).toMatchObject({ latitude: -23.5, longitude: -46.6, name: 'Park' })
    expect(by('Message Edit', edit({}, { conversation: 'new' }).change, [one], {})).toMatchObject([
      { type: 'message.edited', interactive: null, location: null },
    ])
  })

  test('[B9] an event’s edit says its new name, in either form; a revoke under the seal of an edit is none', () => {
    const { change } = edit({}, { eventMessage: { name: 'Picnic' } })
    const named = [{ type: 'message.edited', targetMessageId: targetId, text: 'Picnic' }]
    expect(by('Event Edit', change, [one], {})).toMatchObject(named)
    expect(by('Event Edit', Message.encode({ eventMessage: { name: 'Picnic' } }).finish(), [one], {})).toMatchObject(named)
    const revoke = Message.encode({ protocolMessage: { type: Type.REVOKE, key: { id: targetId } } }).finish()
    const none = [{ type: 'unknown', name: 'message: Message Edit, of another kind' }]
    expect(by('Message Edit', revoke, [one], {})).toMatchObject(none)
    expect(by('Message Edit', Message.encode({ conversation: 'x' }).finish(), [one], {})).toMatchObject(none)
  })
})

describe('brought', () => {
  const brought = (message: proto.IMessage, attrs?: Attrs) => readMessage(partOf(message, attrs)).messages.map(secretBroughtBy)
  const messageContextInfo = { messageSecret: secret }

  test('[B9] the secret is taken from the message, from inside a copy of the own phone’s and of a wrapper, and beside what the phone hands over', () => {
    const inChat = { from: own.lid, recipient: ana.id, peer_recipient_pn: ana.pn }
    const expected = { messageId: 'M', secret, isForEver: false, options: [] }
    expect(brought({ conversation: 'x', messageContextInfo })).toEqual([
      { ...expected, chat: { id: group, pn: null }, author: bea },
    ])
    const copy = { deviceSentMessage: { destinationJid: ana.id, message: { conversation: 'x', messageContextInfo } } }
    expect(brought(copy, inChat)).toEqual([{ ...expected, chat: ana, author: { id: own.lid, pn: null } }])
    expect(brought({ viewOnceMessage: { message: { conversation: 'x', messageContextInfo } } })).toMatchObject([expected])
    const info = { key: { id: 'H', remoteJid: ana.id, fromMe: false }, message: { conversation: 'x' }, messageSecret: secret }
    const webMessageInfoBytes = proto.WebMessageInfo.encode(info).finish()
    const peerDataOperationResult = [{ placeholderMessageResendResponse: { webMessageInfoBytes } }]
    const type = Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE
    const handedOver = { protocolMessage: { type, peerDataOperationRequestResponseMessage: { peerDataOperationResult } } }
    expect(brought(handedOver, { from: own.pn })).toMatchObject([null, { messageId: 'H', secret, author: { id: ana.id } }])
  })

  test('[B9] of polls and events for ever, with the options of a poll', () => {
    const options = [{ optionName: 'soup' }, { optionName: 'salad' }, {}]
    const poll = { name: 'Lunch?', options }
    expect(brought({ pollCreationMessageV3: poll, messageContextInfo })).toMatchObject([
      { isForEver: true, options: ['soup', 'salad', ''] },
    ])
    expect(brought({ eventMessage: { name: 'Picnic' }, messageContextInfo })).toMatchObject([{ isForEver: true, options: [] }])
  })

  test('[B5] [B9] what is no secret of 32 bytes is none, and a poll’s options are kept within bounds', () => {
    for (const messageSecret of [Buffer.alloc(0), Buffer.alloc(31), Buffer.alloc(33)])
      expect(brought({ conversation: 'x', messageContextInfo: { messageSecret } })).toEqual([null])
    expect(brought({ conversation: 'x' })).toEqual([null])
    const optionsOf = (options: readonly { optionName: string }[]) =>
      brought({ pollCreationMessage: { options: [...options] }, messageContextInfo })[0]?.options
    expect(optionsOf(Array.from({ length: 100_000 }, () => ({ optionName: 'x' })))).toHaveLength(256)
    expect(optionsOf([{ optionName: 'a' }, { optionName: 'x'.repeat(1_000_000) }, { optionName: 'b' }])).toEqual(['a'])
  })
})
