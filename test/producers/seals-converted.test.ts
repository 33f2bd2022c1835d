// What was under a seal is told of the message that its secret was of, by whoever may say it, and nonsense inside as unknown with its bytes.
import type { proto } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import type { MessageSecret } from '../../src/convert/sealed/message-secret.ts'
import { identityOf } from '../../src/convert/stanza-identity.ts'
import { sourceId } from '../../src/events/ids.ts'
import {
  ana,
  bea,
  byBea,
  carried,
  convert,
  Message,
  ofPoll,
  partOf,
  said,
  sealed,
  secret,
  sha256,
  Type,
  targetId,
  voteFor,
} from '../ground/producers/known-seals.ts'

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
