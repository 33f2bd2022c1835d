// Conversations of every event type whose ids, senders, addresses and instants collide on purpose; the same ones in every run.
import fc from 'fast-check'
import type { Event } from '../../../src/events/event.ts'
import { derivedId } from '../../../src/events/ids.ts'
import { aGroup, anEvent, somebody, somebodyElse, testStartAt } from '../events.ts'

const address = fc.constantFrom(somebody, { lid: somebody.pn, pn: somebody.pn }, { lid: somebody.lid, pn: null }, somebodyElse, {
  lid: somebodyElse.pn,
  pn: somebodyElse.pn,
})
const somewhere = fc.record({ inGroup: fc.constantFrom(false, false, true), chat: address, sender: address })
const messageId = fc.constantFrom('M1', 'M2', 'M3')
/** Of what may come sealed: told of as that, as what it is, or first as the one and then as the other. */
const sealedId = fc.constantFrom('S1', 'S2')
const round = fc.integer({ min: 1, max: 3 })
const instanceId = fc.constantFrom('shop', 'shop', 'shop', 'store')
/** Few instants, so that equal ones are told apart by epoch and sequence. */
const occurredAt = fc.integer({ min: 0, max: 5 }).map(second => testStartAt + second * 1000)

const inChat = fc
  .record({ instanceId, occurredAt, place: somewhere, fromMe: fc.constantFrom(false, false, true) })
  .map(({ place, ...rest }) => ({
    ...rest,
    isGroup: place.inGroup,
    chatId: place.inGroup ? aGroup : place.chat.lid,
    chatPn: place.inGroup ? null : place.chat.pn,
    senderId: place.sender.lid,
    senderPn: place.sender.pn,
  }))
/** In one chat, so that much is said of one thing; epochs tell the order of what has a state. */
const aboutOne = fc
  .record({
    instanceId,
    occurredAt,
    chatId: fc.constantFrom(somebody.lid, somebody.lid, somebody.pn),
    sender: address,
    epoch: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ sender, ...rest }) => ({ ...rest, isGroup: false, chatPn: null, senderId: sender.lid, senderPn: sender.pn }))
const mostlyOne = fc.constantFrom('M1', 'M1', 'M1', 'M2')
const author = fc.constantFrom(null, null, null, somebody.lid, somebody.pn)
/** The app state names no sender, and no message of its own. */
const nobody = { senderId: null, senderPn: null, messageId: null, fromMe: null }
const flag = fc.constantFrom(null, true, false)
/** An event id names its instance too. */
const file = fc.constantFrom(
  { instanceId: 'shop', sourceEventId: '1'.repeat(32) },
  { instanceId: 'shop', sourceEventId: '2'.repeat(32) },
  { instanceId: 'store', sourceEventId: '3'.repeat(32) },
)
const ofFile = fc.record({ file, occurredAt, round }).map(({ file: one, ...rest }) => ({ ...one, ...rest }))

const groupId = fc.constantFrom('1@g.us', '2@g.us')
const participant = fc.tuple(address, fc.constantFrom(null, 'admin')).map(([who, role]) => ({ id: who.lid, pn: who.pn, role }))
/** Everybody, or what changed alone. */
const ofGroup = fc
  .tuple(instanceId, groupId, fc.option(fc.string()), fc.option(fc.boolean()), fc.option(fc.array(participant, { maxLength: 3 })))
  .map(([id, group, subject, announce, participants]) =>
    anEvent('group.updated', { instanceId: id, chatId: group, groupId: group, subject, announce, participants }),
  )
const action = fc.constantFrom('add', 'remove', 'leave', 'promote', 'demote', 'modify', 'something newer')
const ofPeople = fc
  .tuple(instanceId, groupId, action, fc.array(participant, { minLength: 1, maxLength: 2 }))
  .map(([id, group, does, participants]) =>
    anEvent('group.participants-changed', { instanceId: id, chatId: group, groupId: group, action: does, participants }),
  )
const ofCall = fc
  .record({
    instanceId,
    occurredAt,
    callId: fc.constantFrom('C1', 'C2'),
    status: fc.constantFrom('offer', 'ringing', 'accepted', 'rejected', 'missed', 'ended', 'something newer'),
    video: fc.option(fc.boolean()),
    groupId: fc.constantFrom(null, aGroup),
    durationSeconds: fc.option(fc.nat(3)),
    who: address,
  })
  .map(({ who, ...of }) => anEvent('call.updated', { ...of, chatId: who.lid, senderId: who.lid, isGroup: of.groupId !== null }))
