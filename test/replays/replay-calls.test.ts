// Replays over HTTP and on the command line: what is wrong is said by field, a dry run makes nothing, what is deleted is gone with its topics.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { CallFailed } from '../../src/cli/call-failed.ts'
import { openProgressLine } from '../../src/cli/progress-line.ts'
import { bodyOf, replayOnce } from '../../src/cli/replay.ts'
import { giveOutIds } from '../ground/api/give-out-ids.ts'
import { adminKey } from '../ground/api/open-test-api.ts'
import { anEvent } from '../ground/events.ts'
import { declareTopic } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openReplaysWorld, type ReplaysWorld, type Shown } from '../ground/replays/replays-world.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
const logger = collectLogLines()
let world: ReplaysWorld
let made = 0
let name: string
beforeAll(async () => {
  world = await openReplaysWorld('replay calls', logger)
  await giveOutIds(world.api.database, 'shop', 'bakery')
  const { codec } = world.api.testLog
  const events = Array.from({ length: 20 }, (_, n) =>
    n % 4 === 3 ? anEvent('contact.updated', { instanceId: 'bakery' }) : anEvent('message.received'),
  )
  await world.append(
    'wa.events',
    events.map(event => codec.encode(event)),
  )
  world.work()
})
afterAll(() => world.close())
beforeEach(() => {
  name = `call-${++made}`
})

const topicsOf = async (of: string) =>
  (
    await world.api.database.query<{ topic: string }>("select topic from log_topics where topic like $1 || '%' order by 1", [of])
  ).map(row => row.topic)
const laterThanNow = () => new Date(Date.now() + 3_600_000).toISOString()

const wrong: Readonly<Record<string, [body: object, pointer: string, expected: RegExp]>> = {
  'without a name': [{ name: undefined }, '/name', /text/],
  'with a name that topics cannot have': [{ name: 'Back fill' }, '/name', /small letters, digits and hyphens/],
  'without a beginning': [{ from: undefined }, '/from', /beginning, an instant/],
  'with a word for its beginning': [{ from: 'yesterday' }, '/from', /beginning, an instant.*-7d/],
  'a day that there is not': [{ from: '2026-02-31' }, '/from', /beginning, an instant/],
  'more than an instant': [{ from: '2026-01-31 (or so)' }, '/from', /beginning, an instant/],
  'from the future': [{ from: '3031-01-05' }, '/from', /an instant that is over/],
  'until the future': [{ from: '-7d', until: '3031-01-05' }, '/until', /over; follow goes on/],
  'that ends before it begins': [{ from: '-1h', until: '-2h' }, '/until', /an instant after from/],
  'that follows and ends': [{ follow: true, until: '-1h' }, '/until', /nothing: a replay that follows/],
  'from a partition that there is not': [{ from: { 7: 0 } }, '/from', /partitions from 0 to 1/],
  'from beyond the end': [{ from: { 0: '99999' } }, '/from', /at most \d+ of partition 0, where it ends/],
  'from offsets of two topics': [{ from: { 0: 0 }, topics: ['events', 'history'] }, '/from', /offsets of one topic/],
  'from an offset that is no number': [{ from: { 0: '-3' } }, '/from', /an offset for each partition/],
  'of an internal topic': [{ topics: ['webhook-deliveries'] }, '/topics/0', /one of events, history/],
  'of no type': [{ types: ['mesage.*'] }, '/types/0', /a pattern such as message/],
  'of no chat': [{ chats: ['somebody'] }, '/chats/0', /a phone number with its country/],
  'too slow': [{ rate: 0 }, '/rate', /from 1 to 100000/],
  'without an end of speed': [{ rate: 1_000_000_000 }, '/rate', /from 1 to 100000/],
  'too fast': [{ rate: 100_001 }, '/rate', /from 1 to 100000/],
  'with a field that there is not': [{ colour: 'red' }, '/colour', /no such field/],
}

