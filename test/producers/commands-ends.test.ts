// How commands end that are not simply sent: nobody is there, nothing can be made of them, their time is over, the account is logged out; and what
// is kept of those that were sent.
import type { proto } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFindSent } from '../../src/producers/commands/find-sent.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { askFor, askForAll, countsSent, rowsOf, shownTexts, untilRow } from '../ground/producers/commands.ts'
import { openRig, type Rig, testConfig, texts } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('commands-ends', logger)
})
afterEach(async () => {
  await rig.close()
})
const person = (nth: number) => rig.simulator.contact({ pn: `55119000000${10 + nth}`, name: `Person ${nth}` })
const numberOf = ({ pn }: { pn: string }) => `${pn}@s.whatsapp.net`
const query = (sql: string, values: unknown[] = []) => rig.database.database.query(sql, values)
const untilFailed = async (count = 1) => rig.untilEvents('command.failed', count)
/** Of the table commands, whether or not they were wanted. */
const rowsReadBy = ([sql, values]: readonly unknown[]) =>
  rig.database.database.transact(async tx => {
    const count = async () => {
      const [row] = await tx.query<{ rows: string }>(
        `select seq_tup_read + coalesce(idx_tup_fetch, 0) as rows from pg_stat_xact_user_tables where relname = 'commands'`,
      )
      return Number(row?.rows ?? 0)
    }
    const before = await count()
    await tx.query(String(sql), Array.isArray(values) ? values : [])
    return (await count()) - before
  }, new AbortController().signal)
const longAgo = Date.now() - 3_600_000

test('[F1] a number that is not on WhatsApp has failed as such, with nothing sent; one that is gets its message under its own address', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = person(1)
  await askFor(rig, { chatId: '5511900000077@s.whatsapp.net' })
  await askFor(rig, { chatId: numberOf(ana), text: 'hello' })
  await rig.untilEvents('command.completed', 1)
  expect(await untilFailed()).toMatchObject([{ reason: 'not-on-whatsapp', code: null, tries: 0 }])
  expect(texts(shownTexts(device))).toEqual(['hello'])
  expect(await rig.eventsOf('message.sent')).toMatchObject([{ chatId: ana.lidJid, chatPn: numberOf(ana) }])
})

test('[F1] what WhatsApp refused for now, and whose account is logged out then, is told as refused, with its code', async () => {
  await rig.start()
  const device = await rig.pair('first')
  device.answerMessages({ error: 429 }, 1)
  const asked = await askFor(rig, { chatId: person(1).lidJid })
  await untilRow(rig, asked, 'put off', row => row.state === 'accepted' && row.tries === 1)
  await rig.want('first', `wanted = 'logged-out'`)
  expect(await untilFailed()).toMatchObject([{ commandId: asked.commandId, reason: 'rate-limited', code: '429', tries: 1 }])
})

test('[F1] what this version cannot send has failed as invalid, with nothing sent, and its chat goes on', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const { lidJid } = person(1)
  await askFor(rig, { chatId: lidJid, kind: 'telegram' })
  await askFor(rig, { chatId: lidJid, text: 'hello' })
  await rig.untilEvents('command.completed', 1)
  expect(await untilFailed()).toMatchObject([{ reason: 'invalid', tries: 0 }])
  expect(countsSent(device)).toEqual([1])
})

test('[F1] what is over its time is not begun by whoever holds the account, and what was begun goes on', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  const [ana, bia] = [person(1), person(2)]
  device.answerMessages('no-ack', 1)
  const begun = await askFor(rig, { chatId: ana.lidJid, text: 'begun' })
  await until('it is shown', () => device.shown().length === 1)
  await role.close()
  await query('update commands set expires_at = now()')
  await askFor(rig, { chatId: bia.lidJid, text: 'late' }, { expiresAt: longAgo })
  await rig.start()
  expect(await rig.untilEvents('command.completed', 1)).toMatchObject([{ commandId: begun.commandId, tries: 2 }])
  expect(await untilFailed()).toMatchObject([{ reason: 'expired', tries: 0, chatId: bia.lidJid }])
  expect(texts(shownTexts(device))).toEqual(['begun'])
})

