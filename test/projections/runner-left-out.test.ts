// What cannot be projected is said and kept; everybody else goes on.
import { expect, it } from 'vitest'
import { letterOf } from '../../src/dead-letters/letter.ts'
import { type Append, LogError, type LogRecord, type NewRecord } from '../../src/log/log.ts'
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

const logger = collectLogLines(['projection.quarantined', 'projection.nobodys-record'])
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

it('[D2] [G2] a record whose instance cannot be told stops no account: it is a dead letter before it is passed, once in effect', async () => {
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  const { log, topic, codec } = world()
  const append = (...records: readonly NewRecord[]) => log.append({ topic: topic('events'), partition: 0, records }, never)
  const [first, second, misplaced] = someEvents(3).map(event => codec.encode(event))
  const strange: NewRecord = { key: '', value: Buffer.from('no avro'), headers: {}, recordedAt: Date.now() }
  if (first === undefined || second === undefined || misplaced === undefined) throw new Error('three events')
  await append(first, strange, { ...misplaced, key: 'No Instance' }, second)
  const lost = { failAfter: new LogError('unavailable', 'the answer is lost') }
  const isFirstLetter = (asked: unknown) =>
    asked !== undefined && (asked as Append).topic === topic('dead-letters') && tries++ === 0
  let tries = 0
  const role = world().open({
    log: flaky(log, ({ name, args: [asked] }) => (name === 'append' && isFirstLetter(asked) ? lost : null)),
  })
  await until('all of the account is there', async () => (await readCounted(world().database)).length === 2)
  await until('it is ok', () => role.checks()[0]?.state === 'ok')
  const letters: LogRecord[] = []
  for await (const letter of log.read(topic('dead-letters'), { from: 'first', until: 'end' }, never)) letters.push(letter)
  const places = letters.map(({ key, headers }) => `${key} ${headers['x-origin-offset']}`)
  expect(places.toSorted()).toEqual([' 1', ' 1', 'No Instance 2', 'No Instance 2'])
  const parties = { projections: ['counting'], deliveries: '' }
  expect(new Set(letters.map(letter => letterOf(letter, parties).deadLetterId)).size).toBe(2)
  expect(letters.map(({ headers }) => headers['x-processor'])).toEqual(letters.map(() => 'counting'))
  expect(letters.find(({ key }) => key === '')?.headers['x-error-message']).toContain('expected an instance id as key, got ""')
  expect(await world().database.query('select from projection_quarantine')).toEqual([])
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
