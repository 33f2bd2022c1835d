// Guarantee: an instance's account adds up over offline times, redeliveries and kills, and a number that never came into the log is named.
import { expect, test } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { openConversation } from '../ground/scenarios/conversation.ts'
import { sideBySide } from '../ground/scenarios/setups.ts'
import { INSTANCE, type Stage, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const MESSAGES = 1_000
const OFFLINE = 100
const A_MINUTE = 60_000
const never = new AbortController().signal

type Account = {
  announced: { at: string; stanzas: number; arrived: number; endedAt: string | null } | null
  received: { stanza: string; received: number }[]
  events: { type: string; appended: number; copies: number; projected: number; matched: number; delivered: number }[]
  gaps: { epoch: number; firstSequence: number; lastSequence: number }[]
}

sideBySide(setup => {
  test('[B8] 1,000 messages, redelivered and through two kills, add up; a skipped number is named within a minute', {
    timeout: 600_000,
  }, async () => {
    const stage = await setup.openStage({ shortSessions: true })
    try {
      const { device, receiver } = stage
      const talk = openConversation(stage, { chats: 5 })
      const ids = () => talk.sent.map(one => one.messageId)
      for (const kills of [1, 2]) {
        await talk.write((MESSAGES - OFFLINE) / 2 / 3)
        device.redeliver(ids().slice(0, 20))
        await talk.write((MESSAGES - OFFLINE) / 2 / 3)
        await stage.kill()
        await until('the companion to be away', () => !device.isOnline())
        await talk.write((MESSAGES - OFFLINE) / 2 / 3)
        await stage.restart()
        await until(`everything to be settled after kill ${kills}`, () => device.pending().length === 0, A_MINUTE)
      }
      await untilDelivered(receiver, ids(), A_MINUTE)
      expect(await stage.zaplog().stop()).toBe(0)
      await talk.write(OFFLINE)
      const restartedAt = Date.now()
      await stage.restart()
      await untilDelivered(receiver, ids(), A_MINUTE)
      await until('everything to be settled', () => device.pending().length === 0, A_MINUTE)
      expect(talk.sent).toHaveLength(MESSAGES)

      await expectAddsUp(stage, restartedAt)
      await expectGapNamed(stage)
    } finally {
      await stage.close()
    }
  })
})

const readAccount = async (stage: Stage): Promise<Account> =>
  (await stage.zaplog().call('GET', `/v1/instances/${INSTANCE}/accounting`)).body as Account

const messagesOf = ({ events }: Account) => events.find(({ type }) => type === 'message.received')

type Counted = { records: number; events: number }

/** By type, as the log has them. */
async function countInLog(stage: Stage): Promise<ReadonlyMap<string, Counted>> {
  const its = await stage.ground.openLog()
  try {
    const byType = Map.groupBy(await its.events('events'), ({ type }) => type)
    const count = (events: readonly Event[]) => ({
      records: events.length,
      events: new Set(events.map(({ eventId }) => eventId)).size,
    })
    return new Map([...byType].map(([type, events]) => [type, count(events)]))
  } finally {
    await its.close()
  }
}

/**
 * Its owner, the read model and the webhooks count each for themselves, and its owner writes every few seconds: until then the account tells
 * of the login before. `since`: epoch milliseconds; what was announced later counts. `inLog`: as of later than the account.
 */
async function untilSettled(stage: Stage, since: number): Promise<{ account: Account; inLog: ReadonlyMap<string, Counted> }> {
  return until('the account to have all of it', async () => {
    const account = await readAccount(stage)
    const { announced, events } = account
    if (announced === null || Date.parse(announced.at) < since || announced.endedAt === null) return false
    if (announced.arrived < OFFLINE) return false
    if ((messagesOf(account)?.delivered ?? 0) < MESSAGES) return false
    const inLog = await countInLog(stage)
    const appendedOf = (type: string) => events.find(one => one.type === type)?.appended ?? 0
    return [...inLog].every(([type, { records }]) => appendedOf(type) >= records) && { account, inLog }
  })
}

async function expectAddsUp(stage: Stage, since: number): Promise<void> {
  const { account, inLog } = await untilSettled(stage, since)
  expect(account.announced).toMatchObject({ stanzas: OFFLINE, arrived: OFFLINE, endedAt: expect.any(String) })
  expect(account.gaps).toEqual([])
  expect(messagesOf(account)).toMatchObject({ projected: MESSAGES, matched: MESSAGES, delivered: MESSAGES })
  for (const one of account.events) expect(one.appended, one.type).toBe(one.projected + one.copies)
  // What a killed process counted since it wrote last is missing.
  expect(account.received.find(({ stanza }) => stanza === 'message')?.received).toBeGreaterThan(OFFLINE)
  for (const [type, { records, events }] of inLog)
    expect(
      account.events.find(one => one.type === type),
      type,
    ).toMatchObject({ appended: records, projected: events })
}

/** As a producer would leave it that takes numbers and appends nothing under them. */
async function expectGapNamed(stage: Stage): Promise<void> {
  const its = await stage.ground.openLog()
  try {
    const own = (await its.events('events')).filter(({ instanceId }) => instanceId === INSTANCE)
    const epoch = Math.max(...own.map(one => one.epoch))
    const last = own.filter(one => one.epoch === epoch).reduce((a, b) => (a.sequence > b.sequence ? a : b))
    const skipping: Event = { ...last, eventId: 'ab'.repeat(16), sequence: last.sequence + 3, recordedAt: Date.now() }
    await its.log.append({ topic: its.topic('events'), records: [its.codec.encode(skipping)] }, never)
    const gap = { epoch, firstSequence: last.sequence + 1, lastSequence: last.sequence + 2 }
    await until('the gap to be in the account', async () => (await readAccount(stage)).gaps.length > 0, A_MINUTE)
    expect((await readAccount(stage)).gaps).toMatchObject([gap])
    const named = `${INSTANCE} epoch ${epoch} sequences ${gap.firstSequence} to ${gap.lastSequence}`
    const ready = await until(
      'readiness to name it',
      async () => {
        const { status, body } = await stage.zaplog().call('GET', '/health/ready')
        const checks = body.checks as { name: string; state: string; detail: string }[]
        return checks.find(({ name }) => name === 'accounting')?.state === 'degraded' && { status, checks }
      },
      A_MINUTE,
    )
    expect(ready.status).toBe(200)
    expect(ready.checks.find(({ name }) => name === 'accounting')?.detail).toContain(named)
  } finally {
    await its.close()
  }
}
