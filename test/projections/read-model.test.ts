// What the read model makes of each kind of event, alone and together.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { getMessage, listMessages } from '../../src/projections/read-model/queries.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { aGroup, anEvent, somebody, somebodyElse, testStartAt, us } from '../ground/events.ts'
import { openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'

let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('read model', readModel, { tables: readModelTables })
})
afterAll(() => dsl.close())

describe('instances', () => {
  it('[D1] an instance is what its events made of it, and says which event did', async () => {
    const created = anEvent('instance.created', { name: 'Shop', settings: { ignoreGroups: true } })
    const renamed = anEvent('instance.settings-changed', { name: 'Store', settings: { ignoreGroups: false } })
    const paired = anEvent('instance.paired', { phone: '5511900000099', lid: us.lid, epoch: 3, sequence: 2 })
    const open = anEvent('instance.state-changed', { state: 'open', epoch: 3, sequence: 3 })
    await dsl.given(created, renamed, paired, open).thenRow(
      'instances',
      { instance_id: 'shop' },
      {
        name: 'Store',
        settings: { ignoreGroups: false },
        state: 'open',
        phone: '5511900000099',
        lid: us.lid,
        epoch: '3',
        created_at: new Date(created.occurredAt),
        deleted_at: null,
        changed_by_event: open.eventId,
      },
    )
  })

  it('[D1] of two states the one with the greatest epoch and sequence wins, not the last one in the log', async () => {
    const zombie = anEvent('instance.state-changed', { state: 'closed', epoch: 1, sequence: 9 })
    const owner = anEvent('instance.state-changed', { state: 'open', epoch: 2, sequence: 1 })
    await dsl
      .given(owner, zombie)
      .thenRow('instances', { instance_id: 'shop' }, { state: 'open', changed_by_event: owner.eventId })
  })

  it('[D1] logging out says why, in a word for programs and in others for people, and a deletion is for ever', async () => {
    const closed = anEvent('instance.state-changed', {
      state: 'logged-out',
      reason: 'logged-out',
      reasonText: 'The phone removed this device.',
      epoch: 2,
      sequence: 1,
    })
    const loggedOut = anEvent('instance.logged-out', { reason: 'The phone removed this device.', epoch: 2, sequence: 2 })
    const deleted = anEvent('instance.deleted')
    const late = anEvent('instance.state-changed', { state: 'closed', epoch: 2, sequence: 3 })
    const told = dsl.given(closed, loggedOut)
    const words = { state: 'logged-out', reason: 'logged-out', reason_text: 'The phone removed this device.' }
    await told.thenRow('instances', {}, words)
    await dsl.given(loggedOut).thenRow('instances', {}, words)
    await told.when(deleted, late).thenRow('instances', {}, { deleted_at: new Date(deleted.occurredAt) })
  })
})

