// Every event exactly once in effect, over a real log and a real Postgres, whatever is killed or cut.
import { expect, it } from 'vitest'
import { openPostgres } from '../../src/database/postgres.ts'
import { LogError } from '../../src/log/log.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { aCopyOf, anEvent } from '../ground/events.ts'
import { flaky } from '../ground/flaky.ts'
import { elsewhere } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'
import { readCounted } from '../ground/projections/counting-projection.ts'
import { makeCheckpoints } from '../ground/projections/make-checkpoints.ts'
import { eventIds, PARTITIONS, someEvents, useRunnerWorld } from '../ground/projections/runner-world.ts'
import { openTcpProxy } from '../ground/tcp-proxy.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
const world = useRunnerWorld(logger)

it('[D2] every event is applied once and in order, and what it owes is appended once and in order', async () => {
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  const events = [...someEvents(300), ...someEvents(300, { instanceId: 'store' })]
  await world().append(...events)
  const role = world().open()
  await world().countedAll(events)
  await until(
    'everything owed is appended',
    async () => (await world().emitted()).length === events.length && (await world().outboxSize()) === 0,
  )
  const counted = await readCounted(world().database)
  expect(counted.every(row => row.times === 1)).toBe(true)
  for (const instance of ['shop', 'store']) {
    const own = events.filter(event => event.instanceId === instance)
    expect(counted.filter(row => row.instance_id === instance).map(row => row.event_id)).toEqual(own.map(event => event.eventId))
    const bodies = await Promise.all(
      (await world().emitted())
        .filter(record => record.key === instance)
        .map(record => world().codec.decode(record.value, never)),
    )
    expect(bodies).toMatchObject(own.map(event => ({ body: event.eventId })))
  }
  expect(role.checks()).toMatchObject([{ state: 'ok' }])
})

it('[B3] a copy under another offset, epoch and sequence is applied never and counted, one that says something else as a conflict', async () => {
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  const metrics = createMetrics({ processMetrics: false })
  const first = anEvent('message.received', { text: 'first' })
  world().open({ metrics })
  await world().append(first, aCopyOf(first, 2))
  await world().append({ ...aCopyOf(first, 3), text: 'another' })
  const last = anEvent('message.received')
  await world().append(last)
  await world().countedAll([first, last])
  expect((await readCounted(world().database)).map(row => [row.event_id, row.times])).toEqual([
    [first.eventId, 1],
    [last.eventId, 1],
  ])
  const text = await metrics.render()
  expect(text).toContain('zaplog_events_duplicate_total{projection="counting"} 2')
  expect(text).toContain('zaplog_event_id_conflicts_total{projection="counting"} 1')
  expect(text).toContain('zaplog_projection_events_total{projection="counting"} 2')
  expect(logger.lines.filter(line => line.event === 'projection.id-conflict')).toMatchObject([
    { fields: { eventId: first.eventId } },
  ])
})

it('[D2] a crash after the commit and before the append loses nothing: the next owner appends it', async () => {
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  const log = flaky(elsewhere(world().log), ({ name, args: [one] }) =>
    name === 'append' && isOf(one, 'webhook-deliveries') ? { fail: new LogError('denied', 'appending: killed') } : null,
  )
  const events = someEvents(20)
  await world().append(...events)
  const dying = world().open({ log })
  await world().countedAll(events)
  expect(await world().outboxSize()).toBe(20)
  await dying.close()
  expect(await world().emitted()).toEqual([])
  world().open()
  await until('the next owner appends', async () => (await world().outboxSize()) === 0)
  expect(eventIds(await world().emitted())).toHaveLength(20)
  expect(await readCounted(world().database)).toHaveLength(20)
})

it('[D2] a crash between the append and the deletion repeats under the same ids, and loses nothing', async () => {
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  let killed = false
  const database = flaky(world().database, ({ name, args: [sql] }) => {
    if (name !== 'query' || killed || !String(sql).startsWith('delete from projection_outbox')) return null
    killed = true
    return { fail: new Error('killed') }
  })
  const events = someEvents(5)
  await world().append(...events)
  world().open({ database, log: elsewhere(world().log) })
  await until('it is repeated', async () => (await world().emitted()).length === 10 && (await world().outboxSize()) === 0)
  const ids = eventIds(await world().emitted())
  expect(ids.slice(0, 5)).toEqual(ids.slice(5))
})

it('[D2] connections cut in the middle of transactions, and around their commits, change nothing', async () => {
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  const server = new URL(world().url)
  const proxy = await openTcpProxy({ target: { host: server.hostname, port: Number(server.port) } })
  const throughProxy = new URL(world().url)
  throughProxy.host = `127.0.0.1:${proxy.port}`
  const database = await openPostgres({ url: throughProxy.href, poolSize: 4, applicationName: 'cut', logger })
  let chunks = 0
  let commits = 0
  let cuts = 0
  proxy.watch((chunk, direction) => {
    if (direction !== 'to-target' || cuts === 30) return 'pass'
    chunks++
    const isCommit = chunk.includes('commit')
    if (isCommit) commits++
    const verdict =
      isCommit && commits % 3 === 0
        ? 'cut-after'
        : isCommit && commits % 4 === 0
          ? 'cut-before'
          : chunks % 45 === 0
            ? 'cut-before'
            : 'pass'
    if (verdict !== 'pass') cuts++
    return verdict
  })
  const events = someEvents(400)
  const role = world().open({ database })
  for (let from = 0; from < events.length; from += 20) await world().append(...events.slice(from, from + 20))
  await world().countedAll(events)
  await until('everything owed is appended', async () => (await world().outboxSize()) === 0)
  const counted = await readCounted(world().database)
  expect(counted.map(row => row.event_id)).toEqual(events.map(event => event.eventId))
  expect(counted.every(row => row.times === 1)).toBe(true)
  expect(cuts).toBeGreaterThan(10)
  expect(commits).toBeGreaterThan(6)
  expect(new Set(eventIds(await world().emitted())).size).toBe(400)
  await role.close()
  await database.close()
  await proxy.close()
})

const isOf = (append: unknown, topic: string): boolean =>
  typeof append === 'object' && append !== null && 'topic' in append && String(append.topic).endsWith(topic)
