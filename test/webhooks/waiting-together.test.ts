// What deliveries of many lanes that begin to wait at one moment cost each other.
import { afterAll, afterEach, expect, it } from 'vitest'
import { createWaitingLanes } from '../../src/webhooks/bridge/waiting-together.ts'
import { anEvent } from '../ground/events.ts'
import { never, openStream } from '../ground/webhooks/open-stream.ts'
import { acceptWrites, refuseWrites, wasRefused } from '../ground/webhooks/refuse-writes.ts'

const stream = await openStream('waiting together')
const { database } = stream
afterAll(() => stream.close())
afterEach(async () => {
  await acceptWrites(stream)
  await database.query('truncate webhook_waiting_lanes, webhook_waiting')
})

const { id: endpointId } = await stream.endpoint()
const { enter, join } = createWaitingLanes(database, { claimMs: 60_000, lifetime: never })
let offset = 0n
const waitingIn = (chat: string) => {
  offset += 1n
  const lane = `${endpointId}/shop/${chat}`
  const delivery = anEvent('delivery.released', { endpointId, lane, deliveryId: `${offset}_${endpointId}` })
  const record = { topic: 't', partition: 0, offset, key: lane, value: Buffer.of(1), headers: {}, recordedAt: 1 }
  return { delivery, record, keepValue: true }
}
const enterIn = (chat: string) => enter({ waiting: waitingIn(chat), due: { dueInMs: 0, triedMsAgo: 0 } })
const waits = async () => (await database.query('select from webhook_waiting')).length

it('[E4] [E5] a deadlock costs those that begin to wait, or join, no more than another try', async () => {
  await refuseWrites(stream, { table: 'webhook_waiting', sqlState: '40P01', when: 'not (select is_called from refusals)' })
  await enterIn('a')
  expect([await wasRefused(stream), await waits()]).toEqual([true, 1])
  await database.query(`select setval('refusals', 1, false)`)
  expect(await join(waitingIn('a'))).toBe(true)
  expect([await wasRefused(stream), await waits()]).toEqual([true, 2])
})

it('[E4] [E5] a row that is refused keeps nobody else out', async () => {
  await refuseWrites(stream, { table: 'webhook_waiting', sqlState: '22021', when: `new.lane like '%/odd'` })
  const all = ['first', 'a', 'odd', 'b', 'c'].map(enterIn)
  expect((await Promise.allSettled(all)).map(one => one.status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ])
  expect(await waits()).toBe(4)
})