describe('messages', () => {
  it('[D1] an edit and a revoke by its sender change a message, whichever comes first', async () => {
    const message = anEvent('message.received', { text: 'firts' })
    const target = { targetMessageId: message.messageId ?? '' }
    const first = anEvent('message.edited', { ...target, text: 'first' })
    const second = anEvent('message.edited', { ...target, text: 'the first' })
    const revoke = anEvent('message.revoked', target)
    const expected = { text: 'the first', edited_at: new Date(second.occurredAt), revoked_at: new Date(revoke.occurredAt) }
    await dsl.given(message, first, second, revoke).thenRow('messages', {}, { ...expected, changed_by_event: revoke.eventId })
    await dsl
      .given(revoke, second)
      .when(first)
      .when(message)
      .thenRow('messages', {}, { ...expected, changed_by_event: revoke.eventId })
  })

  it('[D1] of two edits of one instant the later one counts, also of what was revoked, in whichever order they come', async () => {
    const message = anEvent('message.received', { text: 'before' })
    const target = { targetMessageId: message.messageId ?? '', occurredAt: message.occurredAt + 1000 }
    const [first, last] = ['first', 'last'].map(text => anEvent('message.edited', { ...target, text }))
    if (first === undefined || last === undefined) throw new Error('expected two edits')
    const revoke = anEvent('message.revoked', target)
    await dsl.given(message, first, revoke).when(last).thenRow('messages', {}, { text: 'last' })
    await dsl.given(message, last, revoke).when(first).thenRow('messages', {}, { text: 'last' })
  })

  it('[D1] of an event the last edit that says more than a text counts, in whichever order they come', async () => {
    const place = { latitude: -23.5, longitude: -46.6, name: null, address: null }
    const message = anEvent('message.received', { kind: 'event', text: 'Picnic', interactive: '{"name":"Picnic"}' })
    const target = { targetMessageId: message.messageId ?? '' }
    const first = anEvent('message.edited', { ...target, text: 'Lunch', interactive: '{"name":"Lunch"}', location: place })
    const last = anEvent('message.edited', { ...target, text: 'Lunch', interactive: '{"name":"Lunch","cancelled":true}' })
    const text = anEvent('message.edited', { ...target, text: 'Over' })
    const expected = { text: 'Over', interactive: '{"name":"Lunch","cancelled":true}', location: null }
    await dsl.given(message, first, last, text).thenRow('messages', {}, expected)
    await dsl.given(text, last).when(message).when(first).thenRow('messages', {}, expected)
    await dsl.given(message, text).when(last).when(first).thenRow('messages', {}, expected)
    await dsl
      .given(message, text)
      .when(first)
      .thenRow('messages', {}, { text: 'Over', interactive: '{"name":"Lunch"}', location: place })
  })

  it('[D1] nobody edits or revokes what somebody else wrote; a group admin revokes by naming the sender', async () => {
    const message = anEvent('message.received', { chatId: aGroup, chatPn: null, isGroup: true, text: 'mine' })
    const stranger = {
      chatId: aGroup,
      chatPn: null,
      isGroup: true,
      senderId: somebodyElse.lid,
      senderPn: somebodyElse.pn,
      targetMessageId: message.messageId ?? '',
    }
    const forged = anEvent('message.edited', { ...stranger, text: 'theirs' })
    const revoked = anEvent('message.revoked', stranger)
    const told = dsl.given(message).when(forged, revoked)
    await told.thenRow('messages', {}, { text: 'mine', edited_at: null, revoked_at: null, changed_by_event: message.eventId })
    const byAdmin = anEvent('message.revoked', { ...stranger, targetSenderId: somebody.pn })
    await told.when(byAdmin).thenRow('messages', {}, { text: 'mine', changed_by_event: byAdmin.eventId })
  })

  it('[D1] a message with the same id in another chat is another message', async () => {
    const message = anEvent('message.received', { messageId: 'SAME', text: 'here' })
    const elsewhere = { chatId: somebodyElse.lid, chatPn: somebodyElse.pn, senderId: somebodyElse.lid, senderPn: somebodyElse.pn }
    const other = anEvent('message.received', { messageId: 'SAME', text: 'there', ...elsewhere })
    const edit = anEvent('message.edited', { targetMessageId: 'SAME', text: 'there, edited', ...elsewhere })
    const told = dsl.given(message, other, edit)
    await told.thenRow('messages', { event_id: message.eventId }, { text: 'here' })
    await told.thenRow('messages', { event_id: other.eventId }, { text: 'there, edited' })
    const inGroup = anEvent('message.edited', {
      chatId: aGroup,
      chatPn: null,
      isGroup: true,
      targetMessageId: 'SAME',
      text: 'same sender',
    })
    await told.when(inGroup).thenRow('messages', { event_id: message.eventId }, { text: 'here' })
  })

  it('[D1] the good copy takes the place of what could not be decrypted, in either order', async () => {
    const failed = anEvent('message.undecryptable', { messageId: 'RETRIED' })
    const good = anEvent('message.received', { messageId: 'RETRIED', text: 'now readable' })
    await dsl.given(failed).thenRow('messages', {}, { kind: 'unknown', undecryptable: 'no matching key', text: null })
    await dsl.given(failed).when(good).thenRow('messages', {}, { event_id: good.eventId, text: 'now readable' })
    await dsl.given(good).when(failed).thenRow('messages', {}, { event_id: good.eventId, text: 'now readable' })
  })

  it('[D1] [B9] an answer to an event that could not be opened at first is one row, as what it is', async () => {
    const sealed = { reason: 'no-secret', encryption: 'Event Response', targetMessageId: 'PICNIC' }
    const unopened = anEvent('message.undecryptable', { messageId: 'ANSWER', ...sealed })
    const answer = anEvent('message.received', { messageId: 'ANSWER', kind: 'event', parentMessageId: 'PICNIC' })
    await dsl.given(unopened).when(answer).thenRow('messages', {}, { event_id: answer.eventId, undecryptable: null })
  })

  it.each(['message.edited', 'message.reacted', 'poll.voted'] as const)(
    '[D1] [B9] a %s that could not be opened at first is no message once it is',
    async type => {
      const sealed = { reason: 'no-secret', encryption: 'Sealed', targetMessageId: 'NEWS', messageId: 'SEALED' }
      const news = anEvent('message.received', { messageId: 'NEWS' })
      const unopened = anEvent('message.undecryptable', sealed)
      const opened = anEvent(type, { messageId: 'SEALED', targetMessageId: 'NEWS' })
      await dsl.given(news, unopened).thenRow('messages', { message_id: 'SEALED' }, { undecryptable: 'no-secret' })
      await dsl.given(news, unopened).when(opened).thenRow('messages', {}, { event_id: news.eventId })
      await dsl.given(news).when(unopened, opened).thenRow('messages', {}, { event_id: news.eventId })
      const byPhone = { chatId: somebody.pn, chatPn: null, senderId: somebody.pn, senderPn: null }
      await dsl
        .given(news, { ...unopened, ...byPhone })
        .when(opened)
        .thenRow('messages', {}, { event_id: news.eventId })
    },
  )

  it.each([
    { of: 'another message', is: { messageId: 'OTHER' } },
    { of: 'another sender', is: { isGroup: true, chatId: aGroup, chatPn: null, senderId: somebodyElse.lid, senderPn: null } },
    { of: 'another chat', is: { chatId: somebodyElse.lid, chatPn: null } },
    { of: 'another reason', is: { reason: 'no matching key' } },
    { of: 'a later one', is: { sequence: 1_000_000 } },
  ])('[D1] [B9] what is opened takes no row of $of', async ({ is }) => {
    const inGroup = 'isGroup' in is ? { isGroup: true, chatId: aGroup, chatPn: null } : {}
    const other = anEvent('message.undecryptable', { reason: 'no-secret', messageId: 'SEALED', targetMessageId: 'NEWS', ...is })
    const opened = anEvent('message.reacted', { ...inGroup, messageId: 'SEALED', targetMessageId: 'NEWS' })
    await dsl.given(other).when(opened).thenRow('messages', {}, { event_id: other.eventId })
  })

  it('[D1] an edit finds its message once the two addresses of its sender are known to be one', async () => {
    const byPhone = { chatId: somebody.pn, chatPn: somebody.pn, senderId: somebody.pn, senderPn: somebody.pn }
    const byLid = { chatId: somebody.lid, chatPn: null, senderId: somebody.lid, senderPn: null }
    const message = anEvent('message.received', { ...byPhone, text: 'before' })
    const edit = anEvent('message.edited', { ...byLid, targetMessageId: message.messageId ?? '', text: 'after' })
    const told = dsl.given(message, edit)
    await told.thenRow('messages', {}, { text: 'before' })
    await told.when(anEvent('contact.updated')).thenRow('messages', {}, { text: 'after' })
  })

  it('[D1] text that Postgres cannot hold and ids of any length are stored, not stopped at', async () => {
    const hugeId = randomBytes(10_000).toString('hex')
    const message = anEvent('message.received', { text: 'a\0b', messageId: hugeId })
    const reaction = anEvent('message.reacted', { targetMessageId: hugeId, emoji: '👍' })
    const nul = anEvent('message.reacted', { targetMessageId: 'A\0' })
    const replaced = anEvent('message.reacted', { targetMessageId: 'A\ufffd' })
    await dsl.given(message, reaction, nul, replaced).thenRow('messages', {}, { text: 'a\ufffdb' })
    const [found] = (await listMessages(dsl.test.database, { instanceId: 'shop' })).data
    expect(found?.reactions).toEqual([{ senderId: somebody.lid, emoji: '👍' }])
    expect(await getMessage(dsl.test.database, { instanceId: 'shop', messageId: hugeId })).toMatchObject({
      eventId: message.eventId,
    })
  })

  it('[D1] a long id is never cut through a character', async () => {
    for (const before of [62, 63, 64]) {
      const messageId = 'x'.repeat(before) + '😀'.repeat(200)
      await dsl.given(anEvent('message.received', { messageId, text: 'hello' })).thenRow('messages', {}, { text: 'hello' })
      expect(await getMessage(dsl.test.database, { instanceId: 'shop', messageId })).toMatchObject({ text: 'hello' })
    }
  })

  it('[D1] an instant that no calendar holds does not stop anybody', async () => {
    const message = anEvent('message.received', { occurredAt: 9e15 })
    await dsl.given(message).thenRow('messages', {}, { occurred_at: new Date(Date.UTC(9999, 11, 31, 23, 59, 59, 999)) })
  })
})

