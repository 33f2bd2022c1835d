// What was asked of an account, done by the real Baileys at the simulator: in order per chat, chats side by side, the same bytes under the same id
// however often, and one outcome.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { vote } from '../../simulator/accounts/seal-content.ts'
import { DatabaseError } from '../../src/database/database.ts'
import type { Event } from '../../src/events/event.ts'
import { outcomeId } from '../../src/instances/command-ids.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { askFor, countsSent, rowsOf, shownTexts, skipWaiting, untilRow } from '../ground/producers/commands.ts'
import { holdRow } from '../ground/producers/hold-row.ts'
import { openRig, type Rig, texts } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('commands', logger)
})
afterEach(async () => {
  await rig.close()
})
const away = new DatabaseError('unreachable', 'away', {})
const person = (nth: number) => rig.simulator.contact({ pn: `55119000000${10 + nth}`, name: `Person ${nth}` })
const untilSent = (count: number) => rig.untilEvents('command.completed', count)
const untilFailed = async () => (await rig.untilEvents('command.failed', 1))[0]
const bump = (by: number) => rig.database.database.query('update instance_owners set epoch = epoch + $1', [by])

test('[F1] a text that was asked for reaches the chat under its id, and is told as a message of the account and as done', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = person(1)
  const asked = await askFor(rig, { chatId: ana.lidJid, text: 'hello' })
  const [done] = await untilSent(1)
  expect(shownTexts(device)).toEqual([{ messageId: asked.messageId, chat: ana.lidJid, text: 'hello' }])
  expect(device.shown()[0]?.shownTo.toSorted()).toEqual([device.pn, ana.pn].toSorted())
  expect(device.shown()[0]?.content.messageContextInfo?.messageSecret).toHaveLength(32)
  expect(done).toMatchObject({
    ...{ eventId: outcomeId(asked.eventId), commandId: asked.commandId, messageId: asked.messageId, chatId: ana.lidJid },
    ...{ operation: 'message.send', tries: 1 },
  })
  const [sent, ...others] = await rig.eventsOf('message.sent')
  expect(others).toEqual([])
  expect(sent).toMatchObject({
    ...{ kind: 'text', text: 'hello', fromMe: true, source: 'api', commandId: asked.commandId, epoch: done?.epoch },
    ...{ messageId: asked.messageId, chatId: ana.lidJid, senderId: device.owner.lidJid, senderPn: `${device.pn}@s.whatsapp.net` },
  })
  await untilRow(rig, asked, 'over', row => row.state === 'completed')
})

test('[F1] a vote on a poll that was sent is opened, with what was chosen', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = person(1)
  const body = { kind: 'poll', poll: { name: 'Lunch?', options: ['soup', 'salad'], selectableCount: 1 } }
  const { messageId } = await askFor(rig, { chatId: ana.lidJid, ...body })
  await untilSent(1)
  await device.send(ana, vote(ana, ['salad'], { messageId, author: device.owner }))
  expect(await rig.untilEvents('poll.voted', 1)).toMatchObject([{ targetMessageId: messageId, options: ['salad'] }])
})

test('[F1] commands of one chat are sent in their order, each once', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = person(1)
  const said = Array.from({ length: 12 }, (_, nth) => `${nth}`)
  for (const text of said) await askFor(rig, { chatId: ana.lidJid, text })
  await untilSent(said.length)
  expect(texts(shownTexts(device))).toEqual(said)
  expect(countsSent(device)).toEqual(said.map(() => 1))
  expect(texts(await rig.eventsOf('message.sent'))).toEqual(said)
})

test('[F1] what waits for its next try holds its chat alone, and goes out before what came after it, with the bytes of its first try', async () => {
  await rig.start({ commandTimes: { ackMs: 2_000 } })
  const device = await rig.pair('first')
  const [ana, bia] = [person(1), person(2)]
  device.answerMessages('no-ack', 1)
  const first = await askFor(rig, { chatId: ana.lidJid, text: 'first' })
  await untilRow(rig, first, 'put off', row => row.state === 'accepted' && row.tries === 1)
  await askFor(rig, { chatId: ana.lidJid, text: 'second' })
  await askFor(rig, { chatId: bia.lidJid, text: 'beside' })
  expect(texts(await rig.untilEvents('message.sent', 1))).toEqual(['beside'])
  await skipWaiting(rig)
  await untilSent(3)
  expect(texts(await rig.eventsOf('message.sent'))).toEqual(['beside', 'first', 'second'])
  expect(texts(shownTexts(device))).toEqual(['first', 'beside', 'second'])
  expect(countsSent(device)).toEqual([2, 1, 1])
  expect(device.conflicts()).toEqual([])
})

