// Whatever a phone's history has in it, converting goes on, and what comes of it has a record.
import { proto } from '@whiskeysockets/baileys'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HistoryDraft } from '../../src/convert/history/history-context.ts'
import { type HistoryEntry, readHistory } from '../../src/convert/history/read-history.ts'
import { type Codec, openCodec } from '../../src/events/codec.ts'
import type { Event } from '../../src/events/event.ts'
import { converterOf, entryOf, infoOf, ownAddresses, toldAt } from '../ground/convert/past.ts'
import { allOf, piecesOf } from '../ground/convert/pieces.ts'
import { anyOf, nowAndThenCut } from '../ground/producers/kinds/any-message.ts'
import { never } from '../ground/producers/rig.ts'
import { lengthDelimited } from '../ground/producers/wire.ts'

const texts: { subject: string; text: string }[] = []
const codec: Codec = await openCodec(
  { idOf: async schema => texts.push(schema), schemaOf: async id => texts[id - 1] ?? null },
  never,
)

/** Its record, decoded. */
async function recorded(draft: HistoryDraft): Promise<Event | null> {
  const event = { ...draft, epoch: 1, sequence: 1, recordedAt: toldAt } as Event
  return codec.decode(codec.encode(event).value, never)
}

/** Twice the same, and nothing but what has a record. */
async function expectConverted(entry: HistoryEntry): Promise<readonly HistoryDraft[]> {
  const [first, again] = [converterOf(), converterOf()].map(converter => converter.convert(entry, 0))
  expect(again).toEqual(first)
  const { drafts, isUnreadable, passedOver } = first ?? { drafts: [], isUnreadable: true, passedOver: null }
  if (isUnreadable || passedOver !== null) expect(drafts).toEqual([])
  if (isUnreadable) expect(passedOver).not.toBeNull()
  for (const draft of drafts) {
    expect(await recorded(draft)).toMatchObject({ type: draft.type, eventId: draft.eventId, origin: 'history' })
    expect(draft.eventId).toMatch(/^[0-9a-f]{32}$/)
  }
  return drafts
}

const someId = fc.constantFrom('M', 'x'.repeat(70_000), '\0', '🎉')
const someJid = fc.constantFrom(
  ...['200@lid', '201:4@lid', '5511900000002@s.whatsapp.net', '5511900000002:9@c.us', '1203@g.us', 'status@broadcast'],
  ...['99@broadcast', '5@newsletter', '0@hosted.lid', 'nobody', '@', ''],
  ...Object.values(ownAddresses),
)
/** Most random fields are no key, and an entry without one is soon done. */
const anyKey = fc
  .record({ id: someId, remoteJid: someJid, participant: fc.option(someJid), fromMe: fc.boolean() })
  .map(key => lengthDelimited(1, proto.MessageKey.encode(key).finish()))

test('[B6] any fields of an entry, whatever is in them, are an event that has a record, or are passed over by name', async () => {
  const anyEntry = fc.tuple(nowAndThenCut(anyOf('WebMessageInfo')), anyKey).map(parts => Buffer.concat(parts))
  const types = new Set<string>()
  await fc.assert(
    fc.asyncProperty(anyEntry, async bytes => {
      for (const { type } of await expectConverted(entryOf(bytes))) types.add(type)
    }),
    { numRuns: 600 },
  )
  expect([...types]).toEqual(['message.history'])
})

test('[B6] any bytes as an entry never throw', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async bytes => {
      await expectConverted(entryOf(bytes))
    }),
    { numRuns: 1_000 },
  )
})

test('[B6] any history is told: each event of it has a record, and the same one when it is read again', async () => {
  await fc.assert(
    fc.asyncProperty(nowAndThenCut(anyOf('HistorySync')), async bytes => {
      const entries = await allOf(readHistory(piecesOf(bytes))).catch(() => [])
      for (const entry of entries) await expectConverted(entry)
    }),
    { numRuns: 300 },
  )
})

