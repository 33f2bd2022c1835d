// What producers say of themselves, with real Baileys against the simulator: heartbeats, tallies as rows, and silence.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import { writeTogether } from '../../src/database/statement-parts.ts'
import type { EventOf } from '../../src/events/event.ts'
import { readReceived, readTallied, readUnappended, tallyWrites } from '../../src/instances/instance-tallies.ts'
import type { EventLog } from '../../src/log/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never, openRig, type Rig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const lines = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('producers account', lines)
})
afterEach(() => rig.close())

async function beats(): Promise<readonly EventOf<'instance.heartbeat'>[]> {
  const { log, codec, topic } = rig.testLog
  const found: EventOf<'instance.heartbeat'>[] = []
  for await (const { value } of log.read(topic('heartbeats'), { from: 'first', until: 'end' }, never)) {
    const event = await codec.decode(value, never)
    if (event?.type === 'instance.heartbeat') found.push(event)
  }
  return found
}

test('[B8] each instance beats with numbers of its own, says how far it is, and leaves the sequence of its events dense', async () => {
  const appends: number[] = []
  const log: EventLog = {
    ...rig.testLog.log,
    append: (append, signal) => {
      if (append.topic === rig.testLog.topic('heartbeats')) appends.push(append.records.length)
      return rig.testLog.log.append(append, signal)
    },
  }
  await rig.start({ log, heartbeatEveryMs: 100 })
  const shop = await rig.pair('shop')
  await rig.pair('branch', '5511900000002')
  const ana = rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  for (const n of [1, 2, 3]) await shop.send(ana, text(`${n}`))
  await rig.untilEvents('message.received', 3)
  const epochOf = (id: string) => rig.untilState(id, 'open').then(({ epoch }) => epoch)
  const epoch = await epochOf('shop')
  const last = await until('a beat after the messages', async () => {
    const events = (await rig.events()).filter(one => one.instanceId === 'shop' && one.epoch === epoch)
    const beat = (await beats()).findLast(one => one.instanceId === 'shop' && one.epoch === epoch)
    return beat?.lastSequence === Math.max(...events.map(one => one.sequence)) && beat
  })
  const events = (await rig.events()).filter(one => one.instanceId === 'shop' && one.epoch === epoch)
  expect(events.map(one => one.sequence)).toEqual(events.map((_, index) => index + 1))
  expect(last).toMatchObject({ state: 'open', appended: events.length })
  expect(last.received).toBeGreaterThanOrEqual(3)
  expect(Date.now() - Number(last.lastStanzaAt)).toBeLessThan(60_000)
  const own = (await beats()).filter(one => one.instanceId === 'shop' && one.epoch === epoch)
  expect(own.map(one => one.sequence)).toEqual(own.map((_, index) => index + 1))
  expect(Math.max(...appends), 'both in one append').toBe(2)
})

test('[B8] heartbeats that the log does not take hold nothing up, and are said', async () => {
  const log: EventLog = {
    ...rig.testLog.log,
    append: (append, signal) =>
      append.topic === rig.testLog.topic('heartbeats')
        ? Promise.reject(new Error('no room for heartbeats'))
        : rig.testLog.log.append(append, signal),
  }
  await rig.start({ log, heartbeatEveryMs: 50 })
  const shop = await rig.pair('shop')
  const ana = rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  await until('one to be refused', () => lines.lines.some(({ event }) => event === 'heartbeats.not-appended'))
  const id = await shop.send(ana, text('olá'))
  await rig.untilEvents('message.received', 1)
  await until('it to be acknowledged', () => !shop.pending().includes(id))
  expect(await beats()).toEqual([])
})

