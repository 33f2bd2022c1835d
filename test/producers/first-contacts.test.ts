// A first message to somebody waits for a turn of its own, and holds nobody but its chat; what a day had is counted in rows, over restarts.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { SimDevice } from '../../simulator/accounts/device.ts'
import { forgetFirstContacts } from '../../src/instances/first-contacts.ts'
import type { Role } from '../../src/runtime/role.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { type Asked, askFor, rowsOf, shownTexts, skipWaiting, untilRow } from '../ground/producers/commands.ts'
import { openRig, type Rig, testConfig } from '../ground/producers/rig.ts'

const logger = collectLogLines()
let rig: Rig
let role: Role
let device: SimDevice
const start = () =>
  rig.start({
    config: { ...testConfig, url: rig.simulator.url, cdnUrl: null, outboundFirstPerMinute: 1, outboundFirstPerDay: 3 },
  })
beforeAll(async () => {
  rig = await openRig('first-contacts', logger)
  role = await start()
  device = await rig.pair('first')
})
afterAll(async () => {
  await rig.close()
})
beforeEach(async () => {
  await query('delete from first_contacts')
})

const query = (sql: string) => rig.database.database.query(sql)
let nth = 10
const person = () => {
  nth += 1
  return rig.simulator.contact({ pn: `55119000000${nth}`, name: `Person ${nth}` })
}
const first = (chatId: string, text: string) => askFor(rig, { chatId, text, known: { isFirst: true } })
const known = (chatId: string, text: string) => askFor(rig, { chatId, text })
const done = (asked: Asked) => untilRow(rig, asked, 'done', ({ state }) => state === 'completed')
const stateOf = async ({ commandId }: Asked) => (await rowsOf(rig)).find(row => row.command_id === commandId)?.state
/** As if so much time had gone by. */
async function later(interval: string) {
  await query(`update first_contacts set at = at - interval '${interval}'`)
  await skipWaiting(rig)
}

test('[F2] of two first messages one goes out, the other a minute later; what is said to others, and to the first again, goes at once', async () => {
  const [ana, bia, caio] = [person(), person(), person()]
  await done(await first(ana.lidJid, 'first to Ana'))
  const waiting = await first(bia.lidJid, 'first to Bia')
  await done(await first(ana.lidJid, 'second to Ana'))
  await done(await known(caio.lidJid, 'to Caio'))
  expect(await stateOf(waiting)).toBe('accepted')
  await later('20 s')
  await done(await known(caio.lidJid, 'again to Caio'))
  expect(await stateOf(waiting)).toBe('accepted')
  await later('41 s')
  await done(waiting)
  const texts = shownTexts(device).map(({ text }) => text)
  expect(texts).toEqual(['first to Ana', 'second to Ana', 'to Caio', 'again to Caio', 'first to Bia'])
})

test('[F2] a day has so many first messages, whoever holds the account by then', async () => {
  for (const [index, one] of [person(), person(), person()].entries()) {
    await done(await first(one.lidJid, `of the day ${index}`))
    await later('2 min')
  }
  const fourth = await first(person().lidJid, 'one too many')
  await role.close()
  role = await start()
  await done(await known(person().lidJid, 'known'))
  expect(await stateOf(fourth)).toBe('accepted')
  await later('23 h 54 min')
  await done(fourth)
})

test('[F2] a first message whose chat has come to life meanwhile waits no longer, and stays first', async () => {
  const [ana, bia] = [person(), person()]
  await done(await first(ana.lidJid, 'to Ana'))
  const waiting = await first(bia.lidJid, 'to Bia')
  const reply = await known(bia.lidJid, 'a reply to Bia')
  await done(reply)
  await done(waiting)
  const texts = shownTexts(device).flatMap(({ chat, text }) => (chat === bia.lidJid ? text : []))
  expect(texts).toEqual(['to Bia', 'a reply to Bia'])
  expect(await query(`select 1 from first_contacts where chat_id = '${bia.lidJid}'`)).toEqual([])
})

test('[F2] once WhatsApp says that the account wrote too much nothing of it goes out, in no chat, until it has rested', async () => {
  const [ana, bia, caio] = [person(), person(), person()]
  device.answerMessages({ error: 429 }, 1)
  const refused = await known(ana.lidJid, 'too much')
  await untilRow(rig, refused, 'put off', row => row.state === 'accepted' && row.tries === 1)
  const others = [await known(bia.lidJid, 'to Bia'), await first(caio.lidJid, 'first to Caio')]
  const target = {
    chatId: bia.pnJid,
    kind: 'reaction',
    targetMessageId: 'ABC',
    emoji: '👍',
    known: { target: { fromMe: false, senderId: bia.lidJid } },
  }
  const reaction = await askFor(rig, target)
  await untilRow(rig, reaction, 'put off', row => row.state === 'accepted' && row.due_at !== null)
  const [rest] = await query(
    `select rests_until - now() > interval '9 min' as is_long from outgoing_turns where instance_id = 'first'`,
  )
  expect(rest).toEqual({ is_long: true })
  expect(await query(`select waits_for, tries from commands where command_id = '${reaction.commandId}'`)).toEqual([
    { waits_for: 'rate-limited', tries: 0 },
  ])
  expect(await Promise.all(others.map(stateOf))).toEqual(['accepted', 'accepted'])
  await skipWaiting(rig)
  for (const one of [refused, ...others, reaction]) await done(one)
})

test('[F2] who got a first message is forgotten after 14 days', async () => {
  const { database } = rig.database
  await query(
    `insert into first_contacts values ('first', 'old', now() - interval '15 days'), ('first', 'new', now() - interval '13 days')`,
  )
  expect(await forgetFirstContacts(database, { maxRows: 10 })).toBe(1)
  expect(await query('select chat_id from first_contacts')).toEqual([{ chat_id: 'new' }])
})