test('[F1] what WhatsApp refuses for good has failed with its code, and the chat goes on', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = person(1)
  device.answerMessages({ error: 479 }, 1)
  const refused = await askFor(rig, { chatId: ana.lidJid, text: 'refused' })
  await askFor(rig, { chatId: ana.lidJid, text: 'taken' })
  await untilSent(1)
  expect(await untilFailed()).toMatchObject({
    ...{ eventId: outcomeId(refused.eventId), commandId: refused.commandId, tries: 1, chatId: ana.lidJid },
    ...{ reason: 'refused', code: '479', reasonText: expect.stringContaining('479') },
  })
  expect(texts(shownTexts(device))).toEqual(['taken'])
  expect(texts(await rig.eventsOf('message.sent'))).toEqual(['taken'])
})

test.each([
  [463, 'account-restricted'],
  [429, 'rate-limited'],
  [503, 'refused'],
])(
  '[F1] [F2] what WhatsApp refuses for now with %i is tried three times, never at once, and has failed then',
  async (error, reason) => {
    await rig.start()
    const device = await rig.pair('first')
    device.answerMessages({ error })
    const asked = await askFor(rig, { chatId: person(1).lidJid })
    for (const tries of [1, 2]) {
      await untilRow(rig, asked, 'put off', row => row.state === 'accepted' && row.tries === tries)
      await skipWaiting(rig)
    }
    expect(await untilFailed()).toMatchObject({ reason, code: String(error), tries: 3 })
    expect(countsSent(device)).toEqual([3])
  },
)

test('[F1] what WhatsApp never says a thing about is given to it four times, and its outcome is unknown then', async () => {
  await rig.start({ commandTimes: { ackMs: 100 } })
  const device = await rig.pair('first')
  device.answerMessages('swallow')
  const asked = await askFor(rig, { chatId: person(1).lidJid })
  for (const tries of [1, 2, 3]) {
    await untilRow(rig, asked, 'put off', row => row.state === 'accepted' && row.tries === tries)
    await skipWaiting(rig)
  }
  expect(await untilFailed()).toMatchObject({ reason: 'outcome-unknown', code: null, tries: 4 })
  expect(countsSent(device)).toEqual([4])
})

test('[F1] a socket that is lost before the acknowledgement sends the same bytes under the same id as soon as it is back', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = person(1)
  device.answerMessages('no-ack', 1)
  await askFor(rig, { chatId: ana.lidJid, text: 'first' })
  await askFor(rig, { chatId: ana.lidJid, text: 'second' })
  await until('it is shown', () => device.shown().length === 1)
  device.drop()
  const [done] = await untilSent(2)
  expect(done?.tries).toBe(2)
  expect(texts(shownTexts(device))).toEqual(['first', 'second'])
  expect(countsSent(device)).toEqual([2, 1])
  expect(device.conflicts()).toEqual([])
})

test('[F1] whoever takes the account over in the middle of a try sends the same bytes under the same id', async () => {
  const first = await rig.start()
  const device = await rig.pair('first')
  device.answerMessages('no-ack', 1)
  const asked = await askFor(rig, { chatId: person(1).lidJid, text: 'once' })
  await until('it is shown', () => device.shown().length === 1)
  await first.close()
  expect(await rowsOf(rig)).toMatchObject([{ state: 'sending', tries: 1 }])
  await rig.start()
  const [done] = await untilSent(1)
  expect(done).toMatchObject({ commandId: asked.commandId, tries: 2 })
  expect(texts(shownTexts(device))).toEqual(['once'])
  expect(countsSent(device)).toEqual([2])
  expect(device.conflicts()).toEqual([])
})

test('[F1] [B2] an owner that was overtaken sends nothing: neither what it has claimed, nor what it would claim', async () => {
  let isOvertaken = false
  const overtakenAt = (sql: string) => {
    if (isOvertaken || !sql.includes('set tries = ')) return null
    isOvertaken = true
    return { delay: bump(1_000) }
  }
  const database = flaky(rig.database.database, ({ args: [sql] }) => overtakenAt(String(sql)))
  await rig.start({ database, commandLookMs: 50 })
  const device = await rig.pair('first')
  await rig.database.database.query(`select setval('instance_epochs', 100000)`)
  const asked = await askFor(rig, { chatId: person(1).lidJid, text: 'once' })
  await until('it is overtaken', () => isOvertaken)
  await askFor(rig, { chatId: person(2).lidJid, text: 'other' })
  device.drop()
  await untilSent(2)
  expect(await untilRow(rig, asked, 'over', row => row.state === 'completed')).toMatchObject({ tries: 1 })
  expect(countsSent(device)).toEqual([1, 1])
})

