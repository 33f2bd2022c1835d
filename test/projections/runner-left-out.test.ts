// What cannot be projected is said and kept; everybody else goes on.
import { expect, it } from 'vitest'
import { requestResume } from '../../src/projections/queries.ts'
import { RegistryError } from '../../src/registry/registry.ts'
import { anEvent } from '../ground/events.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'
import { readCounted } from '../ground/projections/counting-projection.ts'
import { makeCheckpoints } from '../ground/projections/make-checkpoints.ts'
import { PARTITIONS, someEvents, useRunnerWorld } from '../ground/projections/runner-world.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['projection.quarantined'])
const world = useRunnerWorld(logger)

it('[D2] a record that cannot be read leaves out its instance only, says so, and stays so until resumed', async () => {
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  const before = someEvents(3)
  await world().append(...before)
  const broken = { ...world().codec.encode(anEvent('message.received')), value: Buffer.from('no avro') }
  await world().log.append({ topic: world().topic('events'), records: [broken] }, never)
  const after = someEvents(3)
  const others = [...someEvents(50, { instanceId: 'store' }), ...someEvents(50, { instanceId: 'kiosk' })]
  await world().append(...after, ...others)
  const role = world().open()
  await world().countedAll([...before, ...others])
  await until('it is said', () => role.checks()[0]?.state === 'degraded')
  expect(role.checks()[0]?.detail).toContain('instance shop is left out since events offset 3')
  const kept = await world().database.query('select key, topic, "offset", error_code, offsets from projection_quarantine')
  expect(kept).toMatchObject([
    { key: 'shop', topic: 'events', offset: '3', error_code: 'not-decodable', offsets: { events: '3' } },
  ])
  expect((await readCounted(world().database)).filter(row => row.instance_id === 'shop')).toHaveLength(3)
  await requestResume(world().database, world().counting, 'shop')
  await until('resuming stops at the same record', async () => {
    const [row] = await world().database.query<{ resume_requested_at: Date | null }>(
      'select resume_requested_at from projection_quarantine',
    )
    return row?.resume_requested_at === null
  })
  expect((await readCounted(world().database)).filter(row => row.instance_id === 'shop')).toHaveLength(3)
})

it('[D2] an event that spoils its batch is narrowed down to its instance; resumed, it is as if nothing had been', async () => {
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  world().counting.refuses.add('shop')
  const others = [...someEvents(40, { instanceId: 'store' }), ...someEvents(5, { instanceId: 'kiosk' })]
  const early = someEvents(20)
  const late = someEvents(5)
  const stored = anEvent('media.stored', { instanceId: 'shop' })
  await world().append(...early.slice(0, 10), ...others, ...early.slice(10), stored)
  const role = world().open()
  await world().countedAll(others)
  await until('it is said', () => role.checks()[0]?.state === 'degraded')
  await world().append(...late)
  world().counting.refuses.clear()
  await requestResume(world().database, world().counting, 'shop')
  const own = () =>
    readCounted(world().database).then(rows => rows.filter(row => row.instance_id === 'shop').map(row => row.event_id))
  await until('the instance is complete', async () => (await own()).length === 26)
  await until('it is ok again', () => role.checks()[0]?.state === 'ok')
  const messages = (await own()).filter(eventId => eventId !== stored.eventId)
  expect(messages).toEqual([...early, ...late].map(event => event.eventId))
  expect((await readCounted(world().database)).every(row => row.times === 1)).toBe(true)
  await world().append(...someEvents(1))
  await until('it goes on', async () => (await own()).length === 27)
})

it('[D2] a record whose instance cannot be told halts its partition, and nothing is skipped', async () => {
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  const nobodys = { ...world().codec.encode(anEvent('message.received')), key: '', value: Buffer.from('no avro') }
  await world().log.append({ topic: world().topic('events'), records: [nobodys] }, never)
  const role = world().open()
  await until('it is said', () => role.checks()[0]?.detail.includes('expected an instance id as key'))
  expect(role.checks()).toMatchObject([{ state: 'degraded' }])
})

it('[D2] a partition without a checkpoint halts and names the command that makes it', async () => {
  await world().append(...someEvents(1))
  const role = world().open()
  await until('it is said', () => role.checks()[0]?.detail.includes('no checkpoint for counting version 1 partition'))
  expect(role.checks()[0]).toMatchObject({ state: 'degraded', detail: expect.stringContaining('zaplog start') })
  expect(await readCounted(world().database)).toEqual([])
})

it('[D2] checkpoints that were lost are not made again from 0', async () => {
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  const events = someEvents(1)
  await world().append(...events)
  const role = world().open()
  await world().countedAll(events)
  await role.close()
  await world().database.query('delete from projection_checkpoints where partition = 0')
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  expect(await world().database.query('select partition from projection_checkpoints')).toEqual([{ partition: 1 }])
  await world().database.query('delete from projection_checkpoints')
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  expect(await world().database.query('select partition from projection_checkpoints')).toEqual([])
})

it('[D2] while the registry is away nothing is left out, and everything comes when it is back', async () => {
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  let away = true
  const codec = flaky(world().codec, ({ name }) =>
    away && name === 'decode' ? { fail: new RegistryError('unreachable', 'reading a schema: connection refused') } : null,
  )
  const events = someEvents(10)
  await world().append(...events)
  const role = world().open({ codec })
  await until('it is said', () => role.checks()[0]?.detail.includes('connection refused'))
  away = false
  await world().countedAll(events)
  expect(await world().database.query('select from projection_quarantine')).toEqual([])
  await until('it is ok again', () => role.checks()[0]?.state === 'ok')
})
