// What a process keeps of its appends for its own consumers is within its bound in memory too, with the events that some of them have decoded.
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openCodec } from '../../src/events/codec.ts'
import { createRecentRecords } from '../../src/log/engine/recent-records.ts'
import type { NewRecord } from '../../src/log/log.ts'
import { liveBytes } from '../contracts/live-bytes.ts'
import { anEvent } from '../ground/events.ts'

const never = new AbortController().signal
const at = { topic: 'some', partition: 0 }
const limits = { maxRecords: 100, maxBytes: 10_000_000 }
const MAX_BYTES = 4 * 1024 ** 2

let ids = 0
const codec = await openCodec({ idOf: async () => ids++, schemaOf: async () => null }, never)

function encoded(given: Parameters<typeof anEvent<'message.received'>>[1]): NewRecord {
  const { key, value, headers, recordedAt } = codec.encode(anEvent('message.received', given))
  return { key, value, headers, recordedAt }
}

/** Buffers are given back a turn after their collection. */
async function settledBytes(): Promise<number> {
  liveBytes()
  await setImmediate()
  return liveBytes()
}

/** More than the bound: one consumer decodes each as it comes, one stands still. Answers what that takes, as shares of the bound. */
async function sharesHeld(record: NewRecord): Promise<number> {
  const recent = createRecentRecords({ maxBytes: MAX_BYTES })
  const [slow, fast] = [recent.follow({ ...at, nextOffset: 0n }), recent.follow({ ...at, nextOffset: 0n })]
  for (const follower of [slow, fast]) follower.moveTo(0n)
  const before = await settledBytes()
  const enough = Math.ceil((2 * MAX_BYTES) / (record.value?.byteLength ?? 1))
  for (let offset = 0; offset < enough; offset += 1) {
    recent.keep(at, BigInt(offset), [record])
    for (const { value, shared } of fast.take(limits)) await codec.decode(value, never, shared)
  }
  const held = (await settledBytes()) - before
  for (const follower of [slow, fast]) follower.close()
  return held / MAX_BYTES
}

test('messages of any length, decoded, take no more memory than the bound', async () => {
  const records = [encoded({ text: 'hi' }), encoded({ text: 'long '.repeat(4_000) }), encoded({ text: '世'.padEnd(20_000, 'x') })]
  for (const record of records) {
    const shares = await sharesHeld(record)
    expect(shares).toBeGreaterThan(0.5)
    expect(shares).toBeLessThan(1.25)
  }
})

test('what a sender made of thousands of small parts takes at most three times as much', async () => {
  for (const vcard of ['', 'a vcard that is short']) {
    const contacts = Array.from({ length: 5_000 }, () => ({ displayName: '', vcard }))
    expect(await sharesHeld(encoded({ kind: 'contact', contacts }))).toBeLessThan(3)
  }
})