test('[B8] what WhatsApp announced and what came of it, and what was received, are rows, also after a restart', async () => {
  const first = await rig.start()
  const shop = await rig.pair('shop')
  const ana = rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  await shop.send(ana, text('antes'))
  await rig.untilEvents('message.received', 1)
  await until('it to be acknowledged', () => shop.pending().length === 0)
  await first.close()
  const { database } = rig.database
  const messagesIn = async () => (await readReceived(database, 'shop')).find(({ stanza }) => stanza === 'message')?.received
  expect(await messagesIn()).toBe(1)
  const counted = await rig.metrics.render()
  expect(counted).toMatch(/^zaplog_accounted_by_type_total\{type="message\.received",stage="appended"\} 1$/m)
  expect(counted).toMatch(/^zaplog_accounted_by_instance_total\{instance="shop",stage="received"\} [1-9]\d*$/m)
  expect(counted).not.toMatch(/^zaplog_accounted_by_(type\S*instance_id|instance\S*type)=/m)
  expect(await readTallied(database, 'shop')).toMatchObject({ announced: null })

  await until('the companion to be away', () => !shop.isOnline())
  for (const n of [1, 2, 3]) await shop.send(ana, text(`fora ${n}`))
  const second = await rig.start()
  await rig.untilEvents('message.received', 4)
  await until('all to be acknowledged', () => shop.isOnline() && shop.pending().length === 0)
  await second.close()
  expect(await messagesIn()).toBe(4)
  const tallied = await readTallied(database, 'shop')
  expect(tallied?.announced).toMatchObject({ stanzas: 3, messages: 3, receipts: 0, notifications: 0, arrived: 3 })
  expect(tallied?.announced?.endedAt).not.toBeNull()
  expect(tallied?.numbered).toBe(tallied?.appended)
})

test('[B8] counts that are written twice count once, those of another epoch are added, and an older owner changes nothing', async () => {
  await rig.create('shop')
  const { database } = rig.database
  const write = (epoch: number, message: number, numbered = 5, appended = 5) =>
    writeTogether(
      database,
      tallyWrites([
        {
          ...{ instanceId: 'shop', epoch, numbered, appended, lastStanzaAt: null, announced: null },
          received: { message, receipt: 0, notification: 0, call: 0 },
        },
      ]),
    )
  for (const [epoch, messages] of [
    [1, 3],
    [1, 3],
    [1, 4],
    [2, 1],
    [1, 9],
    [2, 2],
  ] as const)
    await write(epoch, messages)
  expect(await readReceived(database, 'shop')).toMatchObject([{ stanza: 'message', received: 6 }])
  await write(2, 2, 9, 7)
  expect(await readUnappended(database, 'shop'), 'it may be on its way').toEqual([])
  await database.query(`update instance_tallies set since = since - interval '61 seconds'`)
  await write(2, 2, 9, 7)
  expect(await readUnappended(database, null)).toMatchObject([
    { instanceId: 'shop', epoch: 2, firstSequence: 8, lastSequence: 9 },
  ])
  await write(2, 2, 9, 9)
  expect(await readUnappended(database, null)).toEqual([])
})

test('[B8] an open instance that hears nothing for ten minutes is named by readiness and counted, until it hears something', async () => {
  let aheadMs = 0
  const role = await rig.start({ clock: () => Date.now() + aheadMs })
  const shop = await rig.pair('shop')
  const check = () => role.checks().find(({ name }) => name === 'silent instances')
  expect(check()).toMatchObject({ state: 'ok' })
  const heard = /^zaplog_instance_last_stanza_timestamp_seconds\{instance_id="shop"\} ([\d.]+)$/m
  const scraped = await rig.metrics.render()
  expect(scraped).toMatch(/^zaplog_instance_state\{instance_id="shop",state="open"\} 1$/m)
  expect(Date.now() / 1000 - Number(heard.exec(scraped)?.[1])).toBeLessThan(600)
  aheadMs = 11 * 60_000
  expect(check()).toMatchObject({ state: 'degraded', detail: expect.stringContaining('shop since ') })
  expect(await rig.metrics.render()).toMatch(/^zaplog_instances_silent 1$/m)
  await shop.send(rig.simulator.contact({ pn: '5511900000011', name: 'Ana' }), text('oi'))
  await until('it to be heard', () => check()?.state === 'ok')
  expect(await rig.metrics.render()).toMatch(/^zaplog_instances_silent 0$/m)
  await role.close()
  expect(await rig.metrics.render(), 'it is in nobody’s hands').not.toMatch(/^zaplog_instance_(state|last_stanza\S*)\{/m)
})
