// What the API accepts in the process that holds the account is in hand at once: nobody looks for it, and order, pace and once are as ever.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeCommand } from '../../src/api/commands/take-command.ts'
import { DatabaseError } from '../../src/database/database.ts'
import { createAccountsHere } from '../../src/instances/accounts-here.ts'
import { commandIds } from '../../src/instances/command-ids.ts'
import { type Fault, flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { askFor, countsSent, shownTexts, skipWaiting } from '../ground/producers/commands.ts'
import { person, query } from '../ground/producers/ended-commands.ts'
import { openRig, type Rig, testConfig, texts } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
/** What Postgres was asked, to claim commands. */
let asked: { claims: number }
let faultOf: (sql: string) => Fault | null
beforeEach(async () => {
  rig = await openRig('commands-in-hand', logger)
  asked = { claims: 0 }
  faultOf = () => null
})
afterEach(() => rig.close())

async function start(pace = {}) {
  const accountsHere = createAccountsHere()
  const database = flaky(rig.database.database, ({ name, args }) => {
    const sql = String(args[0])
    if (name === 'query' && isClaiming(sql)) asked.claims += 1
    return faultOf(sql)
  })
  const urls = { url: rig.simulator.url, cdnUrl: null }
  await rig.start({ accountsHere, database, commandLookMs: 600_000, config: { ...testConfig, ...urls, ...pace } })
  const device = await rig.pair('first')
  const { testLog } = rig
  const deps = { database, log: testLog.log, codec: testLog.codec, topic: testLog.topic, accountsHere, clock: Date.now, logger }
  const take = async (chatId: string, text: string) => {
    const command = {
      ...{ ...commandIds({ instanceId: 'first', key: text }), instanceId: 'first', digest: 'aa', operation: 'message.send' },
      ...{ chatId, body: { kind: 'text', chatId, text }, askedAt: Date.now(), expiresAt: Date.now() + 86_400_000 },
    }
    return takeCommand(deps, { command, parts: [], isNew: true }, new AbortController().signal)
  }
  return { device, take }
}
const isClaiming = (sql: string) => sql.includes('turn_of_first as materialized')
const isAccepting = (sql: string) => sql.includes('command_may_be_asked')
const opened = async () => (await rig.eventsOf('instance.state-changed')).filter(({ state }) => state === 'open')
const done = (count: number) => rig.untilEvents('command.completed', count)

test('[F1] a command that may go at once is sent without anybody looking for it, and told once', async () => {
  const { device, take } = await start()
  const said: string[] = []
  // What the login left to look for goes before.
  await until('one that nobody looked for', async () => {
    const { claims } = asked
    said.push(`${said.length}`)
    await take(person(rig, 1).lidJid, String(said.at(-1)))
    await done(said.length)
    return asked.claims === claims
  })
  expect(texts(shownTexts(device))).toEqual(said)
  expect(countsSent(device)).toEqual(said.map(() => 1))
})

test('[F1] [D1] many of a chat keep the order of the log, and each is sent once, beside those of others', async () => {
  const { device, take } = await start()
  const said = Array.from({ length: 12 }, (_, nth) => `${nth}`)
  const [ana, bia] = [person(rig, 1).lidJid, person(rig, 2).lidJid]
  for (const text of said) await Promise.all([take(ana, text), take(bia, `${text} to Bia`)])
  await done(24)
  const shown = shownTexts(device)
  expect(texts(shown.filter(({ chat }) => chat === ana))).toEqual(said)
  expect(texts(shown.filter(({ chat }) => chat === bia))).toEqual(said.map(text => `${text} to Bia`))
  expect(countsSent(device)).toEqual(shown.map(() => 1))
  expect(device.conflicts()).toEqual([])
})

test('[F1] one whose answer is lost is found by its row, and sent once', async () => {
  const { device, take } = await start()
  await take(person(rig, 1).lidJid, 'before')
  await done(1)
  const lost = new DatabaseError('unreachable', 'away', { perhapsDone: true })
  faultOf = sql => (isAccepting(sql) ? { failAfter: lost } : null)
  await expect(take(person(rig, 1).lidJid, 'at once')).rejects.toThrow('away')
  await done(2)
  expect(texts(shownTexts(device))).toEqual(['before', 'at once'])
  expect(countsSent(device)).toEqual([1, 1])
})

test.each(['delay', 'delayAfter'] as const)(
  '[A1] [F1] one whose session ends meanwhile is left to the next one: %s',
  async when => {
    const { device, take } = await start()
    await take(person(rig, 1).lidJid, 'before')
    await done(1)
    const released = Promise.withResolvers<void>()
    faultOf = sql =>
      isAccepting(sql) ? (when === 'delay' ? { delay: released.promise } : { delayAfter: released.promise }) : null
    const taking = take(person(rig, 1).lidJid, 'at its end')
    const logins = (await opened()).length
    const looksBefore = asked.claims
    device.drop()
    await until('the next session is open', async () => (await opened()).length > logins)
    if (when === 'delayAfter') await done(2)
    else await until('it found nothing', () => asked.claims > looksBefore)
    released.resolve()
    await taking
    await done(2)
    expect(texts(shownTexts(device))).toEqual(['before', 'at its end'])
    expect(countsSent(device)).toEqual([1, 1])
  },
)

test('[D1] [F2] while whoever holds the account looks for what waits, what is accepted waits behind that', async () => {
  const { device, take } = await start()
  await take(person(rig, 1).lidJid, 'before')
  await done(1)
  const released = Promise.withResolvers<void>()
  faultOf = sql => (isClaiming(sql) ? { delay: released.promise } : null)
  const looksBefore = asked.claims
  await askFor(rig, { chatId: person(rig, 2).lidJid, text: 'waits' })
  await skipWaiting(rig)
  await until('it looks', () => asked.claims > looksBefore)
  await take(person(rig, 3).lidJid, 'behind')
  const [behind] = await query(rig, "select state from commands where body ->> 'text' = 'behind'")
  released.resolve()
  await done(3)
  expect(behind).toEqual({ state: 'accepted' })
  expect(countsSent(device)).toEqual([1, 1, 1])
})

test('[F2] it takes a turn of the pace of its account, and waits where there is none', async () => {
  const { device, take } = await start({ outboundPerMinute: 1, outboundBurst: 2 })
  const [ana, bia, caio] = [1, 2, 3].map(nth => person(rig, nth).lidJid)
  for (const chat of [ana, bia, caio]) await take(String(chat), `to ${chat}`)
  await done(2)
  expect(texts(shownTexts(device))).toEqual([`to ${ana}`, `to ${bia}`])
  expect(await query(rig, "select chat_id from commands where state = 'accepted'")).toEqual([{ chat_id: caio }])
})