test('[F1] what is over its time while nobody holds its account has failed, once, and of what was given to WhatsApp the outcome is unknown', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  const [ana, bia] = [person(1), person(2)]
  device.answerMessages('no-ack', 1)
  const tried = await askFor(rig, { chatId: ana.lidJid })
  await until('it is shown', () => device.shown().length === 1)
  await role.close()
  await query(`update commands set expires_at = now() - interval '1 hour'`)
  const untried = await askFor(rig, { chatId: bia.lidJid }, { expiresAt: longAgo })
  const waiting = await askFor(rig, { chatId: bia.lidJid })
  device.refuseLogin(503)
  await rig.start({ commandExpiryMs: 50 })
  const reasons = (await untilFailed(2)).map(({ commandId, reason, epoch }) => [commandId, reason, epoch])
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
    `insert into commands (instance_id, command_id, digest, state, event_id, place, operation, chat_id, message_id, body, is_paced, asked_at, expires_at)
     select $1, md5($1 || n), 'aa', 'accepted', md5('accepted' || $1 || n), n, 'message.send', (n / 30) || '@lid', 'M' || n, '{}', false,
       now() - interval '2 days', now() - interval '1 day' from generate_series(1, $2::integer) n`,
    [instanceId, commands],
  )
const untilOver = (instanceId: string) =>
  until(`all of ${instanceId} are over`, async () => {
    const [left] = await query(
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
  const fresh = await askFor(rig, { chatId: person(1).lidJid, text: 'hello' })
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
  await query(`update commands set state = 'ending', outcome = $1 where place = 7`, [
    JSON.stringify({ type: 'command.failed', at: 1, reason: 'expired', reasonText: 'Late.', code: null }),
  ])
  device.refuseLogin(503)
  const appends: number[] = []
  const away = await rig.start({ commandExpiryMs: 50, log: { ...rig.testLog.log, append: counting(appends) } })
  await untilOver('first')
  await until('all are told', async () => (await query('select 1 from api_outbox where appended_at is null')).length === 0)
  await expectToldOnce('first', many, 'expired')
  expect(appends.length).toBeLessThan(many / 20)
  await away.close()
  await query('delete from commands')
  await longLate('first', many)
  appends.length = 0
  await rig.want('first', `wanted = 'logged-out'`)
  await rig.start({ log: { ...rig.testLog.log, append: counting(appends) } })
  await untilOver('first')
  expect(appends.length).toBeLessThan(many / 20)
})

test('[F1] [A7] what waits for an account that is logged out has failed', async () => {
  const role = await rig.start()
  await rig.pair('first')
  await role.close()
  const asked = await askFor(rig, { chatId: person(1).lidJid })
  await rig.want('first', `wanted = 'logged-out'`)
  await query('delete from auth_creds')
  await rig.start()
  expect(await untilFailed()).toMatchObject([{ commandId: asked.commandId, reason: 'logged-out', tries: 0 }])
  await untilRow(rig, asked, 'over', row => row.state === 'failed')
})

test('[F1] [B8] of a chat that the settings leave out the outcome is told without its chat, and the message is not', async () => {
  await rig.start()
  await rig.create('first', { ignoreGroups: true })
  const device = await rig.simulator.scanQr(await rig.qrOf('first'), { pn: '5511900000001', name: 'Owner' })
  await rig.untilState('first', 'open')
  const group = rig.simulator.group({ subject: 'Friends', members: [device.owner, person(1)] })
  const asked = await askFor(rig, { chatId: group.id, text: 'hello' })
  const [done] = await rig.untilEvents('command.completed', 1)
  expect(done).toMatchObject({ commandId: asked.commandId, messageId: asked.messageId })
  expect(done?.chatId).toBeNull()
  expect(texts(shownTexts(device))).toEqual(['hello'])
  expect(await rig.eventsOf('message.sent')).toEqual([])
})

test('[F1] what a recipient could not read is found again, also by another process, for its own chat alone, and for 14 days', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  const ana = person(1)
  const { messageId } = await askFor(rig, { chatId: ana.lidJid, text: 'hello' })
  await rig.untilEvents('command.completed', 1)
  await role.close()
  const isAna = (id: string) => [ana.lidJid, numberOf(ana)].includes(id)
  const known = {
    complete: async ({ id }: { id: string }) => (isAna(id) ? { id: ana.lidJid, pn: numberOf(ana) } : { id, pn: null }),
  }
  const find = createFindSent({ ...rig, database: rig.database.database, logger, instanceId: 'first', known })
  const secretOf = (content: proto.IMessage | undefined) =>
    Buffer.from(content?.messageContextInfo?.messageSecret ?? new Uint8Array()).toString('hex')
  for (const remoteJid of [ana.lidJid, numberOf(ana)]) {
    const found = await find({ id: messageId, remoteJid })
    expect(found?.content.extendedTextMessage?.text).toBe('hello')
    expect(secretOf(found?.content)).toBe(secretOf(device.shown()[0]?.content))
  }
  expect(await find({ id: messageId, remoteJid: person(2).lidJid })).toBeUndefined()
  expect(await find({ id: 'OTHER', remoteJid: ana.lidJid })).toBeUndefined()
  await query(`update commands set asked_at = now() - interval '15 days'`)
  expect(await find({ id: messageId, remoteJid: ana.lidJid })).toBeUndefined()
})

