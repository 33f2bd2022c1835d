// What is kept of commands that were sent is found again for whom it is for, and opened by its own key alone; what opens no more ends as what is known of it.
import type { proto } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFindSent } from '../../src/producers/commands/find-sent.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { askFor, countsSent, rowsOf, shownTexts, untilRow } from '../ground/producers/commands.ts'
import { numberOf, person, query, untilFailed } from '../ground/producers/ended-commands.ts'
import { openRig, type Rig, texts } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('commands-kept', logger)
})
afterEach(() => rig.close())

test('[F1] what a recipient could not read is found again, also by another process, for its own chat alone, and for 14 days', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  const ana = person(rig, 1)
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
  expect(await find({ id: messageId, remoteJid: person(rig, 2).lidJid })).toBeUndefined()
  expect(await find({ id: 'OTHER', remoteJid: ana.lidJid })).toBeUndefined()
  await query(rig, `update commands set asked_at = now() - interval '15 days'`)
  expect(await find({ id: messageId, remoteJid: ana.lidJid })).toBeUndefined()
})

const damageBuilt = () =>
  query(rig, `update commands set built = set_byte(built, length(built) - 1, get_byte(built, length(built) - 1) # 1)`)

test('[F1] [F2] what was begun and cannot be opened any more ends as unknown, in its chat as in others, and what comes after it is sent', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  device.answerMessages('no-ack', 12)
  const people = Array.from({ length: 12 }, (_, nth) => person(rig, nth))
  for (const { lidJid } of people.slice(0, 10)) await askFor(rig, { chatId: lidJid })
  await until('all were begun', async () => (await rowsOf(rig)).every(row => row.tries === 1))
  await role.close()
  await damageBuilt()
  device.answerMessages('ack')
  const later = [await askFor(rig, { chatId: people[0]?.lidJid ?? '' }), await askFor(rig, { chatId: people[11]?.lidJid ?? '' })]
  await rig.start()
  expect((await untilFailed(rig, 10)).map(({ reason, tries }) => [reason, tries])).toEqual(
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
    await askFor(rig, { chatId: person(rig, 1).lidJid })
    await rig.untilEvents('command.completed', 1)
    await role.close()
    const outcome =
      type === 'command.completed'
        ? { type, at: 1, saidAt: null }
        : { type, at: 1, reason: 'refused', reasonText: 'No.', code: '479' }
    const decided = () =>
      query(rig, `update commands set state = 'ending', ended_at = null, outcome = $1`, [JSON.stringify(outcome)])
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
  const ana = person(rig, 1)
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
  const ana = person(rig, 1)
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
  const ana = person(rig, 1)
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

test('[B9] what comes sealed with the secret of a message that was sent is opened by the secret that was kept before it left', async () => {
  await rig.start()
  await rig.pair('first')
  await askFor(rig, { chatId: person(rig, 1).lidJid })
  await rig.untilEvents('command.completed', 1)
  expect(await query(rig, 'select 1 from message_secrets')).toHaveLength(1)
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
  const ana = person(rig, 1)
  await askFor(rig, { chatId: ana.lidJid, text: 'first' })
  await rig.untilEvents('command.completed', 1)
  isHolding = true
  const second = await askFor(rig, { chatId: ana.lidJid, text: 'second' })
  await until('its step is to be written', () => held > 0)
  await untilRow(rig, second, 'claimed and not begun', row => row.state === 'sending' && row.tries === 0)
  expect(countsSent(device)).toEqual([1])
  step.resolve()
  await rig.untilEvents('command.completed', 2)
  expect(texts(shownTexts(device))).toEqual(['first', 'second'])
  // Those of the person's device and of the account's own phone go together.
  expect(held).toBe(1)
})
