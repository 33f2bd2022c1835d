// What comes sealed with the secret of another message is opened before it is in the log; where it does not open, the account tells and goes on.
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Contact, Group } from '../../simulator/accounts/accounts.ts'
import { edit, text } from '../../simulator/accounts/content.ts'
import type { SimDevice } from '../../simulator/accounts/device.ts'
import {
  eventAnswer,
  eventEdit,
  poll,
  sealedComment,
  sealedEdit,
  sealedReaction,
  vote,
} from '../../simulator/accounts/seal-content.ts'
import type { SendOptions } from '../../simulator/accounts/send-message.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { hows, openRig, type Rig, testConfig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('sealed messages', logger)
})
afterEach(async () => {
  await rig.close()
})
const contact = (digit = 1) => rig.simulator.contact({ pn: `551190000001${digit}`, name: `Contact ${digit}` })
const sha256 = (option: string): string => createHash('sha256').update(option).digest('hex')
const settled = (device: SimDevice, id: string) => until(`${id} is settled`, () => hows(device, id).length > 0)
const asked = poll('Lunch?', ['soup', 'salad'])
const isAcknowledged = (device: SimDevice) => until('all is acknowledged', () => device.pending().length === 0)

async function pairInGroup(): Promise<{ device: SimDevice; ana: Contact; bea: Contact; group: Group }> {
  const device = await rig.pair('first')
  const [ana, bea] = [contact(1), contact(2)]
  return { device, ana, bea, group: rig.simulator.group({ subject: 'Team', members: [device.owner, ana, bea] }) }
}

test('[B9] a vote, a change of mind and a withdrawal are poll.voted, each with the whole choice by name', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = contact()
  const messageId = await device.sendFromPhone(ana, asked)
  const target = { messageId, author: device.owner }
  for (const [id, names] of [
    ['FIRST', ['soup']],
    ['SECOND', ['salad', 'soup', 'a dish of the future']],
    ['THIRD', []],
  ] as const)
    await device.send(ana, vote(ana, names, target), { id })
  const votes = await rig.untilEvents('poll.voted', 3)
  const about = { targetMessageId: messageId, targetSenderId: device.owner.lidJid, chatId: ana.lidJid, senderId: ana.lidJid }
  expect(votes).toMatchObject([
    { ...about, messageId: 'FIRST', options: ['soup'], unknownHashes: [], senderName: 'Contact 1', isGroup: false },
    { ...about, messageId: 'SECOND', options: ['salad', 'soup'], unknownHashes: [sha256('a dish of the future')] },
    { ...about, messageId: 'THIRD', options: [], unknownHashes: [] },
  ])
  await isAcknowledged(device)
  expect(await rig.eventsOf('message.undecryptable')).toEqual([])
})

test('[B4] [B9] in a group votes open whichever of their addresses author and voter are named by, and however the stanza came', async () => {
  await rig.start()
  const { device, ana, bea, group } = await pairInGroup()
  const messageId = await device.sendGroup(group, ana, asked)
  const target = { messageId, author: ana, group }
  const pairs = (['lid', 'pn'] as const).flatMap(author => (['lid', 'pn'] as const).map(modifier => ({ author, modifier })))
  for (const parties of pairs)
    for (const pnAddressed of [false, true])
      await device.sendGroup(group, bea, vote(bea, ['soup'], target, parties), { pnAddressed })
  const votes = await rig.untilEvents('poll.voted', 2 * pairs.length)
  const shown = { chatId: group.id, senderId: bea.lidJid, senderPn: bea.pnJid, targetSenderId: ana.lidJid, options: ['soup'] }
  for (const event of votes) expect(event).toMatchObject({ ...shown, isGroup: true })
})

test('[B4] [B9] a poll that came by the phone number opens votes that come by the LID, and the other way around', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = contact()
  for (const [ofPoll, ofVote] of [
    [true, false],
    [false, true],
  ] as const) {
    const messageId = await device.send(ana, asked, { pnAddressed: ofPoll })
    await device.sendFromPhone(ana, vote(device.owner, ['salad'], { messageId, author: ana }), { pnAddressed: ofVote })
  }
  const votes = await rig.untilEvents('poll.voted', 2)
  for (const event of votes) expect(event).toMatchObject({ fromMe: true, options: ['salad'], targetSenderId: ana.lidJid })
})