const damageBuilt = () =>
  query(`update commands set built = set_byte(built, length(built) - 1, get_byte(built, length(built) - 1) # 1)`)

test('[F1] [F2] what was begun and cannot be opened any more ends as unknown, in its chat as in others, and what comes after it is sent', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  device.answerMessages('no-ack', 12)
  const people = Array.from({ length: 12 }, (_, nth) => person(nth))
  for (const { lidJid } of people.slice(0, 10)) await askFor(rig, { chatId: lidJid })
  await until('all were begun', async () => (await rowsOf(rig)).every(row => row.tries === 1))
  await role.close()
  await damageBuilt()
  device.answerMessages('ack')
  const later = [await askFor(rig, { chatId: people[0]?.lidJid ?? '' }), await askFor(rig, { chatId: people[11]?.lidJid ?? '' })]
  await rig.start()
  expect((await untilFailed(10)).map(({ reason, tries }) => [reason, tries])).toEqual(
    people.slice(0, 10).map(() => ['outcome-unknown', 1]),
  )
  const done = await rig.untilEvents('command.completed', 2)
  expect(done.map(one => one.commandId).toSorted()).toEqual(later.map(one => one.commandId).toSorted())
  expect(device.conflicts()).toEqual([])
  expect(logger.lines.some(line => line.event === 'command.not-opened')).toBe(true)
})

test.each(['command.completed', 'command.failed'] as const)(
  '[F1] %s that was decided is told though its bytes cannot be opened any more, by the next session and where the account is logged out',
  async type => {
    const role = await rig.start()
    await rig.pair('first')
    await askFor(rig, { chatId: person(1).lidJid })
    await rig.untilEvents('command.completed', 1)
    await role.close()
    const outcome =
      type === 'command.completed'
        ? { type, at: 1, saidAt: null }
        : { type, at: 1, reason: 'refused', reasonText: 'No.', code: '479' }
    const decided = () => query(`update commands set state = 'ending', ended_at = null, outcome = $1`, [JSON.stringify(outcome)])
    await damageBuilt()
    await decided()
    const next = await rig.start()
    await rig.untilEvents(type, type === 'command.completed' ? 2 : 1)
    await until('it is over', async () => (await rowsOf(rig)).every(row => row.state === type.slice('command.'.length)))
    await next.close()
    await decided()
    await rig.want('first', `wanted = 'logged-out'`)
    await rig.start()
    await rig.untilEvents(type, type === 'command.completed' ? 3 : 2)
    expect(await rig.eventsOf('message.sent')).toHaveLength(1)
    expect((await rig.eventsOf('instance.state-changed')).at(-1)).toMatchObject({ state: 'logged-out' })
  },
)

