// Ids of the stream are short and come back as what they were, whatever the offsets; and topics apart are asked for by name alone.
import { expect, test } from 'vitest'
import { matches, type StreamFilter, topicsOf } from '../../src/api/stream/stream-filter.ts'
import { isNotAhead, parsePlace, placeToken } from '../../src/api/stream/stream-place.ts'
import type { TopicName } from '../../src/events/topics.ts'
import { anEvent } from '../ground/events.ts'

const common: readonly TopicName[] = ['events', 'media-stored', 'media-failed']
const place = (partitions: number, offset: (partition: number) => bigint, topics = common) =>
  new Map(topics.map(topic => [topic, Array.from({ length: partitions }, (_, partition) => offset(partition))]))

test('[J1] [L] an id comes back as it was, and has under 2 KiB with 24 partitions of any size', () => {
  for (const offset of [0n, 1n, 127n, 128n, 16_383n, 16_384n, 2n ** 31n, 2n ** 62n - 1n])
    for (const partitions of [1, 2, 24]) {
      const at = place(partitions, partition => (offset > BigInt(partition) ? offset - BigInt(partition) : offset))
      const token = placeToken(at)
      expect(token?.length).toBeLessThan(2048)
      expect(parsePlace(token ?? '')).toEqual(at)
    }
  expect(placeToken(place(100, () => 2n ** 27n))?.length).toBeLessThan(2048)
})

test('[J1] [L] an id that would not fit into a request is left out, and what is none is known as such', () => {
  expect(placeToken(place(1024, () => 2n ** 40n))).toBeNull()
  const token = placeToken(place(2, () => 300n)) ?? ''
  const bytes = [...Buffer.from(token, 'base64url')]
  const encoded = (those: readonly number[]) => Buffer.from(those).toString('base64url')
  for (let length = 0; length < bytes.length; length += 1) {
    const parsed = parsePlace(encoded(bytes.slice(0, length)))
    expect([length, parsed === null || parsed.size < 3]).toEqual([length, true])
  }
  const wrong = [
    '',
    'a b',
    `${token}=`,
    encoded([2, ...bytes.slice(1)]),
    encoded([1, 0, 1, ...Array(10).fill(0xff)]),
    encoded([1, 99, 1, 0]),
  ]
  for (const one of [...wrong, encoded([...bytes, ...bytes.slice(1)]), 'A'.repeat(8_001)])
    expect([one, parsePlace(one)]).toEqual([one, null])
})

test('[J1] a place is not ahead of another where none of its partitions is', () => {
  const at = (...offsets: bigint[]) => new Map<TopicName, bigint[]>([['events', offsets]])
  expect(isNotAhead(at(1n, 2n), at(1n, 2n))).toBe(true)
  expect(isNotAhead(at(1n, 2n), at(5n, 2n))).toBe(true)
  expect(isNotAhead(at(1n, 3n), at(5n, 2n))).toBe(false)
})

test('[J1] [L] presence and heartbeats are streamed to who asks for them by name, never for a pattern', () => {
  const asking = (...types: string[]): StreamFilter => ({ instanceIds: null, types, chatId: null })
  const presence = anEvent('presence.updated')
  expect(topicsOf({ instanceIds: null, types: null, chatId: null })).toEqual(common)
  expect(topicsOf(asking('*'))).toEqual(common)
  expect(topicsOf(asking('message.*', 'presence.updated'))).toEqual([...common, 'presence'])
  expect(topicsOf(asking('instance.heartbeat'))).toEqual([...common, 'heartbeats'])
  expect(matches(asking('*'), presence)).toBe(false)
  expect(matches(asking('presence.*'), presence)).toBe(false)
  expect(matches(asking('presence.updated'), presence)).toBe(true)
  expect(matches(asking('*'), anEvent('message.received'))).toBe(true)
})

test('[J1] [B6] history is streamed to who asks for it by name; what a pattern means is what happens', () => {
  const asking = (...types: string[]): StreamFilter => ({ instanceIds: null, types, chatId: null })
  const past = anEvent('message.history')
  const contact = anEvent('contact.updated', { origin: 'history' })
  expect(topicsOf(asking('message.*'))).toEqual(common)
  expect(topicsOf(asking('message.history'))).toEqual([...common, 'history'])
  expect([past, contact].filter(event => matches(asking('*', 'message.*', 'contact.*'), event))).toEqual([])
  expect([past, contact].filter(event => matches(asking('message.history'), event))).toEqual([past])
  const told = anEvent('contact.updated', { origin: 'change' })
  const both = asking('contact.updated', 'message.history')
  expect([past, contact, told].filter(event => matches(both, event))).toEqual([past, told])
  const place = new Map<TopicName, bigint[]>([['history', [7n]]])
  expect(parsePlace(placeToken(place) ?? '')).toEqual(place)
})
