// A replay of all that a zaplog has among its events, with a kill -9 in its middle, as outsiders see it: byte for byte, each record once, in order.
// Beside it one that follows the log, which has what came after the kill, too. Then those of one type in a topic of their own; and all of it deleted.
import { expect } from 'vitest'
import type { LogRecord } from '../../../src/log/log.ts'
import { until } from '../until.ts'
import type { ItsLog } from './its-log.ts'
import type { Stage } from './stage.ts'

type Replay = {
  id: string
  state: string
  read: number
  written: number
  targets: string[]
  partitions: { topic: 'events'; partition: number; firstOffset: string; untilOffset: string }[]
}

const NAME = 'over-a-kill'
const TYPE = 'message.received'
/** A second: slow enough to be killed in its middle, then as fast as it can. */
const [SLOW, FAST] = [10, 100_000]

/** `writeMore`: resolves once more is among the events. */
export async function expectReplayOverAKill(stage: Stage, writeMore: () => Promise<unknown>): Promise<void> {
  const body = { name: NAME, from: 'beginning', rate: SLOW }
  const { id, targets, partitions } = await begin(stage, body)
  const followed = await begin(stage, { name: `${NAME}-followed`, from: 'beginning', rate: SLOW, follow: true })
  const look = async () => (await stage.zaplog().call('GET', `/v1/replays/${id}`)).body as Replay
  await until('it is in its middle', async () => (await look()).written > 1)
  await stage.kill()
  await stage.restart()
  const faster = await stage.zaplog().call('PATCH', `/v1/replays/${id}`, { rate: FAST })
  expect(faster.body).toMatchObject({ state: 'running', rate: FAST })
  const done = await whenDone(stage, id)
  await stage.zaplog().call('PATCH', `/v1/replays/${followed.id}`, { rate: FAST })
  await writeMore()
  const log = await stage.ground.openLog()
  try {
    const copied = (await readAll(log, String(targets[0]))).filter(({ headers }) => headers['event-type'] !== 'replay.ended')
    const events = await log.records('events')
    for (const { partition, firstOffset, untilOffset } of partitions) {
      const isIn = (one: LogRecord) => one.offset >= BigInt(firstOffset) && one.offset < BigInt(untilOffset)
      const wanted = events.filter(one => one.partition === partition && isIn(one))
      expect(inPartition(copied, partition).map(asCopied)).toEqual(wanted.map(one => asSource(one, id)))
    }
    expect(events.length).toBeGreaterThan(copied.length)
    await expectFollowed(stage, log, { followed, events })
    expect(done.written).toBe(copied.length)
    const ofType = events.filter(({ headers }) => headers['event-type'] === TYPE)
    const alone = await expectOfOneType(stage, log, ofType.length)
    await expectDeleted(stage, log, [done, alone, followed])
  } finally {
    await log.close()
  }
}

const inPartition = (records: readonly LogRecord[], partition: number) => records.filter(one => one.partition === partition)

/** What was there, and what came, each once, in order; it has no end, so that none is said, until somebody cancels it. */
async function expectFollowed(
  stage: Stage,
  log: ItsLog,
  { followed: { id, targets }, events }: { followed: Replay; events: readonly LogRecord[] },
): Promise<void> {
  const read = () => readAll(log, String(targets[0]))
  const copied = await until('what is followed to be there', async () => {
    const seen = await read()
    return seen.length >= events.length && seen
  })
  for (const partition of new Set(events.map(one => one.partition))) {
    const wanted = inPartition(events, partition)
    expect(inPartition(copied, partition).slice(0, wanted.length).map(asCopied)).toEqual(wanted.map(one => asSource(one, id)))
  }
  const over = await stage.zaplog().call('PATCH', `/v1/replays/${id}`, { state: 'cancelled' })
  expect(over.body).toMatchObject({ state: 'cancelled', records: null })
  expect((await read()).filter(({ headers }) => headers['event-type'] === 'replay.ended')).toEqual([])
}

async function begin(stage: Stage, body: object): Promise<Replay> {
  const begun = await stage.zaplog().call('POST', '/v1/replays', body)
  expect(begun.status, JSON.stringify(begun.body)).toBe(201)
  return begun.body as Replay
}

const whenDone = (stage: Stage, id: string): Promise<Replay> =>
  until('it is done', async () => {
    const seen = (await stage.zaplog().call('GET', `/v1/replays/${id}`)).body as Replay
    return seen.state === 'done' && seen
  })

/** Its schema was registered under its own subject, or the replay would have failed. */
async function expectOfOneType(stage: Stage, log: ItsLog, records: number): Promise<Replay> {
  const body = { name: `${NAME}-of-a-type`, from: 'beginning', perType: true, types: [TYPE], rate: FAST }
  const done = await whenDone(stage, (await begin(stage, body)).id)
  expect(await readAll(log, String(done.targets[0]))).toHaveLength(records)
  return done
}

async function expectDeleted(stage: Stage, log: ItsLog, replays: readonly Replay[]): Promise<void> {
  for (const { id } of replays) expect((await stage.zaplog().call('DELETE', `/v1/replays/${id}`)).status).toBe(204)
  const codeOf = (topic: string) =>
    readAll(log, topic).then(
      () => 'it is there',
      error => error.code,
    )
  for (const topic of replays.flatMap(one => one.targets))
    await until(`${topic} to be gone`, async () => (await codeOf(topic)) === 'topic-missing')
}

const readAll = ({ log }: ItsLog, topic: string): Promise<readonly LogRecord[]> =>
  Array.fromAsync(log.read(topic, { from: 'first', until: 'end' }, new AbortController().signal))

const bytesOf = ({ value }: LogRecord) => Buffer.from(value ?? []).toString('base64')
const asCopied = (record: LogRecord) => ({ ...bare(record), headers: { ...record.headers } })
const asSource = (record: LogRecord, id: string) => {
  const { headers, topic, offset } = record
  return { ...bare(record), headers: { ...headers, 'replay-job': id, 'replay-topic': topic, 'replay-offset': String(offset) } }
}
const bare = (record: LogRecord) => ({ key: record.key, recordedAt: record.recordedAt, bytes: bytesOf(record) })
