// How far webhooks are behind is said where somebody looks: in health, on the endpoint, and without a receiver's secrets.
import { afterEach, describe, expect, it } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import { describeBacklog } from '../../src/webhooks/bridge/describe-backlog.ts'
import { discardOfDeleted } from '../../src/webhooks/bridge/discard-of-deleted.ts'
import { listDeliveries } from '../../src/webhooks/bridge/queries.ts'
import { readBacklog } from '../../src/webhooks/bridge/read-backlog.ts'
import { createWaitingLanes } from '../../src/webhooks/bridge/waiting-together.ts'
import { watchBacklog } from '../../src/webhooks/bridge/watch-backlog.ts'
import { createEndpoint, deleteEndpoint, endpointInput, getEndpoint } from '../../src/webhooks/endpoints/endpoints.ts'
import { anEvent } from '../ground/events.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'
import { bridgesOf } from '../ground/webhooks/bridges.ts'
import { anImage, never, openStream } from '../ground/webhooks/open-stream.ts'

const logger = collectLogLines()
const { open, close } = bridgesOf(logger)
afterEach(close)

const aRecord = { topic: 't', partition: 0, value: null, headers: {}, recordedAt: 1 }
type Bridge = Awaited<ReturnType<typeof open>>
const look = async (bridge: Bridge) => describeBacklog(await readBacklog(bridge, [], never))

describe('health', () => {
  it('[H2] is ok with what waits for a moment, and counts it', async () => {
    const bridge = await open('backlog ok')
    const receiver = await bridge.receiver(() => ({ status: 500 }))
    await bridge.append(bridge.delivery(receiver.id, 'a'), bridge.delivery(receiver.id, 'b'))
    bridge.start({ retryDelaysMs: [120_000] })
    await bridge.untilWaiting(2)
    expect(await look(bridge)).toMatchObject({
      state: 'ok',
      detail: expect.stringMatching(/^2 waiting, 0 held, 0 pending, the oldest for \d+ s$/),
    })
  })

  it('[E5] [H2] is degraded where an endpoint has been failing for long: since when, why, and how much waits', async () => {
    const bridge = await open('backlog failing')
    const receiver = await bridge.receiver()
    const secretive = await bridge.endpoint(`${receiver.url}?token=hunter2`)
    receiver.close()
    await bridge.append(bridge.delivery(secretive.id, 'a'), bridge.delivery(secretive.id, 'a'))
    bridge.start({ retryDelaysMs: [120_000] })
    await bridge.untilWaiting(2)
    await bridge.database.query(
      `update webhook_endpoints set failing_since = now() - interval '10 hours' where endpoint_id = $1`,
      [secretive.id],
    )
    const check = await look(bridge)
    expect(check).toMatchObject({ name: 'webhooks', state: 'degraded' })
    expect(check.detail).toMatch(
      new RegExp(
        `endpoint ${secretive.id}: failing for 10 h \\(posting to 127\\.0\\.0\\.1:\\d+: connection refused\\), 2 waiting`,
      ),
    )
    expect(check.detail).not.toContain('hunter2')
    expect(await getEndpoint(bridge.deps, secretive.id)).toMatchObject({
      failingSince: expect.stringMatching(/Z$/),
      lastError: expect.stringContaining('connection refused'),
      waiting: 2,
      deadLetters: 0,
    })
  })

  it('[E5] [H2] is degraded where an endpoint has been asking to be sent less for long, and does not call that failing', async () => {
    const bridge = await open('backlog overloaded')
    const receiver = await bridge.receiver(() => ({ status: 429 }))
    await bridge.append(bridge.delivery(receiver.id, 'a'))
    bridge.start({ retryDelaysMs: [120_000] })
    await bridge.untilWaiting(1)
    await bridge.database.query(`update webhook_endpoints set failing_since = now() - interval '10 minutes'`)
    expect(await look(bridge)).toMatchObject({
      state: 'degraded',
      detail: expect.stringContaining(
        `endpoint ${receiver.id}: asking to be sent less for 10 min (the receiver answered 429), 1 waiting`,
      ),
    })
  })

  it('[E14] an endpoint that has just begun to fail says how many it has not taken, whether or not they wait as rows yet', async () => {
    const bridge = await open('backlog fresh')
    const receiver = await bridge.receiver(() => ({ status: 500 }))
    const other = await bridge.receiver()
    const [first, ...rest] = ['a', 'a', 'b', 'c', 'd'].map(chat => bridge.delivery(receiver.id, chat))
    if (first === undefined) throw new Error('no delivery')
    bridge.start({ retryDelaysMs: [30_000] })
    await bridge.append(first, bridge.delivery(other.id, 'a'))
    const standing = () => getEndpoint(bridge.deps, receiver.id)
    await until('it fails', async () => (await standing())?.failingSince !== undefined)
    await bridge.append(...rest)
    await until('all of them are counted', async () => (await standing())?.waiting === 5)
    expect(await getEndpoint(bridge.deps, other.id)).toMatchObject({ waiting: 0 })
  })

  it('[E7] [H2] is degraded where deliveries died, and the endpoint says how many', async () => {
    const bridge = await open('backlog dead')
    const receiver = await bridge.receiver(({ body }) => ({ status: body.data.chatId === 'good' ? 200 : 500 }))
    await bridge.append(bridge.delivery(receiver.id, 'a'), bridge.delivery(receiver.id, 'b'))
    const role = bridge.start({ retryDelaysMs: [10] })
    await until('both are dead', async () => {
      await bridge.append(bridge.delivery(receiver.id, 'good'))
      return (await listDeliveries(bridge.database, { state: 'dead', limit: 3 })).data.length === 2
    })
    expect(await look(bridge)).toMatchObject({
      state: 'degraded',
      detail: expect.stringContaining(`endpoint ${receiver.id}: 2 deliveries died in the last 24 h (the newest: attempt `),
    })
    expect(await getEndpoint(bridge.deps, receiver.id)).toMatchObject({ deadLetters: 2, waiting: 0 })
    await role.close()
    const next = bridge.start()
    const check = () => next.checks().find(one => one.name === 'webhooks')
    await until('it has looked', () => check()?.state === 'degraded')
    expect(check()?.detail).toContain('2 deliveries died')
    expect(await bridge.metrics.render()).toContain('zaplog_webhook_dead_deliveries 2')
    await bridge.append(bridge.delivery(receiver.id, 'good'))
    await until('it succeeded', async () => (await getEndpoint(bridge.deps, receiver.id))?.failingSince === undefined)
    await bridge.database.query(`update webhook_deaths set died_at = now() - interval '25 hours'`)
    expect(await look(bridge)).toMatchObject({ state: 'ok' })
  })

  it('[H1] [H2] is degraded where it cannot be read, and gauges are absent instead of old, or of a 0 that nobody counted', async () => {
    const bridge = await open('backlog unread')
    const database = flaky(bridge.database, () => ({ fail: new DatabaseError('unreachable', 'connection refused') }))
    const stop = new AbortController()
    const watch = watchBacklog({ ...bridge, database, logger, clock: Date.now }, () => [], stop.signal)
    await until('it has looked', () => watch.check().state === 'degraded')
    const scraped = await bridge.metrics.render()
    for (const what of [
      'waiting_deliveries',
      'waiting_oldest_seconds',
      'held_deliveries',
      'pending_deliveries',
      'failing_endpoints',
    ])
      expect(scraped).not.toMatch(new RegExp(`^zaplog_webhook_${what} `, 'm'))
    stop.abort()
    await watch.done
  })

  it('[E5] [H2] is degraded where a receiver had itself disabled and something waits, and not where an operator did it', async () => {
    const bridge = await open('backlog disabled')
    const receiver = await bridge.receiver(() => ({ status: 410 }))
    await bridge.append(bridge.delivery(receiver.id, 'a'))
    bridge.start()
    await bridge.untilWaiting(1)
    expect(await look(bridge)).toMatchObject({
      state: 'degraded',
      detail: expect.stringContaining('disabled: the receiver answered 410 Gone'),
    })
    expect((await readBacklog(bridge, [], never)).disabled).toBe(1)
    await bridge.database.query('update webhook_endpoints set disabled_reason = null')
    expect(await look(bridge)).toMatchObject({ state: 'ok' })
    expect((await readBacklog(bridge, [], never)).disabled).toBe(0)
  })
})