const labelId = fc.constantFrom('1', '2')
const ofLabel = fc
  .tuple(instanceId, labelId, fc.option(fc.string()), fc.constantFrom(null, null, true))
  .map(([id, label, name, deleted]) => anEvent('label.changed', { instanceId: id, labelId: label, name, deleted }))
const ofLink = fc
  .tuple(instanceId, labelId, address, fc.option(messageId), fc.boolean())
  .map(([id, label, who, targetMessageId, on]) =>
    anEvent('label.changed', {
      ...{ instanceId: id, labelId: label, name: null, color: null },
      ...{ chatId: who.lid, chatPn: who.pn, targetMessageId, on },
    }),
  )
/** Of one of two notifications, an early and a late one, whose place no other event has. */
const notification = fc.constantFrom({ epoch: 0, sequence: 7 }, { epoch: 1, sequence: 1_000_000 })
const person = address.map(who => ({ senderId: who.lid, senderPn: who.pn, fromMe: false }))
const said = fc.option(occurredAt)
const inHistory = fc.record({
  reactions: fc.option(
    fc.array(
      fc.tuple(person, fc.constantFrom('👍', '🎉'), said).map(([who, emoji, at]) => ({ ...who, emoji, at })),
      { maxLength: 2 },
    ),
  ),
  receipts: fc.option(
    fc.array(
      fc
        .tuple(address, fc.constantFrom('delivered', 'read'), said)
        .map(([who, status, at]) => ({ participantId: who.lid, participantPn: who.pn, status, at })),
      { maxLength: 2 },
    ),
  ),
  votes: fc.option(
    fc.array(
      fc
        .tuple(person, fc.constantFrom('one', 'two'), said)
        .map(([who, option, at]) => ({ ...who, options: [option], unknownHashes: [], at })),
      { maxLength: 2 },
    ),
  ),
  answers: fc.option(
    fc.array(
      fc
        .tuple(person, fc.constantFrom('going', 'maybe'), said)
        .map(([who, answer, at]) => ({ ...who, answer, extraGuests: null, at })),
      { maxLength: 2 },
    ),
  ),
  starred: fc.option(fc.boolean()),
  pinned: fc.option(fc.boolean()),
  pinnedUntil: fc.option(occurredAt),
  status: fc.option(fc.constantFrom('server', 'read')),
  revokedAt: fc.option(occurredAt, { freq: 3 }),
  undecryptable: fc.constantFrom(null, null, 'absent'),
  ordinal: fc.nat(3),
})

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.tuple(inChat, messageId, fc.string()).map(([of, id, text]) => anEvent('message.received', { ...of, messageId: id, text })),
  fc.tuple(inChat, messageId).map(([of, id]) => anEvent('message.sent', { ...of, fromMe: true, messageId: id })),
  fc.tuple(inChat, messageId).map(([of, id]) => anEvent('message.undecryptable', { ...of, messageId: id })),
  fc
    .tuple(inChat, sealedId)
    .map(([of, id]) => anEvent('message.undecryptable', { ...of, messageId: id, reason: 'no-secret', targetMessageId: 'M1' })),
  fc
    .tuple(inChat, sealedId, messageId, fc.string(), fc.option(fc.constantFrom('{"cancelled":true}', '{"cancelled":false}')))
    .map(([of, id, targetMessageId, text, interactive]) =>
      anEvent('message.edited', { ...of, messageId: id, targetMessageId, text, interactive }),
    ),
  fc
    .tuple(inChat, messageId, fc.option(address))
    .map(([of, targetMessageId, target]) =>
      anEvent('message.revoked', { ...of, targetMessageId, targetSenderId: target?.lid ?? null }),
    ),
  fc
    .tuple(inChat, sealedId, messageId, fc.constantFrom('👍', '❤️', ''))
    .map(([of, id, targetMessageId, emoji]) => anEvent('message.reacted', { ...of, messageId: id, targetMessageId, emoji })),
  fc
    .tuple(
      inChat,
      fc.array(messageId, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('server', 'error', 'delivered', 'read', 'seen'),
    )
    .map(([of, messageIds, status]) => anEvent('message.receipt-updated', { ...of, messageIds, status })),
  fc
    .tuple(aboutOne, mostlyOne, author, fc.subarray(['soup', 'salad', 'rice']), fc.constantFrom([], ['00']))
    .map(([of, targetMessageId, target, options, unknownHashes]) =>
      anEvent('poll.voted', { ...of, targetMessageId, targetSenderId: target, options, unknownHashes }),
    ),
  fc
    .tuple(aboutOne, mostlyOne, fc.constantFrom('going', 'not-going', 'maybe'), fc.option(fc.integer({ min: 0, max: 3 })))
    .map(([of, parentMessageId, response, extraGuestCount]) =>
      anEvent('message.received', {
        ...of,
        messageId: 'ANSWER',
        kind: 'event',
        parentMessageId,
        text: null,
        interactive: JSON.stringify({ response, ...(extraGuestCount !== null && { extraGuestCount }) }),
      }),
    ),
  fc
    .tuple(aboutOne, mostlyOne, author, fc.boolean(), fc.option(fc.constantFrom(0, testStartAt, 9e15)))
    .map(([of, targetMessageId, target, on, untilAt]) =>
      anEvent('message.pinned', {
        ...of,
        targetMessageId,
        targetSenderId: target,
        on,
        untilAt: on ? untilAt : null,
      }),
    ),
  fc
    .tuple(aboutOne, mostlyOne, author, fc.boolean())
    .map(([of, targetMessageId, target, on]) =>
      anEvent('message.starred', { ...of, ...nobody, targetMessageId, targetSenderId: target, on }),
    ),
  fc
    .tuple(aboutOne, mostlyOne, author)
    .map(([of, targetMessageId, target]) =>
      anEvent('message.deleted', { ...of, ...nobody, targetMessageId, targetSenderId: target }),
    ),
  fc
    .tuple(aboutOne, flag, flag, fc.option(fc.constantFrom(testStartAt, 9e15)), fc.option(fc.constantFrom(0, 86_400)))
    .map(([of, archived, muted, mutedUntil, expiresInSeconds]) =>
      anEvent('chat.updated', { ...of, ...nobody, archived, muted, mutedUntil, expiresInSeconds }),
    ),
  aboutOne.map(of => anEvent('chat.deleted', { ...of, ...nobody })),
  fc
    .tuple(instanceId, address, fc.option(fc.string()), fc.option(fc.string()))
    .map(([id, who, name, pushName]) =>
      anEvent('contact.updated', { instanceId: id, contactId: who.lid, contactPn: who.pn, contactLid: null, name, pushName }),
    ),
  fc
    .tuple(instanceId, fc.constantFrom('open', 'closed', 'logged-out'), fc.integer({ min: 1, max: 3 }), fc.boolean())
    .map(([id, state, epoch, paired]) =>
      anEvent('instance.state-changed', { instanceId: id, state, epoch, phone: paired ? '5511900000099' : null }),
    ),
  ofGroup,
  ofPeople,
  ofCall,
  ofLabel,
  ofLink,
  fc
    .tuple(instanceId, fc.option(fc.string()), fc.option(fc.boolean()))
    .map(([id, name, muted]) => anEvent('newsletter.updated', { instanceId: id, name, muted })),
  fc.tuple(instanceId, address, fc.boolean()).map(([id, who, on]) =>
    anEvent('blocklist.updated', {
      instanceId: id,
      contactId: who.lid,
      contactPn: who.pn,
      chatId: who.lid,
      chatPn: who.pn,
      on,
    }),
  ),
  fc.tuple(instanceId, fc.string()).map(([id, name]) => anEvent('instance.settings-changed', { instanceId: id, name })),
  instanceId.map(id => anEvent('instance.logged-out', { instanceId: id })),
  fc.tuple(inChat, file).map(([of, { instanceId: owner, sourceEventId }]) =>
    anEvent('message.received', {
      ...of,
      instanceId: owner,
      eventId: sourceEventId,
      kind: 'image',
      media: { mimetype: 'image/jpeg' },
    }),
  ),
  fc
    .tuple(inChat, messageId, notification, inHistory, fc.constantFrom(null, { mimetype: 'image/png' }))
    .map(([of, id, place, told, media]) => anEvent('message.history', { ...of, ...place, ...told, messageId: id, media })),
  fc.tuple(instanceId, address, notification, fc.string()).map(([id, who, place, name]) => {
    const eventId = derivedId({ sourceId: JSON.stringify([id, who, place, name]), by: 'history', type: '', round: 1, ordinal: 0 })
    const contact = { contactId: who.lid, contactPn: who.pn, contactLid: null, name, origin: 'history' }
    return anEvent('contact.updated', { ...contact, ...place, instanceId: id, eventId })
  }),
  ofFile.map(of => anEvent('media.downloaded', of)),
  ofFile.map(of => anEvent('media.stored', of)),
  ofFile.map(of => anEvent('media.failed', of)),
  ofFile.map(of => anEvent('media.refreshed', of)),
  ofFile.map(of => anEvent('media.expired', of)),
)

export const conversations: readonly (readonly Event[])[] = fc.sample(fc.array(event, { minLength: 200, maxLength: 200 }), {
  seed: 7,
  numRuns: 4,
})
