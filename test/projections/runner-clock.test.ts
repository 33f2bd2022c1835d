// What a projection does by the clock, how far behind it is, and waiting for it.
import { expect, it } from 'vitest'
import { LogError } from '../../src/log/log.ts'
import { positionToken, waitForPosition } from '../../src/projections/queries.ts'
import { liveLateness } from '../../src/runtime/lateness.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'
import { type Counting, readCounted } from '../ground/projections/counting-projection.ts'
import { makeCheckpoints } from '../ground/projections/make-checkpoints.ts'
import { PARTITIONS, someEvents, useRunnerWorld } from '../ground/projections/runner-world.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
const world = useRunnerWorld(logger)

it('[D2] a tick runs for partitions that have something due, and what it emits is appended', async () => {
  const ticked: number[] = []
  let due: number[] = [1]
  const projection: Counting = Object.assign(world().counting, {
    due: async () => due,
    tick: async (_tx: unknown, { partition }: { partition: number }) => {
      ticked.push(partition)
      due = []
      const event = anEvent('delivery.released')
      return [{ partition, topic: 'webhook-deliveries' as const, key: 'lane', event }]
    },
  })
  await makeCheckpoints(world().database, projection, PARTITIONS)
  world().open()
  await until('the tick’s record is in the log', async () => (await world().emitted()).length === 1)
  expect(ticked).toEqual([1])
})

it('[B6] history is taken in small steps, and how late live work is, is told without it', async () => {
  const projection: Counting = Object.assign(world().counting, { reads: ['events', 'history'] as const })
  const steps: number[] = []
  projection.inTransaction = async placed => void steps.push(placed.length)
  await makeCheckpoints(world().database, projection, PARTITIONS)
  const old = Array.from({ length: 250 }, () => anEvent('message.history'))
  await world().append(...old)
  liveLateness.worstMs()
  world().open()
  await world().countedAll(old)
  expect(steps).toEqual([100, 100, 50])
  expect(liveLateness.worstMs()).toBe(0)
  await world().append(...someEvents(1))
  await until('how long the live one took is told', () => liveLateness.worstMs() > 0)
})

it('[D2] [H1] the lag is measured, in records and seconds', async () => {
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  const metrics = createMetrics({ processMetrics: false })
  let holding = true
  world().counting.inTransaction = async () => {
    if (holding) throw new LogError('unavailable', 'held')
  }
  await world().append(...someEvents(7, { recordedAt: Date.now() - 5_000 }))
  world().open({ metrics })
  const lagRecords = async () => /zaplog_projection_lag_records\{projection="counting"\} (\d+)/.exec(await metrics.render())?.[1]
  await until('the lag is seen', async () => (await lagRecords()) === '7')
  expect(Number(/lag_seconds\{projection="counting"\} ([\d.]+)/.exec(await metrics.render())?.[1])).toBeGreaterThanOrEqual(5)
  holding = false
  await until('the lag is gone', async () => (await lagRecords()) === '0')
})

it('[D4] waiting for a position ends when it is projected, and a read then sees what was written', async () => {
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  const events = someEvents(3)
  const records = events.map(event => world().codec.encode(event))
  const token = positionToken('events', await world().log.append({ topic: world().topic('events'), records }, never))
  await world().database.query(`insert into projection_live (projection, version) values ('counting', 1)`)
  expect(await waitForPosition(world().database, world().counting, token, AbortSignal.abort())).toBe('timed-out')
  world().open()
  expect(await waitForPosition(world().database, world().counting, token, AbortSignal.timeout(20_000))).toBe('reached')
  expect(await readCounted(world().database)).toHaveLength(3)
  for (const wrong of [
    '',
    'x',
    positionToken('dead-letters', [{ topic: 't', partition: 0, nextOffset: 1n }]),
    positionToken('events', [{ topic: 't', partition: 9, nextOffset: 1n }]),
  ])
    expect(await waitForPosition(world().database, world().counting, wrong, never)).toBe('invalid')
})
