// Every seal opens by its own key alone, also what others made; what is no seal, or holds nonsense, opens nothing; and the secret is taken from wherever it comes.
import { decryptEventResponse, decryptPollVote, proto } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import { eventAnswer, vote } from '../../simulator/accounts/seal-content.ts'
import { readMessage } from '../../src/convert/read-message.ts'
import { secretBroughtBy } from '../../src/convert/sealed/message-secret.ts'
import { openSeal, sealIn } from '../../src/convert/sealed/seal.ts'
import {
  type Attrs,
  ana,
  bea,
  carried,
  contactOf,
  group,
  inside,
  iv,
  key,
  Message,
  names,
  own,
  parties,
  partOf,
  sealed,
  secret,
  sha256,
  Type,
  targetId,
} from '../ground/producers/known-seals.ts'

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
