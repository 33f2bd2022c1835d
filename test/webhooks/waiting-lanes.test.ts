import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type Claim,
  claimDueLanes,
  enterWaiting,
  giveBack,
  headsOf,
  joinWaiting,
  leaveWaiting,
} from '../../src/webhooks/bridge/waiting-lanes.ts'
import { patchEndpoint } from '../../src/webhooks/endpoints/endpoints.ts'
import { anEvent } from '../ground/events.ts'
import { never, openStream } from '../ground/webhooks/open-stream.ts'

const stream = await openStream('waiting lanes')
const { database } = stream
afterAll(() => stream.close())
beforeEach(() => database.query('truncate webhook_waiting_lanes, webhook_waiting, webhook_deliveries'))

const { id: endpointId } = await stream.endpoint()
const lane = `${endpointId}/shop/chat`
let offset = 0n
const atOnce = { dueInMs: 0, triedMsAgo: 0 }
const waiting = (given: { lane?: string; deliveryId?: string; instanceId?: string } = {}) => {
  offset += 1n
  const delivery = anEvent('delivery.released', { endpointId, lane, deliveryId: `${offset}_${endpointId}`, ...given })
  const record = { topic: 't', partition: 0, offset, key: delivery.lane, value: Buffer.of(1), headers: {}, recordedAt: 1 }
  return { delivery, record, keepValue: true }
}
const enter = (one: ReturnType<typeof waiting>, due = atOnce) => enterWaiting(database, [{ waiting: one, due }])
const join = async (one: ReturnType<typeof waiting>) => (await joinWaiting(database, [one]))[0]
const head = async (claim: Claim, finished: string | null = null) => (await headsOf(database, [{ claim, finished }], 60_000))[0]
/** As a drain does, whose claim is over meanwhile. */
const leave = async (finished: string) => {
  await head({ lane, endpointId, token: 'over' }, finished)
  return (await leaveWaiting(database, [lane], never))[0]
}
const claim = (member = 'one', perEndpoint = 10, claimMs = 60_000) => claimDueLanes(database, { member, perEndpoint, claimMs })
const expire = () => database.query(`update webhook_waiting_lanes set claimed_until = now() - interval '1 second'`)
const only = <T>(list: readonly T[]): T => {
  const [first] = list
  if (first === undefined || list.length !== 1) throw new Error(`expected one, got ${list.length}`)
  return first
}