test('[G1] [I3] what is wrong with a replay is said by its field, and nothing is made', async () => {
  for (const [what, [body, pointer, expected]] of Object.entries(wrong)) {
    const { status, json } = await world.post({ name, from: 'beginning', ...body })
    expect([what, status, (json.errors as { pointer: string }[])[0]?.pointer]).toEqual([what, 422, pointer])
    expect(JSON.stringify(json.errors)).toMatch(expected)
  }
  const unknown = await world.post({ name, from: 'beginning', instanceIds: ['shop', 'shpo'] })
  expect([unknown.status, unknown.json.type]).toEqual([404, 'urn:zaplog:problem:instance-not-found'])
  expect(await topicsOf('wa.replay.')).toEqual([])
  expect((await world.api.call('GET', '/v1/replays')).json).toEqual({ data: [], nextCursor: null })
})

test('[G1] a dry run counts by type and partition, and makes nothing', async () => {
  const { status, json } = await world.post({ name, from: 'beginning', dryRun: true, types: ['message.*'], follow: true })
  const records = await world.all('wa.events')
  const isMessage = (type = '') => type.startsWith('message.')
  expect([status, json]).toMatchObject([
    200,
    { complete: true, records: 20, read: 20, matched: 15, byType: { 'message.received': 15 }, truncatedBefore: [] },
  ])
  expect(json.byPartition).toEqual(
    [0, 1].map(partition => {
      const here = records.filter(one => one.partition === partition)
      const matched = here.filter(one => isMessage(one.headers['event-type'])).length
      return { topic: 'events', partition, records: here.length, matched }
    }),
  )
  expect(await topicsOf(`wa.replay.${name}`)).toEqual([])
  expect((await world.post({ name, from: 'beginning' })).status).toBe(201)
})

test('[G1] a name is taken once, and a topic that is there with other partitions is not written to', async () => {
  const { id } = await world.begin({ name, from: 'beginning' })
  expect(await world.post({ name, from: 'beginning' })).toMatchObject({
    status: 409,
    json: { type: 'urn:zaplog:problem:replay-exists' },
  })
  const both = [1, 2].map(() => world.post({ name: `${name}-both`, from: 'beginning' }))
  expect((await Promise.all(both)).map(({ status }) => status).toSorted()).toEqual([201, 409])
  await world.reaches(id, 'done')
  await world.log.ensureTopics([declareTopic(`wa.replay.${name}-other`, { partitions: 5 })], never)
  const other = await world.post({ name: `${name}-other`, from: 'beginning' })
  expect([other.status, other.json.type]).toEqual([409, 'urn:zaplog:problem:topic-differs'])
  expect(other.json.detail).toBe(
    `wa.replay.${name}-other exists with 5 partitions, and has to have 2: delete it, or take another name`,
  )
})

test('[G1] what the log has forgotten of a range is said', async () => {
  const history = 'wa.history'
  const { codec } = world.api.testLog
  const old = Array.from({ length: 4 }, () => codec.encode(anEvent('message.history')))
  await world.append(history, old)
  const [partition] = (await world.all(history)).map(one => one.partition)
  await world.api.database.query('select log_trim($1, $2, 2, 100)', [history, partition])
  const truncatedBefore = [{ topic: 'history', partition, offset: '2' }]
  const shown = await world.begin({ name, topics: ['history'], from: { [String(partition)]: 0 } })
  expect(shown).toMatchObject({ truncatedBefore, records: 2, topics: ['history'] })
  expect((await world.reaches(shown.id, 'done')).written).toBe(2)
  const dry = await world.post({ name: 'dry', topics: ['history'], from: '-3650d', dryRun: true })
  expect(dry.json).toMatchObject({ truncatedBefore, records: 2 })
  for (const from of ['-999999w', '0000-01-01'])
    expect((await world.post({ name: 'dry', topics: ['history'], from, dryRun: true })).json).toMatchObject({ records: 2 })
})

