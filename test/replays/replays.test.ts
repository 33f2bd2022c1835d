// A replay copies a range of the log, byte for byte, into a topic of its own: once each, in order, only what was asked for, and says how far it is.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { LogError, type LogRecord } from '../../src/log/log.ts'
import { giveOutIds } from '../ground/api/give-out-ids.ts'
import { anEvent } from '../ground/events.ts'
import { flaky } from '../ground/flaky.ts'
import { elsewhere } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openReplaysWorld, type ReplaysWorld, type Shown } from '../ground/replays/replays-world.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
const logger = collectLogLines(['replay.failed'])
const shops = ['shop', 'bakery', 'garage'] as const
let world: ReplaysWorld
let made = 0
/** Of this test alone. */
let name: string
beforeAll(async () => {
  world = await openReplaysWorld('replays', logger)
  await giveOutIds(world.api.database, ...shops, 'gone')
  await world.api.database.query("insert into purges (instance_id, request_id, requested_by) values ('gone', 'r', 'test')")
  const { codec } = world.api.testLog
  const events = Array.from({ length: 60 }, (_, n) => {
    const instanceId = n % 10 === 9 ? 'gone' : (shops[n % 3] ?? 'shop')
    return n % 4 === 3 ? anEvent('contact.updated', { instanceId }) : anEvent('message.received', { instanceId })
  })
  await world.append(
    'wa.events',
    events.map(event => codec.encode(event)),
  )
  await world.append('wa.events', [{ key: 'shop', value: Buffer.from('no event'), headers: {}, recordedAt: Date.now() }])
  await world.append('wa.events', [await ofLaterVersion()])
})

/** A contact as a version says it that has one field more. */
async function ofLaterVersion() {
  const { codec, registry } = world.api.testLog
  const record = codec.encode(anEvent('contact.updated', { instanceId: 'shop' }))
  const known = await registry.schemaOf(schemaIdIn(record), never)
  if (known === null) throw new Error('expected the schema of contact.updated')
  const { fields, ...rest } = JSON.parse(known.text)
  const text = JSON.stringify({ ...rest, fields: [...fields, { name: 'later', type: ['null', 'string'], default: null }] })
  const value = Buffer.concat([record.value, Buffer.of(0)])
  value.writeInt32BE(await registry.idOf({ subject: known.subject, text }, never), 1)
  return { ...record, value }
}
const schemaIdIn = ({ value }: { value: Uint8Array | null }) => Buffer.from(value ?? []).readInt32BE(1)

afterAll(() => world.close())
beforeEach(() => {
  name = `replay-${++made}`
})

const target = () => `wa.replay.${name}`
const source = () => world.all('wa.events')
const isMarker = ({ headers }: LogRecord) => headers['event-type'] === 'replay.ended'
const copied = async (topic = target()) => (await world.all(topic)).filter(record => !isMarker(record))
const isPurged = ({ headers }: LogRecord) => headers['instance-id'] === 'gone'
const originOf = ({ partition, headers }: LogRecord) => `${partition}/${headers['replay-offset']}`
const placeOf = ({ partition, offset }: LogRecord) => `${partition}/${offset}`
const sorted = (texts: readonly string[]) => [...texts].sort()
const kept = async (of: (record: LogRecord) => boolean) => (await source()).filter(one => !isPurged(one) && of(one))

async function done(body: object, role = world.work()): Promise<Shown> {
  const { id } = await world.begin({ name, from: 'beginning', ...body })
  const shown = await world.reaches(id, 'done')
  await role.close()
  return shown
}

