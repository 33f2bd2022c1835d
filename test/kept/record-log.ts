// Makes the recorded log of this version: `node test/kept/record-log.ts`, after make.ts. It is what the embedded fixture has in its log, and
// behind it what WhatsApp says in golden cases, of types and kinds that no story brings; with what this version answers and releases of it.
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openEmbeddedPostgres } from '../../src/database/embedded.ts'
import { migrate } from '../../src/database/migrate.ts'
import { openPostgres } from '../../src/database/postgres.ts'
import { openSession } from '../../src/database/session.ts'
import { type Event, eventTypes } from '../../src/events/event.ts'
import { schemaNameOf } from '../../src/events/schema-name.ts'
import { type TopicName, topicOfEvent, topics } from '../../src/events/topics.ts'
import type { NewRecord } from '../../src/log/log.ts'
import { listChats, listContacts, listMedia, listMessages } from '../../src/projections/read-model/queries.ts'
import { readModel } from '../../src/projections/read-model/read-model.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import type { TestDatabase } from '../ground/database.ts'
import { anEvent } from '../ground/events.ts'
import { applyTo } from '../ground/projections/apply-to.ts'
import type { ItsLog } from '../ground/scenarios/its-log.ts'
import { goldenCases } from '../ground/webhooks/golden-cases.ts'
import { openStream } from '../ground/webhooks/open-stream.ts'
import { embeddedSetup } from './embedded-setup.ts'
import { type RecordedAnswers, releaseAll } from './recorded-log.ts'

type Recorded = { topic: TopicName; record: NewRecord }

const logger = createLogger({ level: 'silent' })
const never = new AbortController().signal
/** Everything that may be asked for, each message with its file. */
const endpoint = { eventTypes: ['*', 'message.history', 'history.progressed'], snapshots: true, holdMedia: 900 }

async function recordLog(folder: string): Promise<number> {
  const ground = await embeddedSetup.restore(await readFile(join(folder, 'embedded', 'parts.zst')), 0)
  const postgres = await openEmbeddedPostgres({ dataDir: join(ground.dataDir, 'postgres'), logger, fsync: false })
  try {
    const its = await ground.openLog()
    const past = await pastOf(its)
    const said = goldenEvents().map(event => ({ topic: topicOfEvent(event), record: its.codec.encode(event) }))
    const all = inTopics([...past, ...said])
    const events = await eventsOf(
      its,
      all.filter(({ topic }) => topic !== 'dead-letters'),
    )
    const answers = await onEmptyDatabase(postgres.url, 'answers', test => answersOf(test, events))
    const released = await onEmptyDatabase(postgres.url, 'released', test => releasedOf(test, events))
    const records = [...all, ...released.map(event => ({ topic: topicOfEvent(event), record: its.codec.encode(event) }))]
    await its.close()
    demandEveryType(records)
    await keep(join(folder, 'log'), records, answers)
    return records.length
  } finally {
    await postgres.close()
    await ground.close()
  }
}

/** What endpoints of the fixture got is left out: here there is one endpoint, which gets everything. */
async function pastOf(its: ItsLog): Promise<readonly Recorded[]> {
  const names = topics.map(({ name }) => name).filter(name => name !== 'webhook-deliveries')
  const lists = await Promise.all(names.map(async topic => (await its.records(topic)).map(record => ({ topic, record }))))
  return lists.flat()
}

/** Each case about messages of its own; its account goes on. Heartbeats are told each minute: no story lasts that long. */
const goldenEvents = (): readonly Event[] => [
  ...goldenCases
    .filter(({ events }) => !events.some(({ type }) => type.startsWith('instance.')))
    .flatMap(({ events }, place) => events.map(event => ofCase(event, place))),
  anEvent('instance.heartbeat'),
]