test('[F1] what cannot be opened any more is found for nobody', async () => {
  const role = await rig.start()
  await rig.pair('first')
  const ana = person(1)
  const { messageId } = await askFor(rig, { chatId: ana.lidJid })
  await rig.untilEvents('command.completed', 1)
  await role.close()
  await damageBuilt()
  const known = { complete: async ({ id }: { id: string }) => ({ id, pn: null }) }
  const find = createFindSent({ ...rig, database: rig.database.database, logger, instanceId: 'first', known })
  expect(await find({ id: messageId, remoteJid: ana.lidJid })).toBeUndefined()
})

test('[F1] a phone that cannot read a message is sent the same bytes again when it asks for them', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = person(1)
  device.failToRead(ana, 2)
  await askFor(rig, { chatId: ana.lidJid, text: 'hello' })
  await until('both phones show it', () => device.shown()[0]?.shownTo.includes(ana.pn))
  expect(texts(shownTexts(device))).toEqual(['hello'])
  expect(device.conflicts()).toEqual([])
  expect(await rig.untilEvents('command.completed', 1)).toHaveLength(1)
})

test('[F1] an edit and a deletion that a phone cannot read are sent again as what they are', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = person(1)
  const { messageId: targetMessageId } = await askFor(rig, { chatId: ana.lidJid, text: 'hello' })
  await rig.untilEvents('command.completed', 1)
  const known = { target: { fromMe: true, senderId: null } }
  for (const [kind, said] of [
    ['edit', { text: 'hello, edited' }],
    ['delete', {}],
  ] as const) {
    device.failToRead(ana, 2)
    const { messageId } = await askFor(rig, { chatId: ana.lidJid, kind, targetMessageId, known, ...said })
    const code = kind === 'edit' ? '1' : '7'
    const sent = await until('it was sent again, twice', () =>
      device.stanzasSent().find(one => one.messageId === messageId && one.count === 3),
    )
    expect(sent.edits).toEqual([code, code, code])
  }
  await until('the phone shows no more of it', () => device.shown()[0]?.isRevoked)
  expect(device.shown()).toHaveLength(1)
  expect(device.conflicts()).toEqual([])
})

test('[F2] what makes a message for people waits for its turn and keeps its order; a change of one does not wait', async () => {
  await rig.start({ config: { ...testConfig, url: rig.simulator.url, cdnUrl: null, outboundPerMinute: 1, outboundBurst: 1 } })
  const device = await rig.pair('first')
  const [ana, bia, caio] = [person(1), person(2), person(3)]
  const first = await askFor(rig, { chatId: ana.lidJid, text: 'first' })
  await rig.untilEvents('command.completed', 1)
  await askFor(rig, { chatId: bia.lidJid, text: 'second' })
  await askFor(rig, {
    chatId: caio.lidJid,
    kind: 'reaction',
    targetMessageId: 'ABC',
    emoji: '👍',
    known: { target: { fromMe: false, senderId: caio.lidJid } },
  })
  const edit = { chatId: ana.lidJid, kind: 'edit', targetMessageId: first.messageId, text: 'first, edited' }
  const edited = await askFor(rig, { ...edit, known: { target: { fromMe: true, senderId: null } } })
  await rig.untilEvents('command.completed', 3)
  expect(await rig.eventsOf('message.reacted')).toMatchObject([{ targetMessageId: 'ABC', emoji: '👍', fromMe: true }])
  const [told] = await rig.eventsOf('message.edited')
  expect(told).toMatchObject({
    targetMessageId: first.messageId,
    text: 'first, edited',
    fromMe: true,
    messageId: edited.messageId,
  })
  expect(texts(shownTexts(device))).toEqual(['first, edited'])
  expect(device.reactions()).toMatchObject([{ chat: caio.lidJid, targetMessageId: 'ABC', emoji: '👍' }])
  expect(texts(await rig.eventsOf('message.sent'))).toEqual(['first'])
})