/** Both ways of writing: in the transaction of the row, and before it. */
describe.each(['embedded', 'elsewhere'] as const)('on a log that is %s', where => {
  const work = () => world.work(where === 'embedded' ? {} : { log: elsewhere(world.log) })

  test('[G1] a copy has the bytes, key, time, headers and partition of the record, in order, and where it was copied from', async () => {
    const { id, ...shown } = await done({}, work())
    const wanted = await kept(() => true)
    const got = await copied()
    expect(got.map(({ key, value, recordedAt, partition }) => ({ key, value, recordedAt, partition }))).toEqual(
      wanted.map(({ key, value, recordedAt, partition }) => ({ key, value, recordedAt, partition })),
    )
    expect(got.map(one => one.headers)).toEqual(
      wanted.map(({ headers, topic, offset }) => ({
        ...headers,
        ...{ 'replay-job': id, 'replay-topic': topic, 'replay-offset': String(offset) },
      })),
    )
    const records = (await source()).length
    expect(shown).toMatchObject({ records, read: records, matched: records, written: wanted.length, percent: 100 })
    expect(shown).toMatchObject({ leftOut: { purged: 6 }, targets: [target()], why: null })
  })

  test('[G1] replay.ended is the last record of each partition, and says what was copied of it', async () => {
    const { id, partitions } = await done({ types: ['message.*'] }, work())
    const { codec } = world.api.testLog
    for (const { partition, firstOffset, nextOffset } of partitions) {
      const here = (await world.all(target())).filter(record => record.partition === partition)
      expect(here.filter(isMarker)).toEqual([here.at(-1)])
      const records = here.length - 1
      const leftOut = (await source()).filter(
        one => one.partition === partition && isPurged(one) && /^message/.test(typeIn(one)),
      ).length
      expect(await codec.decode(here.at(-1)?.value ?? null, never)).toMatchObject({
        ...{ type: 'replay.ended', instanceId: '', replayId: id, topic: 'wa.events', partition, records, leftOut },
        ...{ firstOffset: Number(firstOffset), lastOffset: Number(nextOffset) - 1 },
      })
    }
  })

  test('[G1] what is appended while it runs is not in its range; one that follows the log copies it, until it is cancelled', async () => {
    const role = work()
    const { id, records } = await world.begin({ name, from: 'beginning', follow: true, instanceIds: ['bakery'] })
    expect(records).toBeNull()
    const before = (await kept(({ key }) => key === 'bakery')).length
    await until('it has caught up', async () => (await copied()).length === before)
    const later = anEvent('message.received', { instanceId: 'bakery' })
    await world.append('wa.events', [world.api.testLog.codec.encode(later)])
    await until('it goes on', async () => (await copied()).at(-1)?.headers['event-id'] === later.eventId)
    expect((await world.patch(id, { state: 'cancelled' })).json.state).toBe('cancelled')
    await role.close()
    expect((await world.all(target())).filter(isMarker)).toEqual([])
  })

  test('[G1] paused it stops, and goes on from there without a gap or a copy, also in another process', async () => {
    const role = work()
    const { id } = await world.begin({ name, from: 'beginning', rate: 100, marker: false })
    await until('it has begun', async () => (await copied()).length > 0)
    expect((await world.patch(id, { state: 'paused' })).json).toMatchObject({ state: 'paused', rate: 100 })
    await role.close()
    const before = (await copied()).length
    const wanted = await kept(() => true)
    expect(before).toBeLessThan(wanted.length)
    expect((await world.patch(id, { state: 'running', rate: 50_000 })).json).toMatchObject({ state: 'running', rate: 50_000 })
    const other = work()
    await world.reaches(id, 'done')
    await other.close()
    expect(sorted((await copied()).map(originOf))).toEqual(sorted(wanted.map(placeOf)))
  })

  test('[G1] a topic for each type has the records of that type alone, and their schema under its own subject', async () => {
    const shown = await done({ perType: true, types: ['message.received', 'contact.updated'] }, work())
    const topics = [`${target()}.contact.updated`, `${target()}.message.received`]
    expect(sorted(shown.targets)).toEqual(topics)
    for (const topic of topics) {
      const type = topic.slice(target().length + 1)
      expect((await world.all(topic)).map(originOf)).toEqual((await kept(one => typeIn(one) === type)).map(placeOf))
      const registered = await world.api.database.query<{ schema: string }>('select schema from schemas where subject = $1', [
        `${topic}-value`,
      ])
      const written = [...new Set((await world.all(topic)).map(schemaIdIn))].map(id =>
        world.api.testLog.registry.schemaOf(id, never),
      )
      expect(registered.map(({ schema }) => schema).toSorted()).toEqual(
        (await Promise.all(written)).map(schema => schema?.text).toSorted(),
      )
      expect(registered).toHaveLength(type === 'contact.updated' ? 2 : 1)
    }
  })
})