describe('reactions and receipts', () => {
  it('[D1] the last reaction of each sender counts, and taking it back leaves none', async () => {
    const message = anEvent('message.sent', { messageId: 'LIKED' })
    const target = { targetMessageId: 'LIKED' }
    const like = anEvent('message.reacted', { ...target, emoji: '👍' })
    const love = anEvent('message.reacted', { ...target, emoji: '❤️', senderId: somebodyElse.lid, senderPn: somebodyElse.pn })
    const none = anEvent('message.reacted', { ...target, emoji: '' })
    await dsl.given(love, none).when(like).when(message).thenRow('message_reactions', { sender_id: somebody.lid }, { emoji: '' })
    expect(await getMessage(dsl.test.database, { instanceId: 'shop', messageId: 'LIKED' })).toMatchObject({
      reactions: [{ senderId: somebodyElse.lid, emoji: '❤️' }],
    })
  })

  it('[D1] a receipt never goes back, and each participant has its own', async () => {
    const message = anEvent('message.sent', { messageId: 'SEEN', chatId: aGroup, chatPn: null, isGroup: true })
    const receipt = (participantId: string, status: string) =>
      anEvent('message.receipt-updated', { chatId: aGroup, chatPn: null, messageIds: ['SEEN', 'OTHER'], participantId, status })
    await dsl
      .given(receipt(somebody.lid, 'read'))
      .when(receipt(somebody.lid, 'delivered'), receipt(somebodyElse.lid, 'delivered'))
      .when(message)
      .thenRow('message_receipts', { message_id: 'OTHER', participant_id: somebody.lid }, { status: 'read' })
    expect(await getMessage(dsl.test.database, { instanceId: 'shop', messageId: 'SEEN' })).toMatchObject({
      status: 'read',
      receipts: [
        { participantId: somebody.lid, status: 'read' },
        { participantId: somebodyElse.lid, status: 'delivered' },
      ],
    })
  })
})

