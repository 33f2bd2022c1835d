// What must wait long is rows: nothing is lost there, nothing overtakes, and everything drains in order.
import { afterEach, describe, expect, it } from 'vitest'
import { getDelivery } from '../../src/webhooks/bridge/queries.ts'
import { deleteEndpoint, patchEndpoint } from '../../src/webhooks/endpoints/endpoints.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'
import { bridgesOf, sequences } from '../ground/webhooks/bridges.ts'
import { never } from '../ground/webhooks/open-stream.ts'

const logger = collectLogLines()
const { open, close } = bridgesOf(logger)
afterEach(close)

describe('waiting', () => {
  it('[E5] a long wait becomes rows, later deliveries join, and all drain in order after a restart', async () => {
    const bridge = await open('bridge waiting')
    let up = false
    const receiver = await bridge.receiver(() => ({ status: up ? 200 : 503 }))
    const first = bridge.start({ retryDelaysMs: [120_000, 120_000] })
    for (let nth = 0; nth < 5; nth++) await bridge.append(bridge.delivery(receiver.id, 'chat-1'))
    await bridge.untilStates('all wait', states => states.length === 5 && states.every(state => state === 'waiting'))
    expect(receiver.attempts).toHaveLength(1)
    await until('the partition is held by nothing', async () => (await doneRecords(bridge)) === 5)
    await first.close()
    bridge.start({ retryDelaysMs: [120_000, 120_000] })
    await bridge.append(bridge.delivery(receiver.id, 'chat-1'))
    await bridge.dueNow()
    await bridge.untilStates('it failed again', () => receiver.attempts.length === 2)
    up = true
    await until(
      'its lane waits again',
      async () =>
        (await bridge.database.query('select from webhook_waiting_lanes where claimed_by is null and due_at > now()')).length ===
        1,
    )
    await bridge.dueNow()
    await until('all arrived', () => receiver.accepted().length === 6)
    expect(sequences(receiver.accepted())).toEqual([1, 2, 3, 4, 5, 6])
    expect(receiver.attempts.map(one => one.attempt)).toEqual([1, 2, 3, 1, 1, 1, 1, 1])
    await bridge.untilStates('all on record', states => states.every(state => state === 'delivered'))
    await until(
      'the lane waits no more',
      async () => (await bridge.database.query('select from webhook_waiting_lanes')).length === 0,
    )
  })

  it('[E5] a body that was not kept is read back from the log when its turn comes', async () => {
    const bridge = await open('bridge read back')
    let up = false
    const receiver = await bridge.receiver(() => ({ status: up ? 200 : 503 }))
    await bridge.append(bridge.delivery(receiver.id, 'chat-1'), bridge.delivery(receiver.id, 'chat-1'))
    bridge.start({ retryDelaysMs: [120_000] })
    await bridge.untilStates('all wait', states => states.length === 2 && states.every(state => state === 'waiting'))
    await bridge.database.query('update webhook_waiting set value = null')
    up = true
    await bridge.dueNow()
    await until('all arrived', () => receiver.accepted().length === 2)
    expect(sequences(receiver.accepted())).toEqual([1, 2])
  })

  it('[E5] [E7] a delivery that the log has forgotten is said to be dead, and the next one says that it was skipped', async () => {
    const bridge = await open('bridge forgotten')
    let up = false
    const receiver = await bridge.receiver(() => ({ status: up ? 200 : 503 }))
    const [lost, next] = [bridge.delivery(receiver.id, 'chat-1'), bridge.delivery(receiver.id, 'chat-1')]
    await bridge.append(lost, next)
    bridge.start({ retryDelaysMs: [120_000] })
    await bridge.untilStates('all wait', states => states.length === 2 && states.every(state => state === 'waiting'))
    await bridge.database.query('update webhook_waiting set value = null where delivery_id = $1', [lost.deliveryId])
    await bridge.database.query('update log_partitions set first_offset = next_offset')
    up = true
    await bridge.dueNow()
    await until('the next arrived', () => receiver.accepted().length === 1)
    expect(receiver.accepted()).toMatchObject([{ webhookId: next.deliveryId, skipped: 1 }])
    expect(await getDelivery(bridge.database, lost.deliveryId)).toMatchObject({
      state: 'dead',
      error: expect.stringContaining('no longer in the log'),
    })
  })

  it('[E5] a row whose bytes cannot be read is said to be dead, and its lane goes on', async () => {
    const bridge = await open('bridge unreadable')
    let up = false
    const receiver = await bridge.receiver(() => ({ status: up ? 200 : 503 }))
    const [spoilt, next] = [bridge.delivery(receiver.id, 'chat-1'), bridge.delivery(receiver.id, 'chat-1')]
    await bridge.append(spoilt, next)
    bridge.start({ retryDelaysMs: [120_000] })
    await bridge.untilStates('all wait', states => states.length === 2 && states.every(state => state === 'waiting'))
    await bridge.database.query('update webhook_waiting set value = $2 where delivery_id = $1', [spoilt.deliveryId, 'nonsense'])
    up = true
    await bridge.dueNow()
    await until('the next arrived', () => receiver.accepted().length === 1)
    expect(receiver.accepted()).toMatchObject([{ webhookId: next.deliveryId, skipped: 1 }])
    expect(await getDelivery(bridge.database, spoilt.deliveryId)).toMatchObject({
      state: 'dead',
      error: expect.stringContaining('cannot be read'),
    })
  })

  it('[E5] [E6] 410 disables: everything waits without attempts and drains in order once enabled', async () => {
    const bridge = await open('bridge gone')
    let up = false
    const receiver = await bridge.receiver(() => ({ status: up ? 200 : 410 }))
    bridge.start()
    for (let nth = 0; nth < 3; nth++) await bridge.append(bridge.delivery(receiver.id, 'chat-1'))
    await bridge.untilStates('all wait', states => states.length === 3 && states.every(state => state === 'waiting'))
    await bridge.append(bridge.delivery(receiver.id, 'chat-2'))
    await bridge.untilStates('the other chat waits', states => states.length === 4 && states.every(state => state === 'waiting'))
    expect(receiver.attempts).toHaveLength(1)
    up = true
    const enabled = await patchEndpoint(bridge.deps, receiver.id, { enabled: true }, never)
    expect(enabled).toMatchObject({ ok: true, endpoint: { enabled: true } })
    await until('all arrived', () => receiver.accepted().length === 4)
    expect(sequences(receiver.acceptedOf('chat-1'))).toEqual([1, 2, 3])
  })

  it('[E5] a receiver may ask to be disabled, or for one message to be dropped', async () => {
    const bridge = await open('bridge asked')
    const receiver = await bridge.receiver(({ body }) =>
      body.data.sequence === 1
        ? { status: 500, headers: { 'webhook-delivery': 'abort-message' } }
        : { headers: { 'webhook-delivery': 'disable' } },
    )
    await bridge.append(...['a', 'a', 'a'].map(chat => bridge.delivery(receiver.id, chat)))
    bridge.start()
    await bridge.untilStates('as asked', states => [...states].sort().join() === 'delivered,discarded,waiting')
    expect(sequences(receiver.attempts)).toEqual([1, 2])
  })

  it('[E1] what a deleted endpoint was owed is discarded, and says so', async () => {
    const bridge = await open('bridge deleted')
    const receiver = await bridge.receiver()
    const delivery = bridge.delivery(receiver.id, 'chat-1')
    await deleteEndpoint(bridge.deps, receiver.id, never)
    await bridge.append(delivery)
    bridge.start()
    await bridge.untilStates('discarded', states => states[0] === 'discarded')
    expect(await getDelivery(bridge.database, delivery.deliveryId)).toMatchObject({
      error: 'the endpoint was deleted',
      attempts: [],
    })
    expect(receiver.attempts).toEqual([])
  })
})

/** How far the bridge's saved progress is, over all partitions. */
async function doneRecords(bridge: Awaited<ReturnType<typeof open>>) {
  const [row] = await bridge.database.query<{ done: number }>('select sum(next_offset)::integer as done from log_progress')
  return row?.done
}
