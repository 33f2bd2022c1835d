// What comes sealed before its secret does is told as undecryptable, and as what it is once the secret comes, whichever way: with its message, from
// the phone, or by another process; with the id that it would have had, over deaths.
import { proto } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Contact } from '../../simulator/accounts/accounts.ts'
import { edit, text } from '../../simulator/accounts/content.ts'
import type { SimDevice } from '../../simulator/accounts/device.ts'
import { poll, sealedEdit, secretOf, vote } from '../../simulator/accounts/seal-content.ts'
import { sourceId } from '../../src/events/ids.ts'
import { trim } from '../../src/producers/auth/trim-old-rows.ts'
import { createEarlierSecrets } from '../../src/producers/secrets/earlier-secrets.ts'
import { forgetSealed } from '../../src/producers/secrets/sealed-rows.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openRig, type Rig, testConfig } from '../ground/producers/rig.ts'
import { never } from '../ground/projection-dsl.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('sealed later', logger)
})
afterEach(() => rig.close())

const query = <Row = Record<string, unknown>>(sql: string) => rig.database.database.query<Row>(sql)
const contact = (digit = 1) => rig.simulator.contact({ pn: `551190000001${digit}`, name: `Contact ${digit}` })
const asked = poll('Lunch?', ['soup', 'salad'])
const isAcknowledged = (device: SimDevice) => until('all is acknowledged', () => device.pending().length === 0)
const noneIsKept = () => until('nothing is kept', async () => (await query('select from sealed_messages')).length === 0)
const said = () => logger.lines.filter(({ event }) => event === 'sealed.not-opened').length

/** Of a vote by itself, as of any other stanza. */
const idOfVote = (by: Contact, stanzaId: string, type = 'poll.voted') =>
  sourceId({ instanceId: 'first', stanzaClass: 'message', stanzaId, fromMe: false, chat: by.lidJid, sender: by.lidJid }, type, {
    part: 0,
    index: 0,
  })

async function voteBeforePoll(by: Contact, device: SimDevice, pollId = 'POLL'): Promise<void> {
  await device.send(by, vote(by, ['soup'], { messageId: pollId, author: by }), { id: `VOTE-${pollId}` })
  await rig.untilEvents('message.undecryptable', 1)
  await isAcknowledged(device)
}

/** The row of another process, such as one that reads the phone's history. */
async function addElsewhere(of: {
  chat: Contact
  messageId: string
  secret: Buffer
  options?: readonly string[]
}): Promise<void> {
  const { chat, messageId, secret, options = ['soup', 'salad'] } = of
  const who = { id: chat.lidJid, pn: chat.pnJid }
  const { keep } = createEarlierSecrets({ sealer: rig.sealer, logger })
  const brought = { messageId, chat: who, author: who, secret, options, isForEver: true }
  await rig.database.database.transact(tx => keep(tx, 'first', [brought]), never)
}

test('[B9] a vote that comes before its poll is told once that has come, with its own id and place', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = contact()
  await voteBeforePoll(ana, device)
  const [row] = await query<{ sealed: Buffer }>('select sealed from sealed_messages')
  expect(row?.sealed.toString('latin1')).not.toContain('VOTE-POLL')
  await device.send(ana, asked, { id: 'POLL' })
  await rig.untilEvents('poll.voted', 1)
  const about = { targetMessageId: 'POLL', targetSenderId: ana.lidJid, options: ['soup'], unknownHashes: [] }
  const stanza = { messageId: 'VOTE-POLL', chatId: ana.lidJid, senderId: ana.lidJid, senderName: 'Contact 1', isGroup: false }
  const [unread] = await rig.eventsOf('message.undecryptable')
  expect(await rig.eventsOf('poll.voted')).toMatchObject([
    { ...about, ...stanza, eventId: idOfVote(ana, 'VOTE-POLL'), occurredAt: unread?.occurredAt, raw: unread?.raw },
  ])
  await noneIsKept()
  expect(await rig.metrics.render()).toMatch(/zaplog_sealed_messages_total\{outcome="opened"\} 1/)
})

test('[B9] a vote whose poll the phone hands over is told', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = contact()
  await voteBeforePoll(ana, device)
  const info = {
    key: { id: 'POLL', remoteJid: ana.lidJid, fromMe: false },
    message: asked,
    messageSecret: secretOf('POLL'),
    messageTimestamp: Math.floor(Date.now() / 1000),
  }
  const { Type } = proto.Message.ProtocolMessage
  await device.sendFromPhone(device.owner, {
    protocolMessage: {
      type: Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
      peerDataOperationRequestResponseMessage: {
        peerDataOperationResult: [
          { placeholderMessageResendResponse: { webMessageInfoBytes: proto.WebMessageInfo.encode(info).finish() } },
        ],
      },
    },
  })
  expect(await rig.untilEvents('poll.voted', 1)).toMatchObject([{ messageId: 'VOTE-POLL', options: ['soup'] }])
})