test('[G1] several topics are copied into one, each record with where it comes from', async () => {
  const { id } = await world.begin({ name, topics: ['events', 'history'], from: 'beginning' })
  const shown = await world.reaches(id, 'done')
  const copied = await world.all(`wa.replay.${name}`)
  const from = (topic: string) => copied.filter(({ headers }) => headers['replay-topic'] === topic && 'replay-offset' in headers)
  expect([from('wa.events').length, from('wa.history').length]).toEqual([20, 2])
  expect(shown.partitions.map(one => `${one.topic}/${one.partition} ${one.ended}`)).toEqual(
    ['events/0', 'events/1', 'history/0', 'history/1'].map(one => `${one} true`),
  )
})

test('[G1] what was copied is read as JSON, a page at a time, with its bytes where they are asked for', async () => {
  const { id } = await world.begin({ name, from: 'beginning', types: ['message.received'], marker: false })
  await world.reaches(id, 'done')
  const there = (await world.all(`wa.replay.${name}`)).filter(one => one.partition === 0)
  const read = async (query: string) => (await world.api.call('GET', `/v1/replays/${id}/records?${query}`)).json as Records
  const first = await read('partition=0&limit=2&value=base64')
  expect(first.data.map(({ offset, key, headers, value }) => ({ offset, key, headers, value }))).toEqual(
    there.slice(0, 2).map(({ offset, key, headers, value }) => ({
      ...{ offset: String(offset), key, headers },
      value: Buffer.from(value ?? []).toString('base64'),
    })),
  )
  expect(first.data[0]?.event).toMatchObject({ type: 'message.received', data: { instanceId: 'shop', kind: 'text' } })
  const next = await read(`partition=0&after=${first.data[1]?.offset}&limit=200`)
  expect(next.data.map(one => one.offset)).toEqual(there.slice(2).map(one => String(one.offset)))
  expect(next.data[0]).not.toHaveProperty('value')
  expect(next.endOffset).toBe(String(there.length))
  expect((await read('after=999')).data).toEqual([])
  const [zero, one] = [await read('partition=0'), await read('partition=1')]
  expect((await read('limit=1')).partition).toBe(Number(one.endOffset) > Number(zero.endOffset) ? 1 : 0)
  expect((await world.api.call('GET', `/v1/replays/${id}/records?type=message.received`)).status).toBe(422)
})
type Records = {
  partition: number
  data: { offset: string; key: string; headers: object; event: unknown; value?: string }[]
  endOffset: string
}

test('[G1] what is over stays as it is, and is not begun again', async () => {
  const { id } = await world.begin({ name, from: 'beginning' })
  await world.reaches(id, 'done')
  for (const state of ['running', 'paused', 'cancelled']) {
    const { status, json } = await world.patch(id, { state })
    expect([status, json.detail]).toEqual([409, `the replay is done, and cannot be ${state} any more`])
  }
  const faster = await world.patch(id, { rate: 7 })
  expect([faster.status, faster.json.detail]).toEqual([409, 'the replay is done, and cannot be changed any more'])
  expect((await world.api.call('GET', `/v1/replays/${name}`)).json).toMatchObject({ id, name, rate: 100_000 })
  expect((await world.patch('rp_none', { state: 'paused' })).status).toBe(404)
  expect((await world.patch(id, { state: 'done' })).status).toBe(422)
})

test('[G1] one that is deleted is gone with its topics, and so is one that has been over for a week; then the name is free', async () => {
  const { id } = await world.begin({ name, from: 'beginning', perType: true })
  await world.reaches(id, 'done')
  expect(await topicsOf(`wa.replay.${name}.`)).toHaveLength(2)
  expect((await world.api.call('DELETE', `/v1/replays/${id}`)).status).toBe(204)
  expect((await world.api.call('GET', `/v1/replays/${id}`)).status).toBe(404)
  expect((await world.api.call('DELETE', `/v1/replays/${id}`)).status).toBe(404)
  await until('its topics are gone', async () => (await topicsOf(`wa.replay.${name}.`)).length === 0)
  const again = await until('the name is free', async () => {
    const { status, json } = await world.post({ name, from: 'beginning' })
    return status === 201 && (json as Shown)
  })
  const { expiresAt, endedAt } = await world.reaches(again.id, 'done')
  expect(Date.parse(String(expiresAt)) - Date.parse(String(endedAt))).toBe(7 * 86_400_000)
  await world.api.database.query("update replays set expires_at = now() - interval '1 second' where replay_id = $1", [again.id])
  await until('it is gone', async () => (await topicsOf(`wa.replay.${name}`)).length === 0)
  expect((await world.api.call('GET', `/v1/replays/${again.id}`)).status).toBe(404)
})