describe('waiting lanes', () => {
  it('[E3] a lane is left by its head, and only then by what came later', async () => {
    const [first, second] = [waiting(), waiting()]
    await enter(second)
    await enter(first)
    const mine = only(await claim())
    expect(await head(mine)).toMatchObject({
      deliveryId: first.delivery.deliveryId,
      offset: first.record.offset,
    })
    expect(await leave(first.delivery.deliveryId)).toBe(true)
    expect(await head(mine)).toMatchObject({ deliveryId: second.delivery.deliveryId })
    expect(await leave(second.delivery.deliveryId)).toBe(false)
    expect(await join(waiting())).toBe(false)
  })

  it('[E3] joining and leaving at once never strands a delivery', async () => {
    for (let round = 0; round < 20; round++) {
      const [head, late] = [waiting(), waiting()]
      await enter(head)
      const [joined, more] = await Promise.all([join(late), leave(head.delivery.deliveryId)])
      expect(more).toBe(joined)
      if (joined) await leave(late.delivery.deliveryId)
      expect(await database.query('select from webhook_waiting_lanes')).toEqual([])
    }
  })

  it('[E3] what many lanes are asked at once is each one’s own: its head, its end, what is joined to it', async () => {
    const lanes = [1, 2, 3].map(nth => `${lane}${nth}`)
    const heads = lanes.map(name => waiting({ lane: name }))
    const behind = waiting({ lane: `${lane}2` })
    const entered = await enterWaiting(
      database,
      heads.map(one => ({ waiting: one, due: atOnce })),
    )
    expect(entered).toEqual([true, true, true])
    const elsewhere = waiting({ lane: `${lane}4` })
    expect(await joinWaiting(database, [elsewhere, behind])).toEqual([false, true])
    const claims = (await claim()).toSorted((a, b) => (a.lane < b.lane ? -1 : 1))
    const idsOf = async (finished: readonly (string | null)[]) =>
      (
        await headsOf(
          database,
          claims.map((one, nth) => ({ claim: one, finished: finished[nth] ?? null })),
          60_000,
        )
      ).map(found => found?.deliveryId ?? null)
    expect(await idsOf([])).toEqual(heads.map(one => one.delivery.deliveryId))
    const [first, second] = heads
    expect(await idsOf([first?.delivery.deliveryId ?? null, second?.delivery.deliveryId ?? null])).toEqual([
      null,
      behind.delivery.deliveryId,
      heads[2]?.delivery.deliveryId,
    ])
    expect(await leaveWaiting(database, lanes, never)).toEqual([false, true, true])
    const left = await database.query<{ lane: string }>('select lane from webhook_waiting_lanes order by lane')
    expect(left.map(row => row.lane)).toEqual(lanes.slice(1))
  })

  it('[A7] of a purged instance nothing waits, and nobody else is kept out for it', async () => {
    await database.query(`insert into instance_ids (instance_id, request_id, name) values ('gone', 'r', '')`)
    await database.query(`insert into purges (instance_id, request_id, requested_by) values ('gone', 'r', 'test')`)
    const [ours, theirs] = [waiting(), waiting({ instanceId: 'gone', lane: `${endpointId}/gone/chat` })]
    const entered = await enterWaiting(
      database,
      [theirs, ours].map(one => ({ waiting: one, due: atOnce })),
    )
    expect(entered).toEqual([false, true])
    const [theirsLater, oursLater] = [waiting({ instanceId: 'gone' }), waiting()]
    expect(await joinWaiting(database, [theirsLater])).toEqual([false])
    expect(await joinWaiting(database, [oursLater])).toEqual([true])
    expect(await database.query('select delivery_id as id from webhook_waiting order by "offset"')).toEqual(
      [ours, oursLater].map(one => ({ id: one.delivery.deliveryId })),
    )
  })

  it('[E3] a lane has one claim; one that ran out is over, even for the member that claims it again', async () => {
    await enter(waiting())
    const earlier = only(await claim())
    expect(await claim('two')).toEqual([])
    await expire()
    const later = only(await claim())
    expect(await head(earlier)).toBeNull()
    expect(await head(later)).not.toBeNull()
    await giveBack(database, earlier, null)
    expect(await claim('two')).toEqual([])
    await giveBack(database, later, { dueInMs: 60_000, triedMsAgo: 0 })
    expect(await claim('two')).toEqual([])
    await database.query('update webhook_waiting_lanes set due_at = now()')
    expect(await claim('two')).toHaveLength(1)
  })

  it('[E3] no member claims more lanes of one endpoint than it may attempt at once', async () => {
    for (let nth = 0; nth < 5; nth++) await enter(waiting({ lane: `${lane}${nth}` }))
    expect(await claim('one', 3)).toHaveLength(3)
    expect(await claim('one', 3)).toEqual([])
    expect(await claim('two', 3)).toHaveLength(2)
  })

  it('[E3] [B6] lanes of history are claimed after all others, and take half of the places at most, however long they are due', async () => {
    const past = (nth: number) => `${endpointId}/shop/history/${nth}`
    for (let nth = 0; nth < 8; nth++) await enter(waiting({ lane: past(nth) }), { dueInMs: -60_000, triedMsAgo: 60_000 })
    const lanesOf = (claims: readonly Claim[]) => claims.map(one => one.lane).toSorted()
    expect(await claim('one', 6)).toHaveLength(3)
    const present = [1, 2, 3, 4].map(nth => `${lane}${nth}`)
    for (const name of present) await enter(waiting({ lane: name }))
    expect(lanesOf(await claim('one', 6))).toEqual(present.slice(0, 3))
    expect(await claim('one', 6)).toEqual([])
    const rest = await claim('two', 6)
    expect(lanesOf(rest)).toEqual([...present.slice(3), ...[3, 4, 5].map(past)])
  })

  it('[E3] [B6] one lane of history is drained also where there is one place, and by its name an instance is not history', async () => {
    await enter(waiting({ lane: `${endpointId}/shop/history/chat` }), { dueInMs: -60_000, triedMsAgo: 60_000 })
    await enter(waiting({ lane: `${endpointId}/history/chat` }))
    expect(only(await claim('one', 1)).lane).toBe(`${endpointId}/history/chat`)
    expect(only(await claim('two', 1)).lane).toBe(`${endpointId}/shop/history/chat`)
  })

  it('[E5] lanes of a disabled endpoint are not claimed until it is enabled', async () => {
    await enter(waiting())
    await patchEndpoint(stream.deps, endpointId, { enabled: false }, never)
    expect(await claim()).toEqual([])
    await patchEndpoint(stream.deps, endpointId, { enabled: true }, never)
    expect(await claim()).toHaveLength(1)
  })

  it('[E4] what was finished elsewhere does not wait again, and its lane is left', async () => {
    const done = waiting()
    await database.query(
      `insert into webhook_deliveries (delivery_id, endpoint_id, endpoint_version, event_id, instance_id, lane, webhook_type, state)
       values ($1, $2, 1, 'e', 'shop', $3, 't', 'delivered')`,
      [done.delivery.deliveryId, endpointId, lane],
    )
    await enter(done)
    const mine = only(await claim())
    expect(await head(mine)).toBeNull()
    expect(await leave('')).toBe(false)
    expect(await database.query('select from webhook_waiting_lanes')).toEqual([])
  })
})

