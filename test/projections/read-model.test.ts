// What the read model makes of each kind of event but messages: accounts, reactions, receipts, files, contacts and chats.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { getMessage } from '../../src/projections/read-model/queries.ts'
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
