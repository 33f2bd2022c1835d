// What bounds a replay: nothing of a purged instance is copied or shown, only the partitions that are meant, and no answer takes all of a process.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import { type EventLog, LogError } from '../../src/log/log.ts'
import { countRange } from '../../src/replays/count-range.ts'
import { never } from '../../src/runtime/or-abort.ts'
import { giveOutIds } from '../ground/api/give-out-ids.ts'
import { adminKey } from '../ground/api/open-test-api.ts'
import { anEvent } from '../ground/events.ts'
import { elsewhere } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openReplaysWorld, type ReplaysWorld } from '../ground/replays/replays-world.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let world: ReplaysWorld
let made = 0
let name: string
beforeAll(async () => {
  world = await openReplaysWorld('replay limits', logger)
  await giveOutIds(world.api.database, 'shop', 'bakery')
  await tell('wa.events', 'shop', 10)
  await tell('wa.events', 'bakery', 10)
})
afterAll(() => world.close())
beforeEach(() => {
  name = `limit-${++made}`
})

const tell = (topic: string, instanceId: string, count: number) => {
  const type = topic === 'wa.events' ? 'message.received' : 'message.history'
  const events = Array.from({ length: count }, () => anEvent(type, { instanceId }))
  return world.append(
    topic,
    events.map(event => world.api.testLog.codec.encode(event)),
  )
}
const purge = (id: string) =>
  world.api.database.query(
    "insert into purges (instance_id, request_id, requested_by) values ($1, 'r', 'test') on conflict do nothing",
    [id],
  )
const copied = async () => (await world.all(`wa.replay.${name}`)).filter(({ headers }) => 'replay-offset' in headers)
async function done(body: object, given: Parameters<ReplaysWorld['work']>[0] = {}) {
  const role = world.work(given)
  const { id } = await world.begin({ name, from: 'beginning', ...body })
  const shown = await world.reaches(id, 'done')
  await role.close()
  return { role, shown }
}

/** The purge is asked for once the batch was chosen, before it is written. */
const purgedBehind = (instanceId: string): Database => ({
  ...world.api.database,
  query: async <Row>(sql: string, values?: readonly unknown[]) => {
    const rows = await world.api.database.query<Row>(sql, values)
    if (sql.includes('from purges') && JSON.stringify(values).includes(instanceId)) await purge(instanceId)
    return rows
  },
})

test.each(['embedded', 'elsewhere'])(
  '[A7] [G1] on a log that is %s what is purged while a batch waits is not copied',
  async where => {
    const late = `late-${where}`
    await giveOutIds(world.api.database, late)
    await tell('wa.history', late, 3)
    await tell('wa.history', 'shop', 4)
    const log = where === 'embedded' ? world.log : elsewhere(world.log)
    const asked = { topics: ['history'], instanceIds: [late, 'shop'] }
    const { role, shown } = await done(asked, { log, database: purgedBehind(late) })
    const got = await copied()
    expect(new Set(got.map(one => one.key))).toEqual(new Set(['shop']))
    expect(shown).toMatchObject({ matched: got.length + 3, written: got.length, leftOut: { purged: 3 } })
    const metrics = await role.metrics.render()
    expect(metrics).toContain(`zaplog_replay_records_total{outcome="written"} ${got.length}\n`)
    expect(metrics).toContain('zaplog_replay_records_total{outcome="left-out"} 3\n')
  },
)

type Records = {
  data: { offset: string; key: string }[]
  leftOut: Record<string, number>
  lastOffset: string | null
  endOffset: string
}
const read = async (id: string, query: string) =>
  (await world.api.call('GET', `/v1/replays/${id}/records?${query}`)).json as Records

test('[A7] [G1] of what was copied nothing is shown of an instance that is purged since, and whoever pages gets past it', async () => {
  await giveOutIds(world.api.database, 'gone')
  await tell('wa.events', 'gone', 5)
  const { shown } = await done({ instanceIds: ['gone', 'shop'], marker: false })
  const all = await copied()
  const gone = all.filter(one => one.key === 'gone')
  const partition = gone[0]?.partition ?? 0
  const here = all.filter(one => one.partition === partition)
  expect((await read(shown.id, `partition=${partition}`)).data).toHaveLength(here.length)
  await purge('gone')
  const page = await read(shown.id, `partition=${partition}`)
  expect(page.data.map(one => one.key)).toEqual(here.filter(one => one.key !== 'gone').map(one => one.key))
  expect(page).toMatchObject({ leftOut: { purged: 5 }, lastOffset: String(here.length - 1), endOffset: String(here.length) })
  const before = BigInt(gone[0]?.offset ?? 0n) - 1n
  const one = await read(shown.id, `partition=${partition}&limit=1${before < 0n ? '' : `&after=${before}`}`)
  expect(one).toMatchObject({ data: [], leftOut: { purged: 1 }, lastOffset: String(before + 1n) })
  const past = await read(shown.id, `partition=${partition}&after=${page.lastOffset}`)
  expect(past).toMatchObject({ data: [], leftOut: {}, lastOffset: null })
})