test('[B9] a secret that another process writes opens what is kept, by one question for all accounts, and none where nothing is kept', async () => {
  const [questions, looks]: [unknown[], unknown[]] = [[], []]
  const database = flaky(rig.database.database, ({ args: [sql, values] }) => {
    if (String(sql).includes('from secrets_brought')) questions.push(values)
    if (String(sql).startsWith('select s.event_id, s.sealed')) looks.push(values)
    return null
  })
  await rig.start({ database, sealedLookMs: 20 })
  const device = await rig.pair('first')
  const ana = contact()
  await device.send(ana, text('nothing is sealed'))
  await isAcknowledged(device)
  expect(questions).toEqual([])
  await voteBeforePoll(ana, device)
  await until('it is asked', () => questions.length > 2)
  expect(questions[0]).toEqual([['first']])
  expect(looks, 'what is kept is not looked at until there is something new').toEqual([])
  await addElsewhere({ chat: ana, messageId: 'POLL', secret: secretOf('POLL') })
  expect(await rig.untilEvents('poll.voted', 1)).toMatchObject([{ eventId: idOfVote(ana, 'VOTE-POLL'), options: ['soup'] }])
  await noneIsKept()
})

test('[B9] a secret that was written while nobody held the account opens at its next session', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  const ana = contact()
  await voteBeforePoll(ana, device)
  await role.close()
  await addElsewhere({ chat: ana, messageId: 'POLL', secret: secretOf('POLL') })
  await rig.start()
  expect(await rig.untilEvents('poll.voted', 1)).toMatchObject([{ eventId: idOfVote(ana, 'VOTE-POLL') }])
})

test('[B2] [B3] dying after the append and before it is forgotten makes a copy, and nothing is kept then', async () => {
  let isAway = true
  const database = flaky(rig.database.database, ({ args: [sql] }) =>
    isAway && String(sql).startsWith('delete from sealed_messages where instance_id = $1 and event_id') ? { hang: true } : null,
  )
  const first = await rig.start({ database, config: { ...testConfig, url: rig.simulator.url, appendTimeoutMs: 400 } })
  const device = await rig.pair('first')
  const ana = contact()
  await voteBeforePoll(ana, device)
  await device.send(ana, asked, { id: 'POLL' })
  await rig.untilEvents('poll.voted', 1)
  await until('the socket is closed', () => !device.isOnline())
  isAway = false
  await noneIsKept()
  const votes = await rig.untilEvents('poll.voted', 2)
  expect(new Set(votes.map(({ eventId }) => eventId))).toEqual(new Set([idOfVote(ana, 'VOTE-POLL')]))
  await first.close()
})

test('[B2] what is sealed is not acknowledged before it is kept', async () => {
  const held = Promise.withResolvers<void>()
  const database = flaky(rig.database.database, ({ args: [sql] }) =>
    String(sql).includes('insert into sealed_messages') ? { delay: held.promise } : null,
  )
  await rig.start({ database })
  const device = await rig.pair('first')
  const ana = contact()
  await device.send(ana, vote(ana, ['soup'], { messageId: 'POLL', author: ana }), { id: 'VOTE' })
  await rig.untilEvents('message.undecryptable', 1)
  await query('select pg_sleep(0.2)')
  expect(device.pending()).toHaveLength(1)
  held.resolve()
  await isAcknowledged(device)
})

test('[B8] [B9] another secret opens nothing: it stays, that is said once, and the right one opens it', async () => {
  await rig.start({ sealedLookMs: 20 })
  const device = await rig.pair('first')
  const [ana, bea] = [contact(1), contact(2)]
  const group = rig.simulator.group({ subject: 'Team', members: [device.owner, ana, bea] })
  const about = { messageId: 'POLL', author: ana, group }
  await device.sendGroup(group, bea, vote(bea, ['soup'], about), { id: 'VOTE' })
  await rig.untilEvents('message.undecryptable', 1)
  const before = said()
  await device.sendGroup(group, bea, asked, { id: 'POLL', secret: Buffer.alloc(32, 7) })
  await isAcknowledged(device)
  await until('it is said', () => said() > before)
  await device.sendGroup(group, bea, text('go on'))
  await isAcknowledged(device)
  expect(said()).toBe(before + 1)
  expect(await query('select from sealed_messages')).toHaveLength(1)
  await device.sendGroup(group, ana, asked, { id: 'POLL' })
  expect(await rig.untilEvents('poll.voted', 1)).toMatchObject([{ messageId: 'VOTE', options: ['soup'] }])
})

