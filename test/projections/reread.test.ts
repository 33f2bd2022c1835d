// What an earlier version kept as `unknown` becomes rows after the upgrade, once, whatever is killed and however many processes there are; nothing
// is delivered, and nothing is counted again.
import { proto } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventAnswer, poll, sealedReaction, secretOf, vote } from '../../simulator/accounts/seal-content.ts'
import { openCodec } from '../../src/events/codec.ts'
import type { Event } from '../../src/events/event.ts'
import { listMessages } from '../../src/projections/read-model/queries.ts'
import { createEndpoint, endpointInput } from '../../src/webhooks/endpoints/endpoints.ts'
import { anEvent } from '../ground/events.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'
import {
  ana,
  deliveredNow,
  keptThen,
  openRereadWorld,
  pollThen,
  type RereadWorld,
  own as us,
} from '../ground/projections/reread-world.ts'
import { until } from '../ground/until.ts'
import { endpointDeps } from '../ground/webhooks/open-stream.ts'
import { readRecordedLog } from '../kept/recorded-log.ts'

const logger = collectLogLines()
let world: RereadWorld
beforeEach(async () => {
  world = await openRereadWorld('reread', logger)
})
afterEach(() => world.close())

const query = <Row = Record<string, unknown>>(sql: string) => world.test.database.query<Row>(sql)
const messages = async (instanceId = 'shop') => (await listMessages(world.test.database, { instanceId, limit: 200 })).data
const kindOf = async (messageId: string) => (await messages()).filter(one => one.messageId === messageId).map(({ kind }) => kind)

async function reread(): Promise<void> {
  world.open()
  await world.done()
}

describe('the log of 0.1.0', () => {
  async function recorded(): Promise<readonly Event[]> {
    const { records, registry } = readRecordedLog('0.1.0')
    const codec = await openCodec(registry, never)
    const events = await Promise.all(
      records.filter(({ topic }) => topic !== 'dead-letters').map(one => codec.decode(one.value, never)),
    )
    return events.filter(event => event !== null)
  }

  /** By WhatsApp's field: the kind that the contract has for it. */
  const kinds: Readonly<Record<string, string>> = {
    ...{ buttonsMessage: 'buttons', buttonsResponseMessage: 'buttons', listMessage: 'list', listResponseMessage: 'list' },
    ...{ templateMessage: 'template', templateButtonReplyMessage: 'template', interactiveMessage: 'interactive' },
    ...{ interactiveResponseMessage: 'interactive', productMessage: 'product', orderMessage: 'order', eventMessage: 'event' },
    ...{ albumMessage: 'album', groupInviteMessage: 'group-invite', requestPaymentMessage: 'system' },
  }

  test('[D1] buttons, lists, products, orders, events and albums of then are in the list of messages, each once and as it was said', async () => {
    const events = await recorded()
    await world.append(events)
    await world.upgrade()
    const before = await messages()
    await reread()
    const after = await messages()
    for (const event of events) {
      if (event.type !== 'unknown') continue
      const kind = kinds[event.name.replace('message: ', '')]
      const shown = after.filter(one => one.messageId === event.messageId)
      const { chatId, senderId, sequence, occurredAt, senderName } = event
      const said = { chatId, senderId, sequence, senderName, kind, occurredAt: new Date(occurredAt).toISOString(), media: null }
      if (kind !== undefined) expect(shown, event.name).toMatchObject([said])
    }
    expect(before.every(one => after.some(other => other.eventId === one.eventId))).toBe(true)
    const unread = { kind: 'unknown', undecryptable: 'no-secret' }
    expect(after.filter(one => one.undecryptable === 'no-secret')).toMatchObject([unread])
    expect(after).toHaveLength(before.length + 16 + 1)
  })

  test('[E1] [E3] nothing of them is delivered, remembered as seen or accounted, and nothing is appended', async () => {
    const input = endpointInput.parse({ url: 'https://example.com/', eventTypes: ['*'] })
    expect(await createEndpoint(endpointDeps(world.test), input, never)).toMatchObject({ ok: true })
    await world.append(await recorded())
    await world.upgrade()
    const standing = () =>
      Promise.all(
        ['log_partitions', 'projection_seen', 'projection_outbox', 'accounted_types', 'webhook_deliveries'].map(table =>
          query(`select count(*), md5(string_agg(t::text, ',' order by t::text)) from ${table} t`),
        ),
      )
    const before = await standing()
    await reread()
    expect(await messages()).not.toEqual([])
    expect(await standing()).toEqual(before)
  })
})

