// Whatever an event holds, there is a record for it: the last form depends on nothing that a sender wrote.
import { BufferJSON } from '@whiskeysockets/baileys'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { type Codec, openCodec } from '../../src/events/codec.ts'
import { envelope } from '../../src/events/envelope.ts'
import { type Event, eventTypes } from '../../src/events/event.ts'
import { asUnknown, createRecordFitter, type RecordFitter } from '../../src/producers/gate/fit-record.ts'
import { createProducerMetrics } from '../../src/producers/producer-metrics.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { createMemoryObjects } from '../ground/producers/memory-objects.ts'
import { never } from '../ground/producers/rig.ts'

let codec: Codec
let fitter: RecordFitter
beforeAll(async () => {
  const texts: { subject: string; text: string }[] = []
  codec = await openCodec({ idOf: async schema => texts.push(schema), schemaOf: async id => texts[id - 1] ?? null }, never)
  fitter = createRecordFitter({
    codec,
    objects: createMemoryObjects(),
    rawInlineBytes: 10_000,
    maxRecordBytes: 100_000,
    objectTimeoutMs: 1_000,
    logger: collectLogLines(),
    metrics: createProducerMetrics(createMetrics({ processMetrics: false })),
  })
})

const sound = {
  eventId: '0123456789abcdef0123456789abcdef',
  type: 'message.received',
  instanceId: 'first',
  epoch: 3,
  sequence: 9,
  occurredAt: 1_700_000_000_000,
  recordedAt: 1_800_000_000_000,
  chatId: '200@lid',
  raw: Buffer.from('the stanza'),
  kind: 'text',
  isGroup: false,
  text: 'hello',
} as const satisfies Event
const eventOf = (fields: object) => ({ ...sound, ...fields }) as unknown as Event

const anything = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withTypedArray: true }),
  fc.constantFrom(
    Number.MAX_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER * 1_000,
    -1e300,
    Number.NaN,
    0.5,
    '\ud800',
    '\0',
    'x'.repeat(3_000),
  ),
)
/** Any of the schema's own fields may be anything at all. */
const anyEnvelope = fc.record(Object.fromEntries(Object.keys(envelope).map(name => [name, anything])), { requiredKeys: [] })
const anyEvent = fc
  .tuple(
    anyEnvelope,
    fc.constantFrom(...eventTypes),
    fc.dictionary(fc.constantFrom('kind', 'text', 'media', 'messageIds', 'name'), anything),
  )
  .map(([fields, type, body]) => eventOf({ type, ...body, ...fields }))

test('[B1] an event has a record whatever any field of its envelope, or of its body, holds', async () => {
  await fc.assert(
    fc.asyncProperty(anyEvent, async event => {
      const record = await fitter.fit(event, never)
      const decoded = await codec.decode(record.value, never)
      expect(decoded?.type === event.type || decoded?.type === 'unknown').toBe(true)
      const lastly = await codec.decode((await fitter.last(event, { isTooLarge: false }, never)).value, never)
      expect(lastly?.type).toBe('unknown')
    }),
    { numRuns: 200 },
  )
})

test.each(Object.keys(envelope).filter(name => !['eventId', 'instanceId', 'epoch', 'sequence', 'type', 'raw'].includes(name)))(
  '[B1] [B3] an envelope whose %s no schema takes loses that field alone: id, place and raw bytes stay',
  async name => {
    const { sequence, epoch, eventId, instanceId, raw } = sound
    for (const wrong of [Number.MAX_SAFE_INTEGER * 1_000, Symbol('none'), () => 1, Number.NaN, { key: 1 }]) {
      const record = await fitter.fit(eventOf({ [name]: wrong }), never)
      const decoded = await codec.decode(record.value, never)
      expect(decoded).toMatchObject({ eventId, instanceId, epoch, sequence })
      expect(decoded?.raw?.equals(raw)).toBe(true)
    }
  },
)

test('[B1] a time that no schema takes becomes the time of recording, and the event stays what it is', async () => {
  for (const occurredAt of [9_007_199_254_740_991 * 1_000, 9e15, Number.NaN, 1.5]) {
    const record = await fitter.fit(eventOf({ occurredAt }), never)
    expect(await codec.decode(record.value, never)).toMatchObject({
      type: 'message.received',
      text: 'hello',
      occurredAt: sound.recordedAt,
    })
  }
})

test('[B1] [I2] what the envelope could not hold is said in the payload, shortened', async () => {
  const event = asUnknown(eventOf({ messageId: 'm'.repeat(90_000), fromMe: 'perhaps' }), 'not encodable')
  expect(event).toMatchObject({
    type: 'unknown',
    name: 'message.received: not encodable',
    messageId: 'm'.repeat(512),
    fromMe: null,
  })
  const { payload } = event as Extract<Event, { type: 'unknown' }>
  expect(payload).toHaveLength(1_024)
  expect(payload).toContain('mmm')
})

test('[B1] an event without raw bytes becomes its own: nothing of it is lost', async () => {
  const event = eventOf({ raw: null, kind: 7, text: 'kept all the same', sequenceOfItself: 5n })
  const decoded = await codec.decode((await fitter.fit(event, never)).value, never)
  expect(decoded).toMatchObject({ type: 'unknown', name: 'message.received: not encodable' })
  expect(JSON.parse(String(decoded?.raw), BufferJSON.reviver)).toMatchObject({
    kind: 7,
    text: 'kept all the same',
    sequenceOfItself: '5',
  })
})