test('[B9] an edit that was sealed before its message came counts only where it is its author’s', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const [ana, bea] = [contact(1), contact(2)]
  const group = rig.simulator.group({ subject: 'Team', members: [device.owner, ana, bea] })
  await device.sendGroup(group, bea, sealedEdit(bea, 'yours', { messageId: 'TEXT', author: bea, group }), { id: 'FORGED' })
  await device.sendGroup(group, ana, edit(ana, 'mine!', { messageId: 'TEXT', author: ana, group }), { id: 'OWN' })
  await rig.untilEvents('message.undecryptable', 2)
  await device.sendGroup(group, ana, text('mine'), { id: 'TEXT' })
  expect(await rig.untilEvents('message.edited', 1)).toMatchObject([{ messageId: 'OWN', text: 'mine!', senderId: ana.lidJid }])
  await noneIsKept()
  const refused = (await rig.eventsOf('unknown')).filter(event => event.messageId === 'FORGED')
  expect(refused).toMatchObject([{ name: 'message: edit without authority' }])
})

test('[I2] [A7] a thousand of an account are kept, [14 d], the oldest go first and are counted, and a deletion erases them', async () => {
  await rig.start()
  const device = await rig.pair('first')
  await query(
    `insert into sealed_messages (instance_id, event_id, chat, targets, sealed, kept_at)
     select 'first', 'old ' || n, int4send(n), '{}', '\\x00', now() - n * interval '1 second' from generate_series(1, 1000) n`,
  )
  await voteBeforePoll(contact(), device)
  const [kept] = await query<{ count: string; oldest: string }>(
    `select count(*), bool_or(event_id = 'old 1000') as oldest from sealed_messages`,
  )
  expect(kept).toEqual({ count: '1000', oldest: false })
  expect(await rig.metrics.render()).toMatch(/zaplog_sealed_messages_total\{outcome="dropped"\} 1/)
  await query(`update sealed_messages set kept_at = now() - interval '15 days' where event_id like 'old %'`)
  expect(await trim(rig.database.database, forgetSealed, { batchRows: 100 })).toBe(999)
  expect(await query('select from sealed_messages')).toHaveLength(1)
  await rig.want('first', `wanted = 'deleted'`)
  await rig.untilEvents('instance.deleted', 1)
  await noneIsKept()
})

test('[B2] [B9] what opens many is acknowledged before they are told, and they are told in one go', async () => {
  const held = Promise.withResolvers<void>()
  const [finds, drops]: [unknown[], unknown[]] = [[], []]
  const database = flaky(rig.database.database, ({ args: [sql, values] }) => {
    if (String(sql).startsWith('select s.event_id, s.sealed') && finds.push(values) === 1) return { delay: held.promise }
    if (String(sql).startsWith('delete from sealed_messages where instance_id')) drops.push(values)
    return null
  })
  await rig.start({ database })
  const device = await rig.pair('first')
  const ana = contact()
  const target = { messageId: 'POLL', author: ana }
  for (let n = 0; n < 7; n += 1) await device.send(ana, vote(ana, ['soup'], target), { id: `VOTE-${n}` })
  await rig.untilEvents('message.undecryptable', 7)
  await isAcknowledged(device)
  await device.send(ana, asked, { id: 'POLL' })
  await isAcknowledged(device)
  expect(await rig.eventsOf('poll.voted')).toEqual([])
  held.resolve()
  const votes = await rig.untilEvents('poll.voted', 7)
  expect(votes.map(({ messageId }) => messageId).toSorted()).toEqual(Array.from({ length: 7 }, (_, n) => `VOTE-${n}`))
  await noneIsKept()
  expect(drops).toHaveLength(1)
})

test('[I2] what is sealed and too large to be kept [256 KiB] is told as undecryptable, counted and not kept', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = contact()
  const box = { encPayload: Buffer.alloc(256 * 1024), encIv: Buffer.alloc(12) }
  await device.send(ana, { pollUpdateMessage: { pollCreationMessageKey: { id: 'POLL' }, vote: box } }, { id: 'VOTE' })
  await rig.untilEvents('message.undecryptable', 1)
  await isAcknowledged(device)
  await noneIsKept()
  expect(await rig.metrics.render()).toMatch(/zaplog_sealed_messages_total\{outcome="dropped"\} 1/)
})
