// Whatever a sender writes into WhatsApp's protobuf is one event, and there is a record for it.
import { proto } from '@whiskeysockets/baileys'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { messageFieldNumbers } from '../../src/convert/generated/message-field-numbers.ts'
import { unwrapMessage } from '../../src/convert/unwrap-message.ts'
import { type Codec, openCodec } from '../../src/events/codec.ts'
import type { Event } from '../../src/events/event.ts'
import { createRecordFitter } from '../../src/producers/gate/fit-record.ts'
import { createProducerMetrics } from '../../src/producers/producer-metrics.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { convertBytes, convertedOf } from '../ground/producers/convert-part.ts'
import { anyMessage, anyMessageWith } from '../ground/producers/kinds/any-message.ts'
import { createMemoryObjects } from '../ground/producers/memory-objects.ts'
import { never } from '../ground/producers/rig.ts'
import { lengthDelimited } from '../ground/producers/wire.ts'

const texts: { subject: string; text: string }[] = []
const codec: Codec = await openCodec(
  { idOf: async schema => texts.push(schema), schemaOf: async id => texts[id - 1] ?? null },
  never,
)
const fitter = createRecordFitter({
  codec,
  objects: createMemoryObjects(),
  rawInlineBytes: 10_000,
  maxRecordBytes: 1_000_000,
  objectTimeoutMs: 1_000,
  logger: collectLogLines(),
  metrics: createProducerMetrics(createMetrics({ processMetrics: false })),
})

type Converted = ReturnType<typeof convertBytes>[number]

/** Its record, decoded: what is too large for one is `unknown`. */
async function recorded(draft: Converted): Promise<Event | null> {
  const event = { ...draft, eventId: draft.eventId ?? '', epoch: 1, sequence: 1, recordedAt: 1_700_000_005_000 } as Event
  return codec.decode((await fitter.fit(event, never)).value, never)
}

const maxInteractiveBytes = 64 * 1024

async function expectOneEvent(bytes: Uint8Array): Promise<void> {
  const drafts = convertBytes(bytes)
  expect(drafts.length).toBeLessThanOrEqual(1)
  for (const draft of drafts) {
    expect((await recorded(draft))?.type).toBe(draft.type)
    if ('interactive' in draft && draft.interactive != null) {
      expect(Buffer.byteLength(draft.interactive)).toBeLessThanOrEqual(maxInteractiveBytes)
      expect(typeof JSON.parse(draft.interactive)).toBe('object')
    }
  }
}

test('[B1] any fields of a message, however nested and whatever is in them, are one event whose record fits', async () => {
  await fc.assert(fc.asyncProperty(anyMessage, expectOneEvent), { numRuns: 500 })
})

test.each(messageFieldNumbers)('[B1] the field %s is one event at most, whatever is in it', async (_name, number) => {
  await fc.assert(fc.asyncProperty(anyMessageWith(number), expectOneEvent), { numRuns: 25 })
  const anyBytes = fc.uint8Array({ maxLength: 60 }).map(bytes => lengthDelimited(number, bytes))
  await fc.assert(fc.asyncProperty(anyBytes, expectOneEvent), { numRuns: 10 })
})

test('[B1] 10,000 wrappers in each other, and a message that is its own wrapper, are unknown', () => {
  let plain: Buffer = Buffer.from(proto.Message.encode({ conversation: 'deep' }).finish())
  for (let depth = 0; depth < 10_000; depth++) plain = lengthDelimited(40, lengthDelimited(1, plain))
  expect(convertBytes(plain)).toMatchObject([{ type: 'unknown' }])
  let copies: Buffer = Buffer.from(proto.Message.encode({ conversation: 'deep' }).finish())
  for (let depth = 0; depth < 10_000; depth++) copies = lengthDelimited(31, lengthDelimited(2, copies))
  expect(convertBytes(copies)).toMatchObject([{ type: 'unknown' }])
  const circle: proto.IMessage = {}
  circle.viewOnceMessage = { message: circle }
  expect(unwrapMessage(circle).content).toBe(circle)
})

test('[B1] 100,000 options, rows, buttons or mentions are one event whose record fits', async () => {
  const many = <One>(one: One): One[] => Array.from({ length: 100_000 }, () => one)
  const long = 'é'.repeat(500)
  const messages: proto.IMessage[] = [
    { pollCreationMessageV3: { name: 'p', options: many({ optionName: 'o' }) } },
    { pollResultSnapshotMessage: { name: 'p', pollVotes: many({ optionName: 'o', optionVoteCount: 1 }) } },
    { listMessage: { title: 'l', sections: [{ rows: many({ rowId: '1', title: 't' }) }] } },
    { buttonsMessage: { contentText: 'b', buttons: many({ buttonId: '1' }) } },
    { listMessage: { title: long, sections: Array(300).fill({ title: long, rows: Array(300).fill({ title: long }) }) } },
    {
      interactiveMessage: {
        carouselMessage: {
          cards: Array(40).fill({ nativeFlowMessage: { buttons: Array(40).fill({ name: long, buttonParamsJson: long }) } }),
        },
      },
    },
    { extendedTextMessage: { text: 't', contextInfo: { mentionedJid: many('1@lid') } } },
    { contactsArrayMessage: { contacts: many({ displayName: 'c' }) } },
  ]
  for (const message of messages) {
    const [draft, ...others] = convertedOf(message)
    expect(others).toEqual([])
    if (draft === undefined) throw new Error('no event')
    expect(['message.received', 'unknown']).toContain((await recorded(draft))?.type)
    const interactive = 'interactive' in draft ? draft.interactive : null
    if (interactive != null) {
      expect(Buffer.byteLength(interactive)).toBeLessThanOrEqual(maxInteractiveBytes)
      expect(JSON.parse(interactive)).toMatchObject({ cut: true })
    }
  }
})

test('[B1] the greatest length that a number holds exactly is one too great for a record, and no reason to know nothing of a file', async () => {
  const length = Buffer.from('ffffffffffffff0f', 'hex')
  await expectOneEvent(lengthDelimited(7, Buffer.concat([Buffer.of(0x28), length])))
})