test('[G1] [H7] how long ago it begins is said as the instant that it was then', async () => {
  const { id } = await world.begin({ name, from: '-1h' })
  const { fromAt, untilAt, createdAt } = (await world.api.call('GET', `/v1/replays/${id}`)).json
  expect(Date.parse(String(createdAt)) - Date.parse(String(fromAt))).toBe(3_600_000)
  expect(untilAt).toBeNull()
})

test('[G1] [H7] its topics are among those of the log, with when they go, for as long as they are there', async () => {
  const { id } = await world.begin({ name, from: 'beginning' })
  const { expiresAt } = await world.reaches(id, 'done')
  const found = async () => ((await world.api.call('GET', '/v1/topics')).json.data as { topic: string }[]).find(isIts)
  const isIts = ({ topic }: { topic: string }) => topic === `wa.replay.${name}`
  const all = await world.all(`wa.replay.${name}`)
  const records = all.filter(one => one.headers['event-type'] !== 'replay.ended').length
  expect(records).toBeLessThan(all.length)
  expect(await found()).toMatchObject({ replayId: id, expiresAt, records, public: true, retentionMs: null })
  const missing = `wa.replay.${name}-not-made`
  await world.api.database.query('update replays set made_topics = made_topics || $2::text where replay_id = $1', [id, missing])
  expect(await found()).toMatchObject({ replayId: id })
  await world.api.call('DELETE', `/v1/replays/${id}`)
  expect(await found()).toBeUndefined()
})

test('[G1] the list is newest first, and its pages hold each replay once', async () => {
  const ids: string[] = []
  for (const letter of ['a', 'b', 'c']) ids.push((await world.begin({ name: `${name}-${letter}`, from: 'beginning' })).id)
  const page = async (query: string) =>
    (await world.api.call('GET', `/v1/replays?limit=2${query}`)).json as { data: Shown[]; nextCursor: string }
  const first = await page('')
  const second = await page(`&cursor=${first.nextCursor}`)
  expect([...first.data, ...second.data].map(one => one.id).slice(0, 3)).toEqual(ids.toReversed())
  expect((await page(`&after=${encodeURIComponent(laterThanNow())}`)).data).toEqual([])
})

test('[G1] [H7] zaplog replay follows it to its end, and says how far it is', async () => {
  const api = { base: world.api.url, key: adminKey, keyFrom: 'the test', zaplog: './zaplog' }
  const said: string[] = []
  const progress = openProgressLine({ write: text => said.push(text) })
  const how = { progress, stopping: never }
  const options = { from: 'beginning', to: name, type: ['message.*'] }
  const { text, json } = await replayOnce(api, undefined, options, how)
  expect(text).toContain(`${name}: done, 100 % of 20, 15 copied to wa.replay.${name}`)
  expect(json).toMatchObject({ name, state: 'done', written: 15 })
  expect(said[0]).toContain(`${name}: running`)
  expect((await replayOnce(api, undefined, { ...options, to: `${name}-dry`, dryRun: true }, how)).json).toMatchObject({
    matched: 15,
  })
  const refused = await replayOnce(api, undefined, options, how).catch((error: unknown) => error)
  expect(refused instanceof CallFailed && refused.message).toContain(`there is a replay ${name}`)
  expect(bodyOf({ from: '0=120,1=77', to: 'x' })).toEqual({ name: 'x', from: { 0: '120', 1: '77' } })
  expect(() => bodyOf({ from: '-7d' })).toThrow('expected --from and --to, or the id of a replay to follow')
})