test('[F1] nothing leaves before its bytes are kept', async () => {
  const row = holdRow(rig.database.database, 'held')
  let begun = 0
  const database = flaky(rig.database.database, ({ args: [sql] }) =>
    String(sql).includes('set tries = ') && ++begun === 2 ? { delay: row.held() } : null,
  )
  await rig.start({ database })
  const device = await rig.pair('first')
  const [ana, bia] = [person(1), person(2)]
  await askFor(rig, { chatId: ana.lidJid, text: 'kept' })
  await untilSent(1)
  await askFor(rig, { chatId: ana.lidJid, text: 'held' })
  await until('it is to be kept', () => begun === 2)
  await askFor(rig, { chatId: bia.lidJid, text: 'later, to somebody new' })
  await untilSent(2)
  expect(texts(shownTexts(device))).toEqual(['kept', 'later, to somebody new'])
  await row.free()
  await untilSent(3)
  expect(countsSent(device)).toEqual([1, 1, 1])
})

test('[F1] what would reach nobody is not sent, and goes out once WhatsApp names a device of whom it is for', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const [ana, bia] = [person(1), person(2)]
  const group = rig.simulator.group({ subject: 'Friends', members: [device.owner, ana, bia] })
  for (const one of [ana, bia]) device.hideDevices(one, 1_000)
  const asked = [
    await askFor(rig, { chatId: ana.lidJid, text: 'hello' }),
    await askFor(rig, { chatId: group.id, text: 'hello all' }),
  ]
  for (const one of asked)
    await untilRow(rig, one, 'put off', row => row.state === 'accepted' && row.due_at !== null && row.tries === 0)
  expect(countsSent(device)).toEqual([])
  for (const one of [ana, bia]) device.hideDevices(one, 0)
  await skipWaiting(rig)
  expect((await untilSent(2)).map(({ tries }) => tries)).toEqual([1, 1])
  expect(texts(shownTexts(device)).toSorted()).toEqual(['hello', 'hello all'])
  expect(device.shown().map(({ shownTo }) => shownTo.includes(ana.pn))).toEqual([true, true])
  expect(device.conflicts()).toEqual([])
  expect(countsSent(device)).toEqual([1, 1])
})

test('[F1] [B9] the secret of a message is kept with its bytes: whoever dies before leaves none that nobody sends', async () => {
  const row = holdRow(rig.database.database, 'held')
  let isHeld = false
  const database = flaky(rig.database.database, ({ args: [sql] }) => {
    if (isHeld || !String(sql).includes('set tries = ')) return null
    isHeld = true
    return { delay: row.held() }
  })
  await rig.start({ database })
  await rig.pair('first')
  const secrets = () => rig.database.database.query('select 1 from message_secrets')
  await askFor(rig, { chatId: person(1).lidJid, text: 'held' })
  await until('its bytes are to be kept', () => isHeld)
  await askFor(rig, { chatId: person(2).lidJid, text: 'later' })
  await untilSent(1)
  expect(await secrets()).toHaveLength(1)
  await row.free()
  await untilSent(2)
  expect(await secrets()).toHaveLength(2)
})

test('[F1] nobody is told of an outcome before it is decided', async () => {
  let asked = 0
  const database = flaky(rig.database.database, ({ args: [sql] }) =>
    String(sql).includes("set state = 'ending', outcome") && ++asked < 3 ? { fail: away } : null,
  )
  const beforeDecided: number[] = []
  const log = flaky(rig.testLog.log, ({ name, args }) => {
    if (name === 'append' && JSON.stringify(args[0]).includes('command.completed')) beforeDecided.push(asked)
    return null
  })
  await rig.start({ database, log })
  await rig.pair('first')
  await askFor(rig, { chatId: person(1).lidJid })
  await untilSent(1)
  expect(beforeDecided).toEqual([3])
})

test('[F1] an outcome that was told and not ended is told again by whoever holds the account next, as the same events; nothing is sent', async () => {
  let isAway = true
  const database = flaky(rig.database.database, ({ args: [sql] }) =>
    isAway && String(sql).includes('ended_at = now()') ? { fail: away } : null,
  )
  await rig.start({ database })
  const device = await rig.pair('first')
  const asked = await askFor(rig, { chatId: person(1).lidJid })
  await untilSent(1)
  device.drop()
  await untilSent(2)
  isAway = false
  await untilRow(rig, asked, 'over', row => row.state === 'completed')
  const of = ({ eventId, occurredAt, chatId, senderId }: Event) => ({ eventId, occurredAt, chatId, senderId })
  for (const type of ['command.completed', 'message.sent'] as const) {
    const told = (await rig.eventsOf(type)).map(of)
    expect(told.length).toBeGreaterThan(1)
    expect(new Set(told.map(one => JSON.stringify(one))).size).toBe(1)
  }
  expect(countsSent(device)).toEqual([1])
})