test('[D1] [B9] a vote, an answer and a reaction of then open with the secret that their message brought, also one of another chat’s address', async () => {
  const contact = { pn: '', pnJid: ana.pn, lidJid: ana.id, name: 'Ana' }
  const withSecret = { messageContextInfo: { messageSecret: secretOf('POLL') } }
  const about = (messageId: string) => ({ messageId, author: contact })
  await world.append([
    pollThen('POLL', { ...poll('Lunch?', ['soup', 'salad']), ...withSecret }),
    keptThen('PICNIC', { eventMessage: { name: 'Picnic' }, messageContextInfo: { messageSecret: secretOf('PICNIC') } }),
    keptThen('VOTE', vote(contact, ['soup'], about('POLL'))),
    keptThen('ANSWER', eventAnswer(contact, 'going', about('PICNIC'))),
    keptThen('REACTION', sealedReaction(contact, '🎉', about('PICNIC')), { attrs: { from: ana.pn, sender_lid: ana.id } }),
    keptThen('BEFORE', vote(contact, ['soup'], about('LATER'))),
    pollThen('LATER', { ...poll('Dinner?', ['soup']), messageContextInfo: { messageSecret: secretOf('LATER') } }),
  ])
  await world.upgrade()
  await reread()
  expect(await kindOf('PICNIC')).toEqual(['event'])
  expect((await messages()).find(one => one.messageId === 'ANSWER')).toMatchObject({
    ...{ kind: 'event', parentMessageId: 'PICNIC', interactive: '{"response":"going"}' },
  })
  expect((await messages()).find(one => one.messageId === 'PICNIC')?.reactions).toMatchObject([{ emoji: '🎉', senderId: ana.id }])
  // A vote is no message, and no row of one that could not be opened either.
  expect(await kindOf('VOTE')).toEqual([])
  expect((await messages()).find(one => one.messageId === 'BEFORE')).toMatchObject({ undecryptable: 'no-secret' })
  const [kept] = await query<{ count: string }>('select count(*) from message_secrets')
  expect(kept?.count).toBe('3')
})

test('[B8] what the envelope has lost decides nothing: stanzas that cannot be told from it, kinds newer than this version and revokes by admins stay unknown', async () => {
  const revoke = {
    protocolMessage: { type: 0, key: { id: 'THEIRS', remoteJid: '1@g.us', participant: '300@lid', fromMe: false } },
  }
  const inGroup = { from: '1@g.us', participant: ana.id }
  const bytes = (hex: string) => ({ raw: Buffer.from(hex, 'hex') })
  const listed = { listMessage: { title: 'Menu' } }
  await world.append([
    keptThen('REVOKE', revoke, { attrs: inGroup }),
    keptThen('LIST', listed, { attrs: { from: '9@broadcast', participant: ana.id } }),
    { ...keptThen('OTHER', listed), eventId: 'f'.repeat(32) },
    { ...keptThen('NEWER', {}), ...bytes('c2bb0104080a1200') },
    { ...keptThen('BROKEN', {}), ...bytes('ffffffff') },
    { ...keptThen('STANZA', {}), name: 'message: enc msmsg', ...bytes('00f801') },
    { ...keptThen('WITHOUT', listed), raw: null },
    keptThen('SECOND', listed, { part: 1 }),
  ])
  await world.upgrade()
  await reread()
  expect((await messages()).map(({ messageId }) => messageId)).toEqual(['SECOND'])
  expect(await query('select from message_revokes')).toEqual([])
})

test('[B8] [B9] a pin in a group of then is one where the phone handed it over, and stays unknown where its own stanza is lost', async () => {
  const group = '1@g.us'
  const pin = (id: string) => ({ pinInChatMessage: { key: { id, remoteJid: group, participant: ana.id }, type: 1 } })
  const key = { id: 'HANDED', remoteJid: group, participant: ana.id, fromMe: false }
  const info = { key, message: pin('MENU'), messageTimestamp: 1_790_000_000 }
  const result = { placeholderMessageResendResponse: { webMessageInfoBytes: proto.WebMessageInfo.encode(info).finish() } }
  const answer = { peerDataOperationRequestResponseMessage: { peerDataOperationResult: [result] } }
  const type = proto.Message.ProtocolMessage.Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE
  const carrier = { protocolMessage: { type, ...answer } }
  const inGroup = { from: group, participant: ana.id }
  const menu = anEvent('message.received', {
    instanceId: 'shop',
    messageId: 'MENU',
    chatId: group,
    senderId: ana.id,
    isGroup: true,
  })
  await world.append([
    menu,
    { ...menu, messageId: 'OTHER', eventId: '9'.repeat(32) },
    keptThen('CARRIER', carrier, { attrs: { from: us.pn, category: 'peer' } }),
    keptThen('LOST', pin('OTHER'), { attrs: inGroup }),
  ])
  await world.upgrade()
  await reread()
  const isPinned = new Map((await messages()).map(({ messageId, pinned }) => [messageId, pinned]))
  expect([isPinned.get('MENU'), isPinned.get('OTHER')]).toEqual([true, false])
})