test('[G1] a page of what was copied ends at about 4 MiB; a partition that there is not is refused', async () => {
  const { shown } = await done({ instanceIds: ['shop'], marker: false })
  const topic = `wa.replay.${name}`
  const value = Buffer.alloc(1_000_000, 'x')
  const large = Array.from({ length: 6 }, () => ({ key: 'shop', value, headers: {}, recordedAt: Date.now() }))
  await world.append(topic, large)
  const there = await world.all(topic)
  const partition = there.at(-1)?.partition ?? 0
  const end = there.filter(one => one.partition === partition).length
  const first = await read(shown.id, `partition=${partition}&after=${end - 7}&limit=200`)
  expect(first.data.map(one => one.offset)).toEqual([6, 5, 4, 3, 2].map(back => String(end - back)))
  expect(first.lastOffset).toBe(String(end - 2))
  const withBytes = await read(shown.id, `partition=${partition}&after=${end - 7}&value=base64`)
  expect(withBytes.data).toHaveLength(2)
  const rest = await read(shown.id, `partition=${partition}&after=${first.lastOffset}`)
  expect(rest.data.map(one => one.offset)).toEqual([String(end - 1)])
  const { status, json } = await world.api.call('GET', `/v1/replays/${shown.id}/records?partition=999`)
  expect([status, json.errors]).toEqual([422, [{ parameter: 'partition', expected: 'a partition from 0 to 1', received: '999' }]])
})

test('[G1] an end in offsets is of the partitions that it names: nothing of another one is copied', async () => {
  const of = async (partition: number) => (await world.all('wa.events')).filter(one => one.partition === partition)
  const [one = []] = [await of(1)]
  const { shown } = await done({ until: { 1: one.length - 1 }, rate: 100_000 })
  expect(shown.partitions.map(({ partition }) => partition)).toEqual([1])
  expect(shown.records).toBe(one.length - 1)
  expect((await copied()).map(({ partition }) => partition)).not.toContain(0)
})

test('[G1] an end before the start is refused, in offsets as in times; so is one of other partitions', async () => {
  const refused: [body: object, expected: RegExp][] = [
    [{ from: { 0: 3 }, until: { 0: 2 } }, /not before offset 3 of partition 0/],
    [{ from: { 0: 1, 1: 3 }, until: { 0: 2, 1: 2 } }, /not before offset 3 of partition 1/],
    [{ from: { 0: 1 }, until: '2001-01-01' }, /not before offset 1 of partition 0/],
    [{ from: { 0: 1 }, until: { 1: 2 } }, /offsets of partitions that from names/],
  ]
  for (const [body, expected] of refused) {
    const { status, json } = await world.post({ name, ...body })
    expect([body, status, (json.errors as { pointer: string }[])[0]?.pointer]).toEqual([body, 422, '/until'])
    expect(JSON.stringify(json.errors)).toMatch(expected)
  }
  const empty = await world.post({ name, from: { 0: 3, 1: 1 }, until: { 0: 3, 1: 2 }, dryRun: true })
  expect([empty.status, empty.json.records]).toEqual([200, 1])
})

/** Whoever reads the log waits until it is given up, and says why. */
const endless = (log: EventLog, givenUp: (reason: unknown) => void): EventLog => ({
  ...log,
  read: async function* (topic, _range, signal) {
    yield* []
    await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
    givenUp(signal.reason)
    throw new LogError('aborted', `reading ${topic}: aborted`)
  },
})

test('[G1] one dry run counts at a time in a process, as long as somebody waits for it', async () => {
  const waiting: { reads: number; givenUp: unknown } = { reads: 0, givenUp: null }
  const log = (one: EventLog) => {
    const slow = endless(one, reason => {
      waiting.givenUp = reason
    })
    return { ...one, read: (...args: Parameters<EventLog['read']>) => (waiting.reads++ === 0 ? slow : one).read(...args) }
  }
  const other = await world.api.openAnother({ log })
  const ask = async (signal?: AbortSignal) => {
    const response = await fetch(new URL('/v1/replays', other.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name, from: 'beginning', dryRun: true }),
      ...(signal && { signal }),
    })
    return { status: response.status, retryAfter: response.headers.get('retry-after'), text: await response.text() }
  }
  const client = new AbortController()
  const first = ask(client.signal).catch(() => 'left')
  await until('it counts', () => waiting.reads > 0)
  expect(await ask()).toMatchObject({ status: 503, retryAfter: '1', text: expect.stringContaining('urn:zaplog:problem:busy') })
  client.abort()
  expect(await first).toBe('left')
  expect(await until('it is given up', () => waiting.givenUp)).toMatchObject({ name: 'AbortError' }) // not for its time
  expect(await until('it is over', async () => (await ask()).status === 200)).toBe(true)
  await other.close()
})

test('[G1] a count ends at its records, bytes or time, and says that it is not complete', async () => {
  const { testLog } = world.api
  const ends = await world.log.positionsAt('wa.events', 'end', never)
  const ranges = ends.map(({ partition, nextOffset }) => ({
    ...{ topic: 'events' as const, partition, firstOffset: 0n, untilOffset: nextOffset, truncated: false },
  }))
  const choice = { types: null, instanceIds: null, chats: null }
  const records = ranges.reduce((sum, one) => sum + Number(one.untilOffset), 0)
  const all = { records: 1_000_000, bytes: 1024 ** 3, ms: 3_600_000 }
  const count = (most: Partial<typeof all>, log: EventLog = world.log) =>
    countRange({ ...testLog, log }, { choice, ranges, most: { ...all, ...most } }, never)
  expect(await count({})).toMatchObject({ complete: true, records, read: records, matched: records })
  expect(await count({ records })).toMatchObject({ complete: true, read: records })
  expect(await count({ records: records - 1 })).toMatchObject({ complete: false, records, read: records - 1 })
  expect(await count({ bytes: 1 })).toMatchObject({ complete: false, records, read: 1, matched: 1 })
  expect(
    await count(
      { ms: 1 },
      endless(world.log, () => undefined),
    ),
  ).toMatchObject({ complete: false, records, read: 0, matched: 0 })
  const given = AbortSignal.abort()
  const asked = { choice, ranges, most: all }
  await expect(countRange({ ...testLog, log: world.log }, asked, given)).rejects.toMatchObject({ code: 'aborted' })
})
