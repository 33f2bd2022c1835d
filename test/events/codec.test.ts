import avro from 'avsc'
import { describe, expect, test } from 'vitest'
import { openCodec } from '../../src/events/codec.ts'
import { type Event, eventTypes } from '../../src/events/event.ts'

const signal = new AbortController().signal
const received: Event = {
  eventId: '0123456789abcdef0123456789abcdef',
  type: 'message.received',
  instanceId: 'shop',
  epoch: 3,
  sequence: 14,
  occurredAt: 1_700_000_000_000,
  recordedAt: 1_700_000_000_123,
  chatId: '200000000000001@lid',
  chatPn: '5511900000001@s.whatsapp.net',
  messageId: '3EB0A1',
  fromMe: false,
  raw: Buffer.from([10, 2, 104, 105]),
  kind: 'text',
  isGroup: false,
  text: 'olá 👋',
}

/** A registry of this test: ids in order of asking. */
function openRegistry() {
  const texts: { subject: string; text: string }[] = []
  return {
    texts,
    idOf: async (schema: { subject: string; text: string }) => texts.push(schema) - 1 + 1000,
    schemaOf: async (id: number) => texts[id - 1000] ?? null,
  }
}

describe('records', () => {
  test('[B5] are in Confluent wire format: 0x00, the schema id, Avro that any reader of that schema decodes', async () => {
    const registry = openRegistry()
    const codec = await openCodec(registry, signal)
    const { value } = codec.encode(received)
    expect(value[0]).toBe(0)
    const schema = registry.texts[value.readInt32BE(1) - 1000]
    expect(schema?.subject).toBe('zaplog.events.MessageReceived')
    const decoded = avro.Type.forSchema(JSON.parse(schema?.text ?? '')).fromBuffer(value.subarray(5))
    expect(decoded).toMatchObject({ eventId: received.eventId, text: 'olá 👋', sequence: 14 })
  })

  test('[B4] carry key and headers as the contract says', async () => {
    const { key, headers, recordedAt } = (await openCodec(openRegistry(), signal)).encode(received)
    expect({ key, headers, recordedAt }).toEqual({
      key: 'shop',
      headers: {
        'event-id': received.eventId,
        'event-type': 'message.received',
        'instance-id': 'shop',
        epoch: '3',
      },
      recordedAt: received.recordedAt,
    })
  })

  test('[B5] come back lossless, raw bytes included', async () => {
    const codec = await openCodec(openRegistry(), signal)
    const decoded = await codec.decode(codec.encode(received).value, signal)
    expect(decoded).toMatchObject(received)
  })

  test('that others are handed too are decoded once: all get the same event, and nobody can change it', async () => {
    const codec = await openCodec(openRegistry(), signal)
    const { value } = codec.encode(received)
    const shared = {}
    const first = await codec.decode(value, signal, shared)
    expect(first).toEqual(await codec.decode(value, signal))
    // Once decoded, the bytes are not looked at again.
    expect(await codec.decode(Buffer.alloc(0), signal, shared)).toBe(first)
    expect(await codec.decode(value, signal)).not.toBe(first)
    expect(() => Object.assign(first ?? {}, { text: 'changed' })).toThrow(TypeError)
    const located = codec.encode({ ...received, kind: 'location', location: { latitude: 1, longitude: 2 } })
    const event = await codec.decode(located.value, signal, {})
    const parts = Object.values(event ?? {}).filter(part => typeof part === 'object' && part !== null && !Buffer.isBuffer(part))
    expect(parts.map(Object.isFrozen)).toEqual([true])
  })

  test('whose event is much larger than their bytes are decoded for each, so that nobody keeps it for another', async () => {
    const codec = await openCodec(openRegistry(), signal)
    const contacts = Array.from({ length: 1000 }, () => ({ displayName: '', vcard: '' }))
    const { value } = codec.encode({ ...received, kind: 'contact', contacts })
    const shared = {}
    const first = await codec.decode(value, signal, shared)
    expect(first).toMatchObject({ contacts })
    expect(shared).toEqual({})
    expect(await codec.decode(value, signal, shared)).toEqual(first)
  })

  test('[B5] written by an older version are read with what it did not know as null', async () => {
    const registry = openRegistry()
    const older = { type: 'record', name: 'MessageReacted', namespace: 'zaplog.events', fields: [] as unknown[] }
    for (const name of ['eventId', 'type', 'instanceId', 'targetMessageId', 'emoji']) older.fields.push({ name, type: 'string' })
    for (const name of ['epoch', 'sequence', 'occurredAt', 'recordedAt']) older.fields.push({ name, type: 'long' })
    older.fields.push({ name: 'isGroup', type: 'boolean' })
    const codec = await openCodec(registry, signal)
    const id = await registry.idOf({ subject: 'zaplog.events.MessageReacted', text: JSON.stringify(older) })
    const body = avro.Type.forSchema(older as avro.Schema).toBuffer({
      ...{ eventId: 'e', type: 'message.reacted', instanceId: 'shop', targetMessageId: 'T', emoji: '👍' },
      ...{ epoch: 1, sequence: 1, occurredAt: 1, recordedAt: 1, isGroup: false },
    })
    const head = Buffer.alloc(5)
    head.writeInt32BE(id, 1)
    expect(await codec.decode(Buffer.concat([head, body]), signal)).toMatchObject({ emoji: '👍', chatId: null })
  })

  test('[B5] [H9] written by a newer version are read without what this one does not know', async () => {
    const registry = openRegistry()
    const codec = await openCodec(registry, signal)
    const { value } = codec.encode(received)
    const ours = JSON.parse(registry.texts.find(({ subject }) => subject === 'zaplog.events.MessageReceived')?.text ?? '{}')
    const newer = { ...ours, fields: [...ours.fields, { name: 'mood', type: ['null', 'string'], default: null }] }
    const id = await registry.idOf({ subject: 'zaplog.events.MessageReceived', text: JSON.stringify(newer) })
    const schemaOf = (schema: object) => avro.Type.forSchema(schema as avro.Schema, { registry: {} })
    const body = schemaOf(newer).toBuffer({ ...schemaOf(ours).fromBuffer(value.subarray(5)), mood: 'fine' })
    const head = Buffer.alloc(5)
    head.writeInt32BE(id, 1)
    expect(await codec.decode(Buffer.concat([head, body]), signal)).toEqual(await codec.decode(value, signal))
  })

  test('[B5] of an event type of a newer version are passed over, not refused', async () => {
    const registry = openRegistry()
    const codec = await openCodec(registry, signal)
    const newer = {
      type: 'record' as const,
      name: 'SomethingNew',
      namespace: 'zaplog.events',
      fields: [{ name: 'eventId', type: 'string' }],
    }
    const id = await registry.idOf({ subject: 'zaplog.events.SomethingNew', text: JSON.stringify(newer) })
    const head = Buffer.alloc(5)
    head.writeInt32BE(id, 1)
    expect(await codec.decode(Buffer.concat([head, avro.Type.forSchema(newer).toBuffer({ eventId: 'x' })]), signal)).toBeNull()
  })

  test('[B5] [H9] under an id that a registry gave to another schema anew are refused, and not read as that, however alike both are', async () => {
    const registry = openRegistry()
    const codec = await openCodec(registry, signal)
    const { value } = codec.encode(received)
    const sent = registry.texts.find(({ subject }) => subject === 'zaplog.events.MessageSent') ?? { subject: '', text: '' }
    for (const id of [codec.schemaId('message.sent'), await registry.idOf(sent)]) {
      value.writeInt32BE(id, 1)
      await expect(codec.decode(value, signal)).rejects.toMatchObject({
        code: 'not-decodable',
        message: expect.stringContaining('expected an event of message.sent, got message.received'),
      })
    }
  })

  test('[I3] that do not decode are refused, saying what came', async () => {
    const codec = await openCodec(openRegistry(), signal)
    await expect(codec.decode(null, signal)).rejects.toMatchObject({
      code: 'not-decodable',
      message: expect.stringContaining('tombstone'),
    })
    await expect(codec.decode(Buffer.from('{"a":1}'), signal)).rejects.toMatchObject({
      code: 'not-decodable',
      message: expect.stringContaining('0x00'),
    })
    await expect(codec.decode(Buffer.from([0, 0, 0, 0, 9, 1]), signal)).rejects.toMatchObject({
      message: expect.stringContaining('no schema 9'),
    })
    const cut = codec.encode(received).value.subarray(0, 20)
    await expect(codec.decode(cut, signal)).rejects.toMatchObject({ code: 'not-decodable' })
  })

  test('[B5] that cannot be encoded name the field', async () => {
    const codec = await openCodec(openRegistry(), signal)
    const broken = { ...received, isGroup: 'yes' } as unknown as Event
    expect(() => codec.encode(broken)).toThrow(/isGroup: expected "boolean", got string/)
  })

  test('[B5] have one schema per event type, each beginning with the envelope', async () => {
    const registry = openRegistry()
    await openCodec(registry, signal)
    expect(registry.texts).toHaveLength(eventTypes.length)
    for (const { text } of registry.texts) {
      const names = JSON.parse(text).fields.map((field: { name: string }) => field.name)
      expect(names.slice(0, 14).join(' ')).toBe(
        'eventId type instanceId epoch sequence occurredAt recordedAt chatId chatPn senderId senderPn messageId fromMe raw',
      )
    }
  })
})