test('[F2] however many chats wait for the turn of their account, none of their rows is written before it, and each claim reads few', async () => {
  const claims: (readonly unknown[])[] = []
  const database = flaky(rig.database.database, ({ args }) => {
    if (String(args[0]).includes('due.turn')) claims.push(args)
    return null
  })
  const config = { ...testConfig, url: rig.simulator.url, cdnUrl: null, outboundPerMinute: 1, outboundBurst: 1 }
  await rig.start({ config, database })
  await rig.pair('first')
  const chats = Array.from({ length: 2_000 }, (_, nth) => `${20_000_000_000 + nth}@lid`)
  await askFor(rig, { chatId: person(1).lidJid })
  await rig.untilEvents('command.completed', 1)
  await askForAll(
    rig,
    chats.map(chatId => ({ chatId })),
  )
  // As autovacuum does.
  await query('analyze commands')
  const caio = person(3)
  const claimedBefore = claims.length
  for (let nth = 0; nth < 5; nth += 1) {
    const known = { target: { fromMe: false, senderId: caio.lidJid } }
    await askFor(rig, { chatId: caio.lidJid, kind: 'reaction', targetMessageId: `ABC${nth}`, emoji: '👍', known })
    await rig.untilEvents('command.completed', 2 + nth)
  }
  expect(claims.length).toBeGreaterThan(claimedBefore)
  const untouched = `epoch is null and due_at is null and state = 'accepted'`
  expect(await query(`select 1 from commands where ${untouched}`)).toHaveLength(2_000)
  expect(await rowsReadBy(claims.at(-1) ?? [])).toBeLessThan(50)
  // The same of first messages, while none of them may go.
  await query("update commands set is_paced = false, is_first = true where state = 'accepted'")
  await query("insert into first_contacts (instance_id, chat_id) values ('first', 'somebody@lid')")
  await query('analyze commands')
  const [sql, values] = claims.at(-1) ?? []
  const hour = 3_600_000
  expect(await rowsReadBy([sql, (values as unknown[]).with(5, hour)])).toBeLessThan(50)
})

test('[B9] what comes sealed with the secret of a message that was sent is opened by the secret that was kept before it left', async () => {
  await rig.start()
  await rig.pair('first')
  await askFor(rig, { chatId: person(1).lidJid })
  await rig.untilEvents('command.completed', 1)
  expect(await query('select 1 from message_secrets')).toHaveLength(1)
})

test('[B2] [F1] what is sent is encrypted behind the door: no byte leaves before the step of its session is durable', async () => {
  const step = Promise.withResolvers<void>()
  let held = 0
  let isHolding = false
  const database = flaky(rig.database.database, ({ args: [sql] }) => {
    if (!isHolding || !String(sql).includes('insert into auth_keys')) return null
    held += 1
    return { delay: step.promise }
  })
  await rig.start({ database })
  const device = await rig.pair('first')
  const ana = person(1)
  await askFor(rig, { chatId: ana.lidJid, text: 'first' })
  await rig.untilEvents('command.completed', 1)
  isHolding = true
  const second = await askFor(rig, { chatId: ana.lidJid, text: 'second' })
  await until('its step is to be written', () => held > 0)
  await untilRow(rig, second, 'begun', row => row.tries === 1)
  expect(countsSent(device)).toEqual([1])
  step.resolve()
  await rig.untilEvents('command.completed', 2)
  expect(texts(shownTexts(device))).toEqual(['first', 'second'])
  // Those of the person's device and of the account's own phone go together.
  expect(held).toBe(1)
})