describe('a deleted endpoint', () => {
  it('[E1] what waited for it is discarded with its lanes, whenever it was due, and other endpoints keep theirs', async () => {
    const bridge = await open('discard waiting')
    const [leaving, staying] = [await bridge.endpoint('https://a.example/'), await bridge.endpoint('https://b.example/')]
    const chats = Array.from({ length: 210 }, (_, nth) => `chat-${nth}`)
    const deliveries = [...chats.map(chat => bridge.delivery(leaving.id, chat)), bridge.delivery(staying.id, 'chat-1')]
    await bridge.append(...deliveries)
    const recordOf = (lane: string, at: number) => ({
      ...aRecord,
      offset: BigInt(at),
      key: lane,
    })
    const { enter } = createWaitingLanes(bridge.database, { claimMs: 60_000, lifetime: never })
    await Promise.all(
      deliveries.map((delivery, at) =>
        enter({
          waiting: { delivery, record: recordOf(delivery.lane, at), keepValue: false },
          due: { dueInMs: 3_600_000, triedMsAgo: 0 },
        }),
      ),
    )
    await deleteEndpoint(bridge.deps, leaving.id, never)
    await discardOfDeleted(bridge.database, never)
    const { data } = await listDeliveries(bridge.database, { endpointId: leaving.id, limit: 200 })
    expect(new Set(data.map(one => `${one.state}: ${one.error}`))).toEqual(new Set(['discarded: the endpoint was deleted']))
    expect(await bridge.database.query('select lane from webhook_waiting_lanes')).toEqual([{ lane: `${staying.id}/shop/chat-1` }])
    expect(await bridge.database.query('select from webhook_waiting')).toHaveLength(1)
  })

  it('[E1] [E2] what was held for it is discarded, and the file that comes later releases nothing', async () => {
    const stream = await openStream('discard held')
    try {
      const created = await createEndpoint(
        stream.deps,
        endpointInput.parse({ url: 'https://example.com/', holdMedia: 900 }),
        never,
      )
      const id = created.ok ? created.endpoint.id : ''
      const image = anImage()
      await stream.feed(image, anEvent('message.received'))
      expect((await listDeliveries(stream.database, { limit: 10 })).data.map(one => one.state)).toEqual(['held', 'held'])
      await deleteEndpoint(stream.deps, id, never)
      await discardOfDeleted(stream.database, never)
      expect((await listDeliveries(stream.database, { limit: 10 })).data.map(one => one.state)).toEqual([
        'discarded',
        'discarded',
      ])
      expect(stream.all()).toEqual([])
      expect(await stream.database.query('select from webhook_held')).toEqual([])
    } finally {
      await stream.close()
    }
  })
})
