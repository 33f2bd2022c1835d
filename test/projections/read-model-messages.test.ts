// What the read model makes of a message: as it was last edited or opened, by whom that may be, in whichever order it is told.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { getMessage, listMessages } from '../../src/projections/read-model/queries.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { aGroup, anEvent, somebody, somebodyElse } from '../ground/events.ts'
import { openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'

let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('read model messages', readModel, { tables: readModelTables })
})
afterAll(() => dsl.close())

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
