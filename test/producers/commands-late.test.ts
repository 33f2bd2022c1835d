// What is over its time is not begun, and is told as failed once, by the hundred, whoever holds its account or nobody.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collectLogLines } from '../ground/log-lines.ts'
import { askFor, countsSent, shownTexts } from '../ground/producers/commands.ts'
import { person, query, untilFailed } from '../ground/producers/ended-commands.ts'
import { openRig, type Rig, texts } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('commands-late', logger)
})
afterEach(() => rig.close())

const longAgo = Date.now() - 3_600_000

test('[F1] what is over its time is not begun by whoever holds the account, and what was begun goes on', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  const [ana, bia] = [person(rig, 1), person(rig, 2)]
  device.answerMessages('no-ack', 1)
  const begun = await askFor(rig, { chatId: ana.lidJid, text: 'begun' })
  await until('it is shown', () => device.shown().length === 1)
  await role.close()
  await query(rig, 'update commands set expires_at = now()')
  await askFor(rig, { chatId: bia.lidJid, text: 'late' }, { expiresAt: longAgo })
  await rig.start()
  expect(await rig.untilEvents('command.completed', 1)).toMatchObject([{ commandId: begun.commandId, tries: 2 }])
  expect(await untilFailed(rig)).toMatchObject([{ reason: 'expired', tries: 0, chatId: bia.lidJid }])
  expect(texts(shownTexts(device))).toEqual(['begun'])
})

test('[F1] what is over its time while nobody holds its account has failed, once, and of what was given to WhatsApp the outcome is unknown', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  const [ana, bia] = [person(rig, 1), person(rig, 2)]
  device.answerMessages('no-ack', 1)
  const tried = await askFor(rig, { chatId: ana.lidJid })
  await until('it is shown', () => device.shown().length === 1)
  await role.close()
  await query(rig, `update commands set expires_at = now() - interval '1 hour'`)
  const untried = await askFor(rig, { chatId: bia.lidJid }, { expiresAt: longAgo })
  const waiting = await askFor(rig, { chatId: bia.lidJid })
  device.refuseLogin(503)
  await rig.start({ commandExpiryMs: 50 })
  const reasons = (await untilFailed(rig, 2)).map(({ commandId, reason, epoch }) => [commandId, reason, epoch])
  expect(new Map(reasons.map(one => [one[0], one]))).toEqual(
    new Map([
      [tried.commandId, [tried.commandId, 'outcome-unknown', 0]],
      [untried.commandId, [untried.commandId, 'expired', 0]],
    ]),
  )
  device.refuseLogin(null)
  expect(await rig.untilEvents('command.completed', 1)).toMatchObject([{ commandId: waiting.commandId }])
  expect(await rig.eventsOf('command.failed')).toHaveLength(2)
  expect(countsSent(device)).toEqual([1, 1])
})

/** So many that were asked long ago, in chats of 30. */
const longLate = (instanceId: string, commands: number) =>
  query(
    rig,
    `insert into commands (instance_id, command_id, digest, state, event_id, place, operation, chat_id, message_id, body, is_paced, asked_at, expires_at)
     select $1, md5($1 || n), 'aa', 'accepted', md5('accepted' || $1 || n), n, 'message.send', (n / 30) || '@lid', 'M' || n, '{}', false,
       now() - interval '2 days', now() - interval '1 day' from generate_series(1, $2::integer) n`,
    [instanceId, commands],
  )
const untilOver = (instanceId: string) =>
  until(`all of ${instanceId} are over`, async () => {
    const [left] = await query(
      rig,
      `select 1 from commands where instance_id = $1 and state <> 'failed' and message_id like 'M%' limit 1`,
      [instanceId],
    )
    return left === undefined
  })
/** Each once, and those of a chat in their order. */
async function expectToldOnce(instanceId: string, commands: number, reason: string) {
  const told = (await rig.eventsOf('command.failed')).filter(one => one.instanceId === instanceId)
  expect(told.every(one => one.reason === reason)).toBe(true)
  expect(new Set(told.map(one => one.eventId)).size).toBe(told.length)
  const numbers = Map.groupBy(told, one => one.chatId)
  expect([...numbers.values()].flat()).toHaveLength(commands)
  for (const ofChat of numbers.values()) {
    const order = ofChat.map(one => Number(one.messageId?.slice(1)))
    expect(order).toEqual(order.toSorted((one, other) => one - other))
  }
}
const many = 450

test('[F1] many that are late at once are told by the hundred, and what is asked for meanwhile goes out', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  await role.close()
  await longLate('first', many)
  const fresh = await askFor(rig, { chatId: person(rig, 1).lidJid, text: 'hello' })
  const appends: number[] = []
  const log = { ...rig.testLog.log, append: counting(appends) }
  await rig.start({ log })
  expect(await rig.untilEvents('command.completed', 1)).toMatchObject([{ commandId: fresh.commandId }])
  await untilOver('first')
  await expectToldOnce('first', many, 'expired')
  // Chats side by side begin one by one; all others are told together.
  expect(appends.length).toBeLessThan(many / 4)
  expect(texts(shownTexts(device))).toEqual(['hello'])
})

const counting =
  (appends: number[]): Rig['testLog']['log']['append'] =>
  async (append, signal) => {
    if (append.records.some(({ headers }) => headers['event-type'] === 'command.failed')) appends.push(append.records.length)
    return rig.testLog.log.append(append, signal)
  }

test('[F1] many that are late of an account that nobody holds, or that is logged out, are told by the hundred; one that was decided, too', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  await role.close()
  await longLate('first', many)
  await query(rig, `update commands set state = 'ending', outcome = $1 where place = 7`, [
    JSON.stringify({ type: 'command.failed', at: 1, reason: 'expired', reasonText: 'Late.', code: null }),
  ])
  device.refuseLogin(503)
  const appends: number[] = []
  const away = await rig.start({ commandExpiryMs: 50, log: { ...rig.testLog.log, append: counting(appends) } })
  await untilOver('first')
  await until('all are told', async () => (await query(rig, 'select 1 from api_outbox where appended_at is null')).length === 0)
  await expectToldOnce('first', many, 'expired')
  expect(appends.length).toBeLessThan(many / 20)
  await away.close()
  await query(rig, 'delete from commands')
  await longLate('first', many)
  appends.length = 0
  await rig.want('first', `wanted = 'logged-out'`)
  await rig.start({ log: { ...rig.testLog.log, append: counting(appends) } })
  await untilOver('first')
  expect(appends.length).toBeLessThan(many / 20)
})