describe('media', () => {
  const announced = { mimetype: 'image/jpeg', sizeBytes: 1000, sha256: 'aa', width: 10, height: 20 }

  it('[D1] a file is pending until an outcome is known, and the greatest outcome stays', async () => {
    const message = anEvent('message.received', { kind: 'image', media: announced })
    const of = { sourceEventId: message.eventId }
    const told = dsl.given(message)
    await told.thenRow('messages', {}, { kind: 'image' })
    const media = async () =>
      (await getMessage(dsl.test.database, { instanceId: 'shop', messageId: message.messageId ?? '' }))?.media
    expect(await media()).toMatchObject({ status: 'pending', mimetype: 'image/jpeg', width: 10, sizeBytes: 1000 })
    await told.when(anEvent('media.stored', { ...of, sizeBytes: 1001, width: 11 })).thenRow('media', {}, { status: 'stored' })
    expect(await media()).toMatchObject({ status: 'stored', sizeBytes: 1001, width: 11, height: 20 })
    await told.when(anEvent('media.downloaded', of), anEvent('media.failed', of)).thenRow('media', {}, { status: 'stored' })
    const again = anEvent('media.failed', { ...of, round: 2, reason: 'gone' })
    await told.when(again).thenRow('media', {}, { status: 'failed', reason: 'gone', changed_by_event: again.eventId })
    await told.when(anEvent('media.expired', { ...of, round: 2 })).thenRow('media', {}, { status: 'expired' })
  })

  it('[D1] what was filtered out is skipped, not failed', async () => {
    const filtered = anEvent('media.failed', { stage: 'policy', reason: 'filtered-too-short' })
    await dsl.given(filtered).thenRow('media', {}, { status: 'skipped', reason: 'filtered-too-short' })
  })
})

it('[D1] contacts keep the newest of each name, also where an event brings only one', async () => {
  const both = anEvent('contact.updated', { name: 'Ana', pushName: 'ana', epoch: 2, sequence: 1 })
  const pushOnly = anEvent('contact.updated', { pushName: 'Ana ✨', epoch: 2, sequence: 2 })
  const older = anEvent('contact.updated', { name: 'Anna', pushName: 'anna', epoch: 1, sequence: 7 })
  await dsl
    .given(pushOnly, both)
    .when(older)
    .thenRow('contacts', { contact_id: somebody.lid }, { name: 'Ana', push_name: 'Ana ✨', changed_by_event: pushOnly.eventId })
})

it('[D1] a chat says when its last message came, in whichever order they are read', async () => {
  const late = anEvent('message.received', { occurredAt: testStartAt + 9_000 })
  const early = anEvent('message.received', { occurredAt: testStartAt + 1_000 })
  await dsl.given(late, early).thenRow('chats', { chat_id: somebody.lid }, { last_message_at: new Date(testStartAt + 9_000) })
})

it('[B1] an event of a type without a table is kept in the log and stops nobody', async () => {
  await dsl
    .given(anEvent('unknown'), anEvent('message.received', { text: 'after it' }))
    .thenRow('messages', {}, { text: 'after it' })
})