test('[D2] [B3] the same stanza, delivered again to this version, is the same row', async () => {
  const listed = { listMessage: { title: 'Menu' } }
  const now = deliveredNow('LIST', listed)
  await world.append([keptThen('LIST', listed)])
  await world.upgrade()
  await world.append([now])
  const live = world.open({ rereads: false })
  await until('it is projected', async () => (await messages()).length > 0)
  await live.close()
  await reread()
  expect(await messages()).toMatchObject([{ eventId: now.eventId, sequence: now.sequence, kind: 'list' }])
})

const some = (count: number, instanceId = 'shop') =>
  Array.from({ length: count }, (_, nth) => keptThen(`M${nth}`, { listMessage: { title: `${nth}` } }, { instanceId }))

test('[D2] [J1] killed in the middle it goes on from there, says how far it is, and says its end', async () => {
  const secret = { messageContextInfo: { messageSecret: secretOf('any') } }
  const listed = { listMessage: { title: 'Menu' }, ...secret }
  await world.append(Array.from({ length: 500 }, (_, nth) => keptThen(`M${nth}`, listed)))
  await world.upgrade()
  const held = Promise.withResolvers<void>()
  let isHeld = false
  const earlierSecrets = flaky(world.secrets, ({ name, nth }) => {
    if (name !== 'keep' || nth !== 2) return null
    isHeld = true
    return { delay: held.promise }
  })
  const role = world.open({ earlierSecrets })
  await until('the second step is under way', () => isHeld)
  expect(role.checks()).toContainEqual({
    ...{ name: 'rereading of read-model', state: 'ok', detail: 'reads earlier records again, 40 %' },
  })
  await query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )
  expect(await query('select count(*)::int from messages')).toEqual([{ count: 200 }])
  held.resolve()
  await world.done()
  expect(await query('select count(*)::int, count(distinct message_id)::int as ids from messages')).toEqual([
    { count: 500, ids: 500 },
  ])
  await until('its end is said', () => logger.lines.some(({ event }) => event === 'rereading.done'))
  await until('nothing is said to be left', () => role.checks().every(({ name }) => !name.startsWith('rereading')))
})

test('[D2] two processes read again what is theirs, and together everything once', async () => {
  await world.append([...some(300), ...some(300, 'store')])
  await world.upgrade()
  world.open()
  world.open()
  await world.done()
  const counts = await query('select instance_id, count(*)::int from messages group by instance_id order by 1')
  expect(counts).toEqual([
    { instance_id: 'shop', count: 300 },
    { instance_id: 'store', count: 300 },
  ])
})

test('[A7] nothing of a purged account comes back', async () => {
  const withSecret = { ...poll('Lunch?', ['soup']), messageContextInfo: { messageSecret: secretOf('POLL') } }
  await world.append([...some(3), ...some(3, 'store'), pollThen('POLL', withSecret)])
  await world.upgrade()
  await query("insert into instance_ids (instance_id, request_id, name, wanted) values ('shop', 'r', '', 'deleted')")
  await query("insert into purges (instance_id, request_id, requested_by) values ('shop', 'r', 'test')")
  await query("delete from read_model_1.messages where instance_id = 'shop'")
  await reread()
  expect(await query('select distinct instance_id from messages')).toEqual([{ instance_id: 'store' }])
  expect(await query('select from message_secrets')).toEqual([])
})

test('[D2] one that the database refuses is passed over and said, and nobody else waits for it', async () => {
  await world.append([...some(3), anEvent('message.received')])
  await world.upgrade()
  await query(`alter table read_model_1.messages add constraint never check (message_id <> 'M1')`)
  await reread()
  expect((await messages()).map(({ messageId }) => messageId)).toEqual(expect.arrayContaining(['M0', 'M2']))
  expect(logger.lines.filter(({ event }) => event === 'rereading.passed-over')).toHaveLength(1)
})

test('a database that begins with this version reads nothing again', async () => {
  await world.append(some(3))
  expect(await query('select from rereads')).toEqual([])
})
