// What people see of a message that a client works on: reactions of the real Baileys at the simulator, in turns, none of them a command or an event,
// and none after the last one.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import { endSession, type Session, startSession } from '../../src/instances/processing-sessions.ts'
import { type ClaimedSign, claimSigns } from '../../src/instances/processing-signs.ts'
import { createSigns } from '../../src/producers/feedback/show-signs.ts'
import { createSignWatch } from '../../src/producers/feedback/sign-watch.ts'
import { createProducerMetrics } from '../../src/producers/producer-metrics.ts'
import type { Outgoing } from '../../src/producers/socket/send.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { askFor, rowsOf } from '../ground/producers/commands.ts'
import { openRig, ownerPn, type Rig, testConfig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
let database: Database
const quick = { signEveryMs: 30, signsPerMinute: 100_000, maxSessions: 5 }
const start = (processing: Partial<typeof quick> = {}, of: { database?: Database } = {}) =>
  rig.start({
    ...of,
    config: { ...testConfig, url: rig.simulator.url, cdnUrl: rig.simulator.cdn.url, processing: { ...quick, ...processing } },
  })
const person = (nth: number) => rig.simulator.contact({ pn: `55119000000${10 + nth}`, name: `Person ${nth}` })
const theirs = { fromMe: false, senderId: null }
const work = async (chatId: string, messageId: string): Promise<Session> => {
  const of = { instanceId: 'first', chatId, messageId, chatPn: null, processType: null, target: theirs, timeoutMs: 600_000 }
  const session = await startSession(database, of)
  if (session === null) throw new Error('the session was not started')
  return session
}
/** As the API does it: the row first, then the command. */
const finish = async ({ sessionId, chatId, messageId: targetMessageId }: Session) => {
  expect(await endSession(database, { sessionId, status: 'success', text: null })).not.toBeNull()
  return askFor(rig, { chatId, kind: 'reaction', targetMessageId, emoji: '✅', known: { target: theirs } })
}
type Device = Awaited<ReturnType<Rig['pair']>>
const signOf = (device: Device, messageId: string) =>
  device.reactions().find(one => one.targetMessageId === messageId)?.emoji ?? null
const untilSign = (device: Device, messageId: string, emoji: string) =>
  until(`${emoji} on ${messageId}`, () => signOf(device, messageId) === emoji)
const signsOf = async ({ sessionId }: Session) => {
  const [row] = await database.query<{ signs: number }>('select signs from processing_sessions where session_id = $1', [
    sessionId,
  ])
  return row?.signs ?? 0
}
const untilClaimed = (session: Session, count: number) =>
  until(`${count} signs are claimed`, async () => (await signsOf(session)) >= count)

describe('at WhatsApp', () => {
  beforeEach(async () => {
    rig = await openRig('processing-signs', logger)
    database = rig.database.database
  })
  afterEach(async () => {
    await rig.close()
  })

  test('[F3] a message that is worked on shows 🔄 and ⏳ in turns, as no command and no event, also of whoever holds its account next', async () => {
    const role = await start()
    const device = await rig.pair('first')
    const session = await work(person(1).lidJid, 'M1')
    for (const emoji of ['🔄', '⏳', '🔄']) await untilSign(device, 'M1', emoji)
    await role.close()
    const [before, claimed] = [device.stanzasSent().length, await signsOf(session)]
    await start()
    await untilClaimed(session, claimed + 3)
    await until('more are shown', () => device.stanzasSent().length > before + 2)
    for (const emoji of ['⏳', '🔄']) await untilSign(device, 'M1', emoji)
    expect(await rowsOf(rig)).toEqual([])
    const types = new Set((await rig.events()).map(event => event.type))
    expect([...types].filter(type => /^(message|command|processing)/.test(type))).toEqual([])
  })

  test('[F3] [B2] whenever a session is ended, its last sign is what stays: fifty of them at random moments', async () => {
    await start({ signEveryMs: 5, maxSessions: 100 })
    const device = await rig.pair('first')
    const people = [1, 2, 3, 4, 5].map(person)
    const ended = await Promise.all(
      people.map(async ({ lidJid }, of) => {
        const sessions: Session[] = []
        for (let nth = 0; nth < 10; nth++) {
          const session = await work(lidJid, `M${of}-${nth}`)
          const after = Math.floor(Math.random() * 4)
          await untilClaimed(session, after)
          await new Promise(resolve => setTimeout(resolve, Math.random() * 10))
          await finish(session)
          sessions.push(session)
        }
        return sessions
      }),
    )
    await rig.untilEvents('command.completed', 50)
    const claimed = await Promise.all(ended.flat().map(signsOf))
    const beside = await work(person(6).lidJid, 'BESIDE')
    await untilClaimed(beside, 3)
    await untilSign(device, 'BESIDE', '🔄')
    expect(ended.flat().map(({ messageId }) => [messageId, signOf(device, messageId)])).toEqual(
      ended.flat().map(({ messageId }) => [messageId, '✅']),
    )
    expect(await Promise.all(ended.flat().map(signsOf))).toEqual(claimed)
    expect(device.conflicts()).toEqual([])
  })

  test('[F3] a sign whose claim is answered late goes out before the last one', async () => {
    const answered = Promise.withResolvers<void>()
    let isHeld = false
    const late: Database = {
      ...database,
      query: async (sql, values) => {
        const rows = await database.query<{ session_id: string | null }>(sql, values)
        if (isHeld || !sql.includes('set signs = ') || !rows.some(row => row.session_id !== null)) return rows as never
        isHeld = true
        await answered.promise
        return rows as never
      },
    }
    await start({}, { database: late })
    const device = await rig.pair('first')
    const session = await work(person(1).lidJid, 'M1')
    await until('the claim is made', () => isHeld)
    await finish(session)
    await until('the last one is taken up', async () => (await rowsOf(rig)).some(row => row.state === 'sending'))
    expect(device.reactions()).toEqual([])
    answered.resolve()
    await rig.untilEvents('command.completed', 1)
    expect(device.stanzasSent()).toHaveLength(2)
    expect(signOf(device, 'M1')).toBe('✅')
  })

  test('[F3] a sign says the time before it was claimed, so that what ends its session is later, however late the claim is answered', async () => {
    await rig.create('first')
    await database.query(`insert into instance_owners (instance_id, epoch) values ('first', 7)`)
    await work('1@lid', 'M1')
    let now = 1_000
    const slow: Database = {
      ...database,
      query: async (sql, values) => {
        const rows = await database.query<never>(sql, values)
        now += 500
        return rows
      },
    }
    const outcomes = createMetrics({ processMetrics: false })
    const config = { processing: quick }
    const watch = createSignWatch({ database: slow, config, clock: () => now, logger, metrics: createProducerMetrics(outcomes) })
    const shown: [number, number][] = []
    const show = ({ nth }: ClaimedSign, at: number) => shown.push([nth, at]) > 0
    watch.serve({ instanceId: 'first', epoch: 7, show, isOver: () => false })
    const stop = new AbortController()
    const following = watch.follow(stop.signal)
    await until('two are shown', () => shown.length >= 2)
    stop.abort()
    await following
    expect(shown[0]).toEqual([1, 1_000])
    expect(shown[1]?.[1]).toBeGreaterThanOrEqual(1_500)
  })

  test('[F3] of an account so many are shown at once, of a message so many a minute; those beyond are left out, and get their last sign all the same', async () => {
    await start({ maxSessions: 2, signsPerMinute: 3 })
    const device = await rig.pair('first')
    const { lidJid } = person(1)
    const [first, second, third] = [await work(lidJid, 'M1'), await work(lidJid, 'M2'), await work(lidJid, 'M3')]
    await until('their budgets are used up', () => device.stanzasSent().length === 6)
    for (const session of [first, second]) await untilClaimed(session, (await signsOf(session)) + 4)
    expect(device.stanzasSent()).toHaveLength(6)
    expect([await signsOf(third), signOf(device, 'M3')]).toEqual([0, null])
    await finish(third)
    await untilSign(device, 'M3', '✅')
    await finish(first)
    await untilSign(device, 'M1', '✅')
  })

  test('[F3] what WhatsApp refuses or nobody can be shown is not tried again, and the next sign is shown', async () => {
    await start({ signEveryMs: 300 })
    const device = await rig.pair('first')
    device.answerMessages({ error: 479 }, 1)
    const session = await work(person(1).lidJid, 'M1')
    await untilSign(device, 'M1', '⏳')
    expect(device.stanzasSent().every(({ count }) => count === 1)).toBe(true)
    await finish(session)
    await untilSign(device, 'M1', '✅')
  })

  test('[F3] [B2] an owner that was overtaken, or whose session is past its time, claims nothing', async () => {
    await start({ signEveryMs: 600_000 })
    await rig.pair('first', ownerPn)
    const session = await work(person(1).lidJid, 'M1')
    await untilClaimed(session, 1)
    const [owner] = await database.query<{ epoch: string }>('select epoch from instance_owners')
    const epoch = Number(owner?.epoch)
    // In one transaction, so that the owner itself does not claim what becomes due.
    await database.transact(async tx => {
      const claim = (of: number) => claimSigns(tx, [{ instanceId: 'first', epoch: of }], { everyMs: 1_000, mostSessions: 5 })
      await tx.query('update processing_sessions set sign_at = now()')
      expect(await claim(epoch - 1)).toEqual({ claimed: [], nextInMs: null })
      await tx.query('update processing_sessions set timeout_at = now()')
      expect(await claim(epoch)).toEqual({ claimed: [], nextInMs: null })
      await tx.query(`update processing_sessions set timeout_at = now() + interval '1 minute'`)
      const { claimed, nextInMs } = await claim(epoch)
      expect(claimed).toMatchObject([{ instanceId: 'first', epoch, messageId: 'M1', nth: 2, target: theirs }])
      expect(nextInMs).toBe(1_000)
      expect((await claim(epoch)).claimed).toEqual([])
    }, new AbortController().signal)
  })
})

describe('on its way', () => {
  const sign = (nth: number) => ({
    ...{ instanceId: 'first', epoch: 1, sessionId: 'S', chatId: '1@lid', messageId: 'M1', target: theirs, nth },
  })
  /** A socket whose relays are held until they are let go. */
  function held() {
    const sent: { emoji: string | null | undefined; at: number; go: () => void }[] = []
    const relay = async ({ content: { reactionMessage } }: Outgoing) => {
      const gone = Promise.withResolvers<void>()
      sent.push({ emoji: reactionMessage?.text, at: Number(reactionMessage?.senderTimestampMs), go: gone.resolve })
      await gone.promise
    }
    const outcomes: string[] = []
    const metrics = { signs: { inc: ({ outcome }: { outcome: string }) => void outcomes.push(outcome) } }
    const own = () => ({ pn: null, lid: null })
    const deps = { life: { isOver: () => false }, send: { relay }, own, claimed: async () => undefined, logger }
    return { sent, outcomes, signs: createSigns({ ...deps, metrics: metrics as never }) }
  }
  const last = { to: '1@lid', messageId: 'LAST', attributes: {}, nodes: [] }

  test('[F3] the last sign waits for the one before, nothing else does, and a sign that would wait is left out', async () => {
    const { sent, outcomes, signs } = held()
    expect([signs.show(sign(1), 5), signs.show(sign(2), 6)]).toEqual([true, false])
    expect(sent.map(({ emoji, at }) => [emoji, at])).toEqual([['🔄', 5]])
    const ending = signs.relay({ ...last, content: { reactionMessage: { key: { id: 'M1' }, text: '✅' } } })
    const beside = signs.relay({ ...last, content: { reactionMessage: { key: { id: 'M2' }, text: '👍' } } })
    const text = signs.relay({ ...last, content: { conversation: 'hello' } })
    await until('the others are sent', () => sent.length === 3)
    expect(sent.map(({ emoji }) => emoji)).toEqual(['🔄', undefined, '👍'])
    sent[0]?.go()
    await until('the last one is sent', () => sent.length === 4)
    for (const { go } of sent) go()
    await Promise.all([ending, beside, text, signs.idle()])
    expect([sent.at(-1)?.emoji, outcomes]).toEqual(['✅', ['shown']])
  })
})
