// Guarantee: the logs that earlier versions wrote, on embedded parts and on Kafka, are read, projected and gone on with by this one, and
// webhooks of them say what they said. The logs are in <version>/log and <version>/external.
import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Codec, openCodec } from '../../src/events/codec.ts'
import { type Event, eventTypes } from '../../src/events/event.ts'
import { topicOfEvent } from '../../src/events/topics.ts'
import { listChats, listContacts, listMedia, listMessages } from '../../src/projections/read-model/queries.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { anEvent } from '../ground/events.ts'
import { never, openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'
import { openStream } from '../ground/webhooks/open-stream.ts'
import type { Item } from './outside.ts'
import { type RecordedLog, type RecordedRecord, readKafkaLog, readRecordedLog, releaseAll } from './recorded-log.ts'

const folders = readdirSync(fileURLToPath(new URL('.', import.meta.url)), { withFileTypes: true })
const versions = folders.filter(entry => entry.isDirectory()).map(({ name }) => name)

describe.each(versions)('the log of %s', version => {
  const recorded = readRecordedLog(version)
  let dsl: ProjectionDsl
  beforeAll(async () => {
    dsl = await openProjectionDsl(`recorded log ${version}`, readModel, { tables: readModelTables })
  })
  afterAll(() => dsl.close())

  test('[B5] has every type that the version wrote', () => {
    const types = new Set(recorded.records.map(({ headers }) => headers['event-type']))
    expect([...types].toSorted()).toEqual(
      typesOf(version)
        .filter(type => !withoutWriter[version]?.includes(type))
        .toSorted(),
    )
    expect(recorded.records.length).toBeGreaterThan(200)
  })

  test('[B5] [B7] each record decodes to the event that its headers name, on embedded parts and on Kafka', async () => {
    for (const { records, registry } of [recorded, await readKafkaLog(version)]) {
      const codec = await openCodec(registry, never)
      for (const record of records) {
        const event = await codec.decode(record.value, never)
        const { 'event-id': eventId, 'event-type': type, 'instance-id': instanceId, epoch } = record.headers
        expect(event).toMatchObject({ eventId, type, instanceId, epoch: Number(epoch) })
        // copied whole to another topic, letters keep what they were
        if (record.topic !== 'dead-letters') expect(event && topicOfEvent(event)).toBe(record.topic)
      }
    }
  })

  test('[D1] [D3] it is projected: whatever the version answered is answered, field by field', async () => {
    const world = await dsl.freshWorld()
    await world.append(await projectedEvents(recorded))
    await world.projectAll()
    const { database } = dsl.test
    expect(await database.query('select * from projection_quarantine')).toEqual([])
    const all = { instanceId: 'shop', limit: 200 }
    const now = {
      messages: byId(await listMessages(database, all), 'eventId'),
      chats: byId(await listChats(database, all), 'chatId'),
      contacts: byId(await listContacts(database, all), 'contactId'),
      media: byId(await listMedia(database, all), 'eventId'),
    }
    const { messages, chats, contacts, media } = recorded.answers
    for (const item of messages) expect(now.messages.get(item.eventId)).toMatchObject(item)
    for (const { lastMessage: _, lastMessageAt: _at, ...item } of chats) expect(now.chats.get(item.chatId)).toMatchObject(item)
    for (const item of contacts) expect(now.contacts.get(item.contactId)).toMatchObject(item)
    for (const item of media) expect(now.media.get(item.eventId)).toMatchObject(item)
    expect([messages, chats, contacts, media].every(list => list.length > 0)).toBe(true)
  })

  test('[B5] [D2] it is gone on with: every type of this version is projected behind it', async () => {
    const world = await dsl.freshWorld()
    await world.append(await projectedEvents(recorded))
    await world.projectAll()
    const more = eventTypes.map(type => anEvent(type)).filter(event => readModel.reads.includes(topicOfEvent(event)))
    await world.append(more.filter(({ type }) => type !== 'instance.deleted'))
    await world.projectAll()
    expect(await dsl.test.database.query('select * from projection_quarantine')).toEqual([])
    const later = more.find(({ type }) => type === 'message.received')
    const { data } = await listMessages(dsl.test.database, { instanceId: 'shop', limit: 200 })
    expect(data.map(({ eventId }) => eventId)).toContain(later?.eventId)
  })

  test('[E1] [E3] webhooks of it say what the version said, byte for byte', async () => {
    const events = await decoded(recorded)
    const stream = await openStream(`recorded webhooks ${version}`)
    try {
      await releaseAll(stream, recorded.endpoint, events)
      const said = events.filter(event => event.type === 'delivery.released')
      const now = new Map(stream.released.map(one => [idOf(one), one]))
      expect(said.length).toBeGreaterThan(50)
      for (const one of said) expect(now.get(idOf(one))?.body, `${one.webhookType} ${idOf(one)}`).toBe(one.body)
      expect(now.size).toBe(said.length)
    } finally {
      await stream.close()
    }
  })
})

/** Every type that the version has a schema of. */
const typesOf = (version: string): readonly string[] =>
  readdirSync(fileURLToPath(new URL(`../../schemas/released/${version}`, import.meta.url))).map(name => basename(name, '.avsc'))

/** Of which a version had schemas and no writer. */
const withoutWriter: Readonly<Record<string, readonly string[]>> = { '0.1.0': ['media.refreshed', 'media.expired'] }

async function decoded({ records, registry }: RecordedLog): Promise<readonly Event[]> {
  const codec = await openCodec(registry, never)
  return Array.fromAsync(records.filter(isOriginal), record => decode(codec, record))
}

const projectedEvents = async (log: RecordedLog): Promise<readonly Event[]> =>
  (await decoded(log)).filter(event => readModel.reads.includes(topicOfEvent(event)))

const isOriginal = ({ topic }: RecordedRecord) => topic !== 'dead-letters'

async function decode(codec: Codec, { value }: RecordedRecord): Promise<Event> {
  const event = await codec.decode(value, never)
  if (event === null) throw new Error('expected an event of a type that this version knows')
  return event
}

/** As JSON, like the API's. */
const byId = ({ data }: { data: readonly object[] }, name: string) =>
  new Map((JSON.parse(JSON.stringify(data)) as Item[]).map(item => [item[name], item]))

/** Without the endpoint, which is another one here. */
const idOf = ({ deliveryId, webhookType }: Event & { type: 'delivery.released' }) =>
  `${deliveryId.slice(0, deliveryId.indexOf('_'))} ${webhookType}`