test('[B9] edits come sealed, of the other one and of the own phone, and are message.edited as those in clear', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = contact()
  const received = await device.send(ana, text('helo'))
  const sent = await device.sendFromPhone(ana, text('gud'))
  await device.send(ana, edit(ana, 'hello', { messageId: received, author: ana }), { id: 'THEIRS' })
  await device.sendFromPhone(ana, edit(device.owner, 'good', { messageId: sent, author: device.owner }), { id: 'OURS' })
  await device.send(ana, edit(ana, 'hello!', { messageId: received, author: ana }), { id: 'CLEAR', plain: true })
  expect(await rig.untilEvents('message.edited', 3)).toMatchObject([
    { messageId: 'THEIRS', targetMessageId: received, text: 'hello', fromMe: false, chatId: ana.lidJid },
    { messageId: 'OURS', targetMessageId: sent, text: 'good', fromMe: true, chatId: ana.lidJid },
    { messageId: 'CLEAR', targetMessageId: received, text: 'hello!' },
  ])
  await isAcknowledged(device)
})

test('[B9] nobody edits somebody else’s message with a seal, whatever its key says', async () => {
  await rig.start()
  const { device, ana, bea, group } = await pairInGroup()
  const messageId = await device.sendGroup(group, ana, text('mine'))
  const forgeries = [
    sealedEdit(bea, 'yours', { messageId, author: bea, group }),
    sealedEdit(bea, 'yours', { messageId, author: ana, group }),
    edit(bea, 'yours', { messageId, author: ana, group }),
  ]
  for (const forgery of forgeries) await device.sendGroup(group, bea, forgery)
  await device.sendGroup(group, ana, edit(ana, 'still mine', { messageId, author: ana, group }))
  expect(await rig.untilEvents('message.edited', 1)).toMatchObject([{ senderId: ana.lidJid, text: 'still mine' }])
  const refused = (await rig.eventsOf('unknown')).filter(event => event.senderId === bea.lidJid)
  expect(refused.map(event => event.name)).toEqual(forgeries.map(() => 'message: edit without authority'))
  await isAcknowledged(device)
})

test('[B9] answers to an event, its edits, sealed reactions and comments are what they are in clear', async () => {
  await rig.start()
  const { device, ana, bea, group } = await pairInGroup()
  const messageId = await device.sendGroup(group, ana, { eventMessage: { name: 'Picnic', startTime: 1_700_000_000 } })
  const target = { messageId, author: ana, group }
  await device.sendGroup(group, bea, eventAnswer(bea, 'going', target), { id: 'ANSWER' })
  await device.sendGroup(group, ana, eventEdit(ana, 'Picnic at noon', target), { id: 'EDIT' })
  await device.sendGroup(group, bea, sealedReaction(bea, '🎉', target), { id: 'REACTION' })
  await device.sendGroup(group, bea, sealedComment(bea, text('nice'), target), { id: 'COMMENT' })
  await isAcknowledged(device)
  const found = (await rig.events()).filter(event => event.messageId !== null && event.messageId !== messageId)
  const byId = new Map(found.map(event => [event.messageId, event]))
  const answer = { type: 'message.received', kind: 'event', parentMessageId: messageId, text: null, senderId: bea.lidJid }
  expect(byId.get('ANSWER')).toMatchObject({ ...answer, interactive: '{"response":"going"}' })
  expect(byId.get('EDIT')).toMatchObject({ type: 'message.edited', targetMessageId: messageId, text: 'Picnic at noon' })
  expect(byId.get('REACTION')).toMatchObject({ type: 'message.reacted', targetMessageId: messageId, emoji: '🎉' })
  const commented = { type: 'message.received', kind: 'text', text: 'nice', parentMessageId: messageId }
  expect(byId.get('COMMENT')).toMatchObject(commented)
})