describe('an endpoint that is failing or is back', () => {
  const stands = (text: string) => database.query(`update webhook_endpoints set ${text} where endpoint_id = $1`, [endpointId])
  const wellAgain = 'failing_since = null, failed_at = null, probe_at = null, called_at = null, enabled = true'
  beforeEach(() => stands(wellAgain))
  const wait = (nth: number, dueInMs: number, triedMsAgo: number) =>
    enter(waiting({ lane: `${lane}${nth}` }), { dueInMs, triedMsAgo })
  const places = (claims: readonly { lane: string }[]) => claims.map(one => Number(one.lane.slice(lane.length)))

  it('[E5] while it is failing one lane at a time is tried, over all members, and none before its time', async () => {
    for (let nth = 0; nth < 5; nth++) await wait(nth, -10_000 * nth, 60_000)
    await stands(`failing_since = now(), failed_at = now(), probe_at = now() + interval '1 minute'`)
    expect(await claim()).toEqual([])
    await stands('probe_at = now()')
    const first = only(await claim('one'))
    expect(places([first])).toEqual([4])
    expect(await claim('two')).toEqual([])
    await giveBack(database, first, { dueInMs: 60_000, triedMsAgo: 0 })
    expect(places(await claim('two'))).toEqual([3])
  })

  it('[E5] where none is due, the next one to be is tried once nothing was sent for five minutes', async () => {
    await wait(1, 7_200_000, 0)
    await wait(2, 3_600_000, 0)
    await stands(`failing_since = now() - interval '1 hour', failed_at = now() - interval '4 minutes', probe_at = now()`)
    expect(await claim()).toEqual([])
    await stands(`failed_at = now() - interval '6 minutes'`)
    expect(places(await claim())).toEqual([2])
  })

  it('[E5] lanes that were tried before it was back are due, the longest untried first, few at once and then more', async () => {
    for (let nth = 0; nth < 20; nth++) await wait(nth, 3_600_000, 1_000 * (20 - nth))
    await wait(99, 3_600_000, -60_000)
    await stands('called_at = now()')
    expect(places(await claim('one', 10))).toEqual([0])
    await stands(`called_at = now() - interval '1 second'`)
    expect([...places(await claim('one', 10))].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    await database.query(
      'update webhook_waiting_lanes set claimed_until = null, claimed_by = null, tried_at = now() where claimed_until is not null',
    )
    expect([...places(await claim('one', 10))].sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
  })

  it('[E5] a change by its operator calls its lanes, a change that leaves it disabled does not', async () => {
    await wait(1, 3_600_000, 1_000)
    await patchEndpoint(stream.deps, endpointId, { enabled: false }, never)
    await patchEndpoint(stream.deps, endpointId, { holdMedia: 7 }, never)
    expect(await claim()).toEqual([])
    await patchEndpoint(stream.deps, endpointId, { enabled: true }, never)
    expect(places(await claim())).toEqual([1])
  })
})
