// Messages are in the log in the order in which WhatsApp sent them, offline before live, however slow the key store answers.
import { setTimeout as later } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openRig, type Rig, texts } from '../ground/producers/rig.ts'
import { switchLog } from '../ground/producers/switched-log.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('producers order', logger)
})
afterEach(async () => {
  await rig.close()
})

const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix} ${index}`)

test('[B2] [B4] 20 messages that waited come before 3 that are sent while they are taken in', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  const ana = rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  await role.close()
  for (const body of numbered('offline', 20)) await device.send(ana, text(body))
  await rig.start()
  await until('the companion is back', device.isOnline)
  for (const body of numbered('live', 3)) await device.send(ana, text(body))
  await rig.untilEvents('message.received', 23)
  const messages = await rig.eventsOf('message.received')
  expect(texts(messages)).toEqual([...numbered('offline', 20), ...numbered('live', 3)])
  const sequences = messages.map(message => message.sequence)
  expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
  await until('all is acknowledged', () => device.pending().length === 0)
})

test('[B4] bursts of new contacts stay in order over a key store that answers in 0 to 6 ms', async () => {
  let seed = 7
  const pseudoRandom = () => {
    seed = (seed * 16807) % 2147483647
    return seed / 2147483647
  }
  const database = flaky(rig.database.database, ({ name, args: [sql] }) =>
    name === 'query' && String(sql).includes('auth_keys') ? { delay: later(pseudoRandom() * 6) } : null,
  )
  await rig.start({ database })
  const device = await rig.pair('first')
  const people = Array.from({ length: 5 }, (_, index) =>
    rig.simulator.contact({ pn: `551190000002${index}`, name: `New ${index}` }),
  )
  for (const person of people) for (const body of numbered(person.name, 8)) await device.send(person, text(body))
  await rig.untilEvents('message.received', 40)
  const messages = await rig.eventsOf('message.received')
  for (const person of people)
    expect(texts(messages.filter(message => message.senderId === person.lidJid))).toEqual(numbered(person.name, 8))
})

test('[B2] [B4] a flood comes in order, though the log was away while it came', async () => {
  const { log, hold, release, stuck } = switchLog(rig.testLog.log)
  await rig.start({ log })
  const device = await rig.pair('first')
  const ana = rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  await device.send(ana, text('before'))
  await rig.untilEvents('message.received', 1)
  hold()
  const bodies = numbered('flood', 300)
  for (const body of bodies) await device.send(ana, text(body))
  await until('the first of them waits for the log', () => stuck() > 0)
  release()
  const messages = await rig.untilEvents('message.received', 301)
  expect(texts(messages)).toEqual(['before', ...bodies])
  await until('all is acknowledged', () => device.pending().length === 0)
})

test('[B4] sequence counts from 1 in each epoch without a gap', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  const ana = rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  for (const body of numbered('before', 3)) await device.send(ana, text(body))
  await rig.untilEvents('message.received', 3)
  await role.close()
  await rig.start()
  for (const body of numbered('after', 3)) await device.send(ana, text(body))
  await rig.untilEvents('message.received', 6)
  const byEpoch = Map.groupBy(await rig.events(), event => event.epoch)
  expect(byEpoch.size).toBeGreaterThan(1)
  for (const events of byEpoch.values()) expect(events.map(event => event.sequence)).toEqual(events.map((_, index) => index + 1))
})