const typeIn = ({ headers }: LogRecord) => headers['event-type'] ?? ''

test('[G1] what was written, and not noted because nobody answered, is not written again', async () => {
  const lost = new LogError('unavailable', 'appending: the answer was lost')
  const log = flaky(elsewhere(world.log), ({ name: called, nth }) =>
    called === 'append' && nth <= 3 ? { failAfter: lost } : null,
  )
  const shown = await done({}, world.work({ log }))
  const wanted = await kept(() => true)
  expect((await copied()).map(originOf)).toEqual(wanted.map(placeOf))
  expect(shown).toMatchObject({ written: wanted.length, leftOut: { purged: 6 } })
  expect((await world.all(target())).filter(isMarker)).toHaveLength(2)
})

test('[G1] what its owner no longer says that it has is taken over', async () => {
  const { id } = await world.begin({ name, from: 'beginning' })
  const { database } = world.api
  await database.query(
    "update replays set owner = 'a dead one', leased_until = now() + interval '300 milliseconds' where replay_id = $1",
    [id],
  )
  const shown = await whenDone(id)
  expect(shown.written).toBe((await kept(() => true)).length)
})

async function whenDone(id: string): Promise<Shown> {
  const role = world.work()
  const shown = await world.reaches(id, 'done')
  await role.close()
  return shown
}

test('[G1] on embedded parts one that does not know that it has it no longer copies nothing more', async () => {
  const blind = world.work({ pollMs: 3_600_000 })
  const { id } = await world.begin({ name, from: 'beginning', rate: 100 })
  await until('it has begun', async () => (await copied()).length > 0)
  await world.api.database.query('update replays set owner = null where replay_id = $1', [id])
  const other = world.work()
  await world.reaches(id, 'done')
  await other.close()
  await blind.close()
  expect((await copied()).map(originOf)).toEqual((await kept(() => true)).map(placeOf))
})

test('[G1] only the types, instances and chats that were asked for are copied', async () => {
  const role = world.work()
  const chat = '5511900000042@s.whatsapp.net'
  const inChat = anEvent('message.received', { chatId: '100000000000042@lid', chatPn: chat })
  await world.append('wa.events', [world.api.testLog.codec.encode(inChat)])
  const cases: [object, (record: LogRecord) => boolean][] = [
    [{ types: ['contact.*'] }, one => typeIn(one) === 'contact.updated'],
    [{ instanceIds: ['garage', 'gone'] }, one => one.key === 'garage'],
    [{ types: ['message.received'], instanceIds: ['shop'] }, one => typeIn(one) === 'message.received' && one.key === 'shop'],
    [{ chats: ['+55 11 90000-0042'] }, one => one.headers['event-id'] === inChat.eventId],
  ]
  for (const [asked, isWanted] of cases) {
    name = `replay-${++made}`
    const { id } = await world.begin({ name, from: 'beginning', ...asked })
    const shown = await world.reaches(id, 'done')
    const wanted = await kept(isWanted)
    expect([asked, (await copied()).map(originOf)]).toEqual([asked, wanted.map(placeOf)])
    expect(shown.matched).toBe(wanted.length + Object.values(shown.leftOut).reduce((sum, count) => sum + count, 0))
    if ('chats' in asked) expect(shown.leftOut).toEqual({ unreadable: 1 })
  }
  await role.close()
})

