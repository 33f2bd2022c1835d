// One reader of a partition of Kafka: what it says of itself decides what its broker is asked, and it hands out what was fetched once, in order.
import { expect, test } from 'vitest'
import { createRecentRecords } from '../../src/log/engine/recent-records.ts'
import { FED_MS } from '../../src/log/kafka/fetch-plan.ts'
import { createKafkaReader } from '../../src/log/kafka/reader.ts'
import { LogError, type LogRecord } from '../../src/log/log.ts'
import { aRecord, textOf } from '../contracts/log-ground.ts'

const at = { topic: 'some', partition: 0 }
const limits = { maxRecords: 100, maxBytes: 10_000_000 }
const never = new AbortController().signal
/** After which one that has taken nothing keeps no broker from waiting. */
const STANDS_STILL_MS = 1_000
/** What is in hand beyond this is taken before more is asked for. */
const ENOUGH_BYTES = 256 * 1024

const recordsFrom = (offset: bigint, values: readonly string[]): LogRecord[] =>
  values.map((value, nth) => ({ ...at, offset: offset + BigInt(nth), ...aRecord('one', value) }))

/** From offset 0 on, beside what this process appends. */
function open() {
  const recent = createRecentRecords({ maxBytes: 1_000_000 })
  const happened = { changed: 0, closed: 0 }
  const events = { changed: () => void happened.changed++, closed: () => void happened.closed++ }
  const reader = createKafkaReader({ ...at, nextOffset: 0n }, recent, events)
  const fetched = (fromOffset: bigint, values: readonly string[], endOffset: bigint) => {
    const records = recordsFrom(fromOffset, values)
    reader.take({ ...at, fromOffset, nextOffset: fromOffset + BigInt(values.length), endOffset, records })
  }
  const next = async (of = limits) => (await reader.next(of, never)).records.map(textOf).join(' ')
  const standing = (inMs = 0) => reader.standing(performance.now() + inMs)
  return { recent, happened, reader, fetched, next, standing }
}

test('a reader is at its end only once its broker has said so, and not any more once an append of this process ends behind it', () => {
  const { recent, happened, fetched, standing } = open()
  expect(standing()).toMatchObject({ wants: true, isAtEnd: false })
  fetched(0n, ['a'], 1n)
  expect(standing()).toMatchObject({ wants: true, isAtEnd: true })
  // Behind a record of somebody else.
  recent.keep(at, 2n, [aRecord('one', 'c')])
  expect([standing().isAtEnd, happened.changed]).toEqual([false, 1])
  fetched(1n, [], 3n)
  expect(standing()).toMatchObject({ wants: true, isAtEnd: false })
  fetched(1n, ['b', 'c'], 3n)
  expect(standing().isAtEnd).toBe(true)
})

test('[D2] an end that appends tell out of order is the latest of them; only the broker says an earlier one', () => {
  const { recent, fetched, standing } = open()
  fetched(0n, ['a'], 1n)
  recent.keep(at, 3n, [aRecord('one', 'd')])
  recent.keep(at, 0n, [aRecord('one', 'a')])
  expect(standing().isAtEnd).toBe(false)
  fetched(1n, [], 1n)
  expect(standing().isAtEnd).toBe(true)
})

test('[B2] an answer for another place than the one it has reached, as of a fetch that memory overtook, is dropped', async () => {
  const { recent, fetched, next, reader } = open()
  fetched(0n, ['a'], 1n)
  recent.keep(at, 1n, [aRecord('one', 'b')])
  expect([await next(), await next()]).toEqual(['a', 'b'])
  fetched(1n, ['b', 'c'], 3n)
  expect(reader.position().nextOffset).toBe(2n)
  fetched(2n, ['c'], 3n)
  expect(await next()).toBe('c')
})

test('[B2] [D2] an answer that reaches behind the end that it names, read before its records, lets nothing be handed out twice or under other offsets', async () => {
  const { recent, fetched, next, reader, standing } = open()
  fetched(0n, ['a'], 1n)
  fetched(1n, ['b', 'c'], 2n)
  recent.keep(at, 1n, [aRecord('one', 'b'), aRecord('one', 'c')])
  expect(await next()).toBe('a b c')
  expect(standing()).toMatchObject({ wants: true, isFed: false })
  fetched(3n, ['d'], 4n)
  expect(await next()).toBe('d')
  recent.keep(at, 4n, [aRecord('one', 'e')])
  expect(await next()).toBe('e')
  expect(reader.position().nextOffset).toBe(5n)
})

test('what memory has next is not asked for, and a moment after it was taken from there the reader counts as fed', async () => {
  const { recent, fetched, next, standing } = open()
  fetched(0n, ['a'], 1n)
  recent.keep(at, 1n, [aRecord('one', 'b')])
  expect(standing()).toMatchObject({ wants: false, isFed: true })
  await next()
  await next()
  expect(standing()).toMatchObject({ wants: true, isAtEnd: true, isFed: true })
  expect(standing(FED_MS)).toMatchObject({ wants: true, isFed: false })
})

test('[D2] behind the end that others may read nothing is taken from memory, until the broker answers for that place', () => {
  const { recent, fetched, reader, standing } = open()
  recent.keep(at, 1n, [aRecord('one', 'b')])
  // A transaction of others is open there.
  reader.take({ ...at, fromOffset: 0n, nextOffset: 1n, endOffset: 0n, records: [] })
  expect(standing()).toMatchObject({ wants: true, isFed: false })
  fetched(1n, [], 2n)
  expect(standing()).toMatchObject({ wants: false, isFed: true })
})

test('[H5] one that takes nothing for a second keeps nobody waiting, and does again from its next record on', async () => {
  const { fetched, next, reader, standing } = open()
  fetched(0n, ['a', 'b'], 2n)
  const secondLaterMs = performance.now() + STANDS_STILL_MS
  const isTaking = () => reader.standing(secondLaterMs).isTaking
  expect([standing().isTaking, isTaking()]).toEqual([true, false])
  await next({ ...limits, maxRecords: 1 })
  expect(isTaking()).toBe(true)
})

test('with enough in hand it asks for nothing more until that is taken', async () => {
  const { happened, fetched, next, standing } = open()
  const large = 'x'.repeat(ENOUGH_BYTES)
  fetched(0n, [large, 'b'], 9n)
  expect(standing()).toMatchObject({ wants: false, isAtEnd: false, isFed: false })
  expect(await next({ ...limits, maxBytes: 1 })).toBe(large)
  expect([standing().wants, happened.changed]).toEqual([true, 1])
  expect(await next()).toBe('b')
})

test('[B2] one that failed hands out what was fetched before, then the failure, and wants and takes nothing more', async () => {
  const { fetched, next, reader, standing } = open()
  fetched(0n, ['a'], 1n)
  reader.fail(new LogError('denied', 'reading some/0: denied'))
  fetched(1n, ['b'], 2n)
  expect(standing()).toMatchObject({ wants: false, isFed: false, isTaking: false })
  expect(await next()).toBe('a')
  await expect(next()).rejects.toMatchObject({ code: 'denied' })
})

test('one that is closed says so once, wakes who waits, and wants nothing', async () => {
  const { happened, next, reader, standing } = open()
  const waiting = next()
  reader.close()
  await expect(waiting).rejects.toMatchObject({ code: 'aborted' })
  expect(standing()).toMatchObject({ wants: false, isTaking: false })
  expect(happened.closed).toBe(1)
})