test('[B8] [B9] no secret, another one, or a poll of another chat: message.undecryptable names the target once, and the account goes on', async () => {
  await rig.start()
  const { device, ana, bea, group } = await pairInGroup()
  const send = (content: Parameters<SimDevice['send']>[1], options: SendOptions) => device.send(ana, content, options)
  const without = await send(asked, { secret: null })
  const other = await send(asked, { secret: Buffer.alloc(32, 7) })
  const elsewhere = await device.sendGroup(group, bea, asked)
  const sealed = {
    WITHOUT: vote(ana, ['soup'], { messageId: without, author: ana }),
    OTHER: vote(ana, ['soup'], { messageId: other, author: ana }),
    ELSEWHERE: vote(ana, ['soup'], { messageId: elsewhere, author: bea }),
    EDIT: edit(ana, 'new', { messageId: 'NEVER-SEEN', author: ana }),
  }
  for (const [id, content] of Object.entries(sealed)) await send(content, { id })
  await send(text('go on'), { id: 'LAST' })
  await settled(device, 'LAST')
  const told = { reason: 'no-secret', encryption: 'Poll Vote', senderName: 'Contact 1', isGroup: false, chatId: ana.lidJid }
  expect(await rig.eventsOf('message.undecryptable')).toMatchObject([
    { ...told, messageId: 'WITHOUT', targetMessageId: without },
    { ...told, messageId: 'OTHER', targetMessageId: other },
    { ...told, messageId: 'ELSEWHERE', targetMessageId: elsewhere },
    { ...told, messageId: 'EDIT', encryption: 'Message Edit', targetMessageId: 'NEVER-SEEN' },
  ])
  await isAcknowledged(device)
  expect(await rig.eventsOf('poll.voted')).toEqual([])
  expect(await rig.metrics.render()).toContain('zaplog_undecryptable_total{encryption="Poll Vote"} 3')
  device.redeliver(['WITHOUT'])
  await until('the copy is settled', () => hows(device, 'WITHOUT').length === 2)
  expect(await rig.eventsOf('message.undecryptable')).toHaveLength(4)
})

const isSecretWrite = (args: readonly unknown[]): boolean => String(args[0]).includes('insert into message_secrets')
const impatient = () => ({ ...testConfig, url: rig.simulator.url, appendTimeoutMs: 400 })

test('[B2] a message is not acknowledged before its secret is durable, nor is its ratchet step', async () => {
  const held = Promise.withResolvers<void>()
  const steps: string[] = []
  const database = flaky(rig.database.database, ({ name, args }) => {
    if (name !== 'query') return null
    if (String(args[0]).includes('insert into auth_keys') && JSON.stringify(args[1]).includes('"session"')) steps.push('step')
    return isSecretWrite(args) ? { delay: held.promise } : null
  })
  await rig.start({ database })
  const device = await rig.pair('first')
  // Whoever is new brings keys that no receipt goes before; after that steps lag.
  await device.send(contact(), text('first'), { secret: null })
  await isAcknowledged(device)
  await until('the first step is durable', () => steps.length > 0)
  steps.length = 0
  const id = await device.send(contact(), asked)
  await rig.untilEvents('message.received', 2)
  await rig.database.database.query('select pg_sleep(0.2)')
  expect([hows(device, id), steps]).toEqual([[], []])
  held.resolve()
  await settled(device, id)
})

test('[B2] [B3] dying between a poll’s append and its secret costs no vote: the poll comes again, as the same event', async () => {
  let isAway = false
  const database = flaky(rig.database.database, ({ args }) => (isAway && isSecretWrite(args) ? { hang: true } : null))
  await rig.start({ database, config: impatient() })
  const device = await rig.pair('first')
  isAway = true
  const messageId = await device.send(contact(), asked)
  await rig.untilEvents('message.received', 1)
  await until('the socket is closed', () => !device.isOnline())
  expect(hows(device, messageId)).toEqual([])
  isAway = false
  await settled(device, messageId)
  await device.sendFromPhone(contact(), vote(device.owner, ['soup'], { messageId, author: contact() }))
  expect(await rig.untilEvents('poll.voted', 1)).toMatchObject([{ options: ['soup'] }])
  const copies = await rig.eventsOf('message.received')
  expect(copies.length).toBeGreaterThan(1)
  expect(new Set(copies.map(({ eventId }) => eventId)).size).toBe(1)
  expect(await rig.eventsOf('message.undecryptable')).toEqual([])
})

test('[B9] [I2] secrets outlive a restart, are sealed, are kept [400 d], and those of polls and events for ever', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  const ana = contact()
  const messageId = await device.send(ana, asked)
  await device.send(ana, text('an ordinary one'))
  await isAcknowledged(device)
  await role.close()
  const rows = await rig.database.database.query<{ days: number | null; sealed: Buffer }>(
    "select extract(day from kept_until - now())::int as days, sealed from message_secrets where instance_id = 'first' order by days",
  )
  expect(rows.map(({ days }) => days)).toEqual([399, null])
  for (const { sealed } of rows) expect(sealed.toString('latin1')).not.toContain('salad')
  await rig.start()
  await device.sendFromPhone(ana, vote(device.owner, ['salad'], { messageId, author: ana }))
  expect(await rig.untilEvents('poll.voted', 1)).toMatchObject([{ options: ['salad'] }])
})