test('[G1] a range is the offsets or the time that was asked for, exclusive at its end, and says where the log begins after it', async () => {
  const all = await source()
  const [partition, middle] = [0, 5n]
  const here = all.filter(one => one.partition === partition)
  await done({ from: { [partition]: '2' }, until: { [partition]: Number(middle) } })
  const wanted = here.filter(one => one.offset >= 2n && one.offset < middle && !isPurged(one))
  expect((await copied()).map(placeless)).toEqual(wanted.map(({ offset }) => String(offset)))
  name = `replay-${++made}`
  const [first, last] = [all[10]?.recordedAt ?? 0, all[20]?.recordedAt ?? 0]
  await done({ from: new Date(Math.min(first, last)).toISOString(), until: new Date(Math.max(first, last)).toISOString() })
  const between = await kept(one => one.recordedAt >= Math.min(first, last) && one.recordedAt < Math.max(first, last))
  expect(sorted((await copied()).map(originOf))).toEqual(sorted(between.map(placeOf)))
})

const placeless = ({ headers }: LogRecord) => headers['replay-offset']

test('[G1] [H1] two replays at once copy each what it was asked for, and are counted', async () => {
  const role = world.work()
  const metric = async (line: RegExp) => Number(line.exec(await role.metrics.render())?.[1])
  const [one, other] = [`${name}-a`, `${name}-b`]
  const begun = await Promise.all([
    world.begin({ name: one, from: 'beginning', instanceIds: ['shop'] }),
    world.begin({ name: other, from: 'beginning', instanceIds: ['bakery'] }),
  ])
  for (const { id } of begun) await world.reaches(id, 'done')
  await until('they are counted as done', async () => (await metric(/^zaplog_replays\{state="running"\} (\d+)$/m)) === 0)
  expect(await metric(/^zaplog_replays\{state="done"\} (\d+)$/m)).toBeGreaterThan(1)
  const written = (await copied(`wa.replay.${one}`)).length + (await copied(`wa.replay.${other}`)).length
  expect(await metric(/^zaplog_replay_records_total\{outcome="written"\} (\d+)$/m)).toBe(written)
  await role.close()
  expect((await copied(`wa.replay.${one}`)).map(originOf)).toEqual(
    (await kept(({ key, headers }) => key === 'shop' && 'event-id' in headers)).map(placeOf),
  )
  expect((await copied(`wa.replay.${other}`)).map(originOf)).toEqual((await kept(({ key }) => key === 'bakery')).map(placeOf))
})

test('[G1] a part of zaplog that is away is waited for, and said; what no waiting mends ends the replay in words, and it may go on', async () => {
  const away = new LogError('unavailable', 'reading the lag: nobody answers')
  const denied = new LogError('denied', 'reading wa.events/0: not authorized')
  let [isAway, isDenied] = [true, true]
  const log = {
    ...world.log,
    lag: async (...args: Parameters<typeof world.log.lag>) => {
      if (isAway) throw away
      return world.log.lag(...args)
    },
    read: async function* (...args: Parameters<typeof world.log.read>) {
      if (isDenied) throw denied
      yield* world.log.read(...args)
    },
  }
  const role = world.work({ log })
  const { id } = await world.begin({ name, from: 'beginning' })
  await until('it says so', () => role.checks()[0]?.detail.includes('nobody answers'))
  isAway = false
  const failed = await world.reaches(id, 'failed')
  expect(failed.why).toContain('not authorized')
  expect(await copied()).toEqual([])
  isDenied = false
  expect((await world.patch(id, { state: 'running' })).json).toMatchObject({
    state: 'running',
    why: null,
    endedAt: null,
    expiresAt: null,
  })
  await world.reaches(id, 'done')
  expect(role.checks()).toEqual([{ name: 'replays', state: 'ok', detail: 'running' }])
  await role.close()
  expect((await copied()).map(originOf)).toEqual((await kept(() => true)).map(placeOf))
})