function ofCase(event: Event, place: number): Event {
  const idOf = (id: string) => createHash('sha256').update(`${place} ${id}`).digest('hex').slice(0, 32)
  return {
    ...event,
    ...{ eventId: idOf(event.eventId), sequence: 10_000 + place },
    ...(event.messageId && { messageId: `${event.messageId}${place.toString(16).toUpperCase().padStart(4, '0')}` }),
    ...('sourceEventId' in event && { sourceEventId: idOf(event.sourceEventId) }),
  } as Event
}

const inTopics = (records: readonly Recorded[]): readonly Recorded[] =>
  topics.flatMap(({ name }) => records.filter(({ topic }) => topic === name))

const eventsOf = async (its: ItsLog, records: readonly Recorded[]): Promise<readonly Event[]> =>
  Array.fromAsync(records, async ({ topic, record }) => {
    const event = await its.codec.decode(record.value, never)
    if (event === null) throw new Error(`reading ${topic}: expected an event of this version`)
    return event
  })

async function onEmptyDatabase<Answer>(serverUrl: string, name: string, work: (test: TestDatabase) => Promise<Answer>) {
  const session = await openSession({ url: serverUrl, applicationName: 'recorded log' }, never)
  await session.query(`create database recorded_${name} template template0`)
  await session.close()
  const url = new URL(serverUrl)
  url.pathname = `/recorded_${name}`
  await migrate({ url: url.href, logger }, never)
  const database = await openPostgres({ url: url.href, poolSize: 2, applicationName: 'recorded log', logger })
  try {
    return await work({ url: url.href, database, close: database.close })
  } finally {
    await database.close()
  }
}

async function answersOf({ database }: TestDatabase, events: readonly Event[]): Promise<RecordedAnswers> {
  for (const topic of readModel.reads) {
    const placed = events
      .filter(event => topicOfEvent(event) === topic)
      .map((event, place) => ({ event, position: { topic, partition: 0, nextOffset: BigInt(place + 1) } }))
    await database.transact(tx => applyTo(tx, readModel, placed), never)
  }
  const all = { instanceId: 'shop', limit: 200 }
  const lists = {
    messages: await listMessages(database, all),
    chats: await listChats(database, all),
    contacts: await listContacts(database, all),
    media: await listMedia(database, all),
  }
  for (const [name, { nextCursor }] of Object.entries(lists))
    if (nextCursor !== null) throw new Error(`reading ${name}: expected one page`)
  return JSON.parse(JSON.stringify(Object.fromEntries(Object.entries(lists).map(([name, { data }]) => [name, data]))))
}

async function releasedOf(test: TestDatabase, events: readonly Event[]): Promise<readonly Event[]> {
  const stream = await openStream('recorded', test)
  await releaseAll(stream, endpoint, events)
  return stream.released
}

function demandEveryType(records: readonly Recorded[]): void {
  const types = new Set(records.map(({ record }) => record.headers['event-type']))
  const missing = eventTypes.filter(type => !types.has(type))
  if (missing.length > 0) throw new Error(`recording the log: neither the story nor a golden case brings ${missing.join(', ')}`)
}

async function keep(folder: string, records: readonly Recorded[], answers: RecordedAnswers): Promise<void> {
  const schemas = Object.fromEntries(
    records.map(({ record: { value, headers } }) => [
      Buffer.from(value ?? []).readUInt32BE(1),
      schemaNameOf(headers['event-type'] ?? ''),
    ]),
  )
  const lines = records.map(({ topic, record: { key, headers, value } }) =>
    JSON.stringify({ topic, key, headers, value: value === null ? null : Buffer.from(value).toString('base64') }),
  )
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'records.ndjson'), `${lines.join('\n')}\n`)
  await writeFile(join(folder, 'expected.json'), `${JSON.stringify({ schemas, endpoint, answers }, null, 1)}\n`)
}

const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
const count = await recordLog(fileURLToPath(new URL(version, import.meta.url)))
process.stdout.write(`${version}/log is kept, ${count} records\n`)