const many = <One>(one: One): One[] => Array.from({ length: 100_000 }, () => one)
const key = { id: 'X', remoteJid: '1203@g.us', participant: '201@lid', fromMe: false }
const deep = (depth: number): Buffer => {
  let plain: Buffer = Buffer.from(proto.Message.encode({ conversation: 'deep' }).finish())
  for (let level = 0; level < depth; level++) plain = lengthDelimited(40, lengthDelimited(1, plain))
  return plain
}
const text = { conversation: 'oi' }

const oddities: readonly [string, proto.IWebMessageInfo][] = [
  ['100,000 options', infoOf({ pollCreationMessageV3: { name: 'p', options: many({ optionName: 'o' }) } })],
  ['100,000 reactions of one', { ...infoOf(text), reactions: many({ key, text: '👍' }) }],
  [
    '100,000 reactions of as many',
    { ...infoOf(text), reactions: many(0).map((_, index) => ({ key: { ...key, participant: `${index}@lid` }, text: '👍' })) },
  ],
  [
    '100,000 receipts',
    { ...infoOf(text), userReceipt: many(0).map((_, index) => ({ userJid: `${index}@lid`, readTimestamp: 1_700_000_000 })) },
  ],
  ['reactions without keys', { ...infoOf(text), reactions: [{ text: '👍' }, { key: {}, text: '👍' }] }],
  ['a vote without a choice', { ...infoOf(text), pollUpdates: [{}, { pollUpdateMessageKey: key }, { vote: {} }] }],
  ['an answer without words', { ...infoOf(text), eventResponses: [{}, { eventResponseMessageKey: key }] }],
  ['a pin without a time', { ...infoOf(text), pinInChat: { type: 1 } }],
  ['a pin of the year 0', { ...infoOf(text), pinInChat: { type: 1, senderTimestampMs: 1 } }],
  ['a receipt of the year 300,000', { ...infoOf(text), userReceipt: [{ userJid: '2@lid', readTimestamp: 9_404_640_000_000 }] }],
  ['a status that there is not', { ...infoOf(text, { key: { fromMe: true } }), status: 99 as proto.WebMessageInfo.Status }],
  ['a stub with 100,000 words', { ...infoOf(null), messageStubType: 27, messageStubParameters: many('200@lid') }],
  ['a secret of 1 byte', { ...infoOf(text), messageSecret: Buffer.of(1) }],
]

test.each(oddities)('[B6] %s are one event whose record holds', async (_title, info) => {
  expect(await expectConverted(entryOf(info))).toHaveLength(1)
})

test.each([
  '200@lid',
  '201:4@lid',
  '5511900000002@s.whatsapp.net',
  '1203@g.us',
  'status@broadcast',
  '99@broadcast',
  '5@newsletter',
  'nobody',
  '@',
])('[B6] a message in %s is one event, whoever wrote it and whatever is left out', async remoteJid => {
  for (const participant of [undefined, '201@lid', '5511900000003@s.whatsapp.net', 'nobody'])
    for (const fromMe of [true, false]) {
      const chatKey = { remoteJid, fromMe, ...(participant !== undefined && { participant }) }
      expect(await expectConverted(entryOf(infoOf(text, { key: chatKey })))).toHaveLength(1)
    }
})

test('[B6] wrappers in each other, 10,000 of them, are unreadable, and a few are taken off', async () => {
  const within = (message: Buffer) => Buffer.concat([entryOf(infoOf(null)).bytes, lengthDelimited(2, message)])
  expect(await expectConverted(entryOf(within(deep(3))))).toMatchObject([{ kind: 'text', text: 'deep' }])
  expect(await expectConverted(entryOf(within(deep(10_000))))).toEqual([])
})

test('[B6] no list of people is longer than the largest group', async () => {
  const reactions = many(0).map((_, index) => ({ key: { ...key, participant: `${index}@lid` }, text: '👍' }))
  const [draft] = await expectConverted(entryOf({ ...infoOf(text), reactions }))
  expect(draft?.type === 'message.history' ? draft.reactions?.length : null).toBe(2_048)
  const participant = many(0).map((_, index) => ({ userJid: `${index}@lid` }))
  const told = { id: '1203@g.us', name: 'Turma', participant }
  const [group] = await expectConverted({ kind: 'conversation', conversation: told, messages: 0 })
  expect(group).toMatchObject({ type: 'group.updated', subject: 'Turma', participants: null })
})
