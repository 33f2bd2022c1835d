// What a process appended is handed to its own readers from memory: in order, without a gap, within a bound, and never what the log would not answer.
import { expect, test } from 'vitest'
import { createRecentRecords } from '../../src/log/engine/recent-records.ts'
import type { LogRecord } from '../../src/log/log.ts'
import { aRecord, textOf } from '../contracts/log-ground.ts'

const at = { topic: 'some', partition: 0 }
const limits = { maxRecords: 100, maxBytes: 1_000_000 }
const letters = (values: string) => [...values].map(value => aRecord('one', value))
const said = (records: readonly LogRecord[]) => records.map(record => `${record.offset}${textOf(record)}`).join(' ')

function follow(maxBytes = 1_000_000) {
  const recent = createRecentRecords({ maxBytes })
  const ends: bigint[] = []
  const follower = recent.follow({ ...at, nextOffset: 0n }, end => void ends.push(end))
  follower.moveTo(0n)
  return { recent, follower, ends }
}

test('[B4] what was appended is taken once, in order, over appends that touch, and up to the first gap', () => {
  const { recent, follower, ends } = follow()
  recent.keep(at, 0n, letters('ab'))
  recent.keep(at, 2n, letters('c'))
  recent.keep(at, 4n, letters('e'))
  expect([said(follower.take(limits)), follower.has()]).toEqual(['0a 1b 2c', false])
  follower.moveTo(4n)
  expect([said(follower.take(limits)), said(follower.take(limits))]).toEqual(['4e', ''])
  expect(ends).toEqual([2n, 3n, 5n])
})

test('a place in the middle of an append is found, and limits hold but for one record', () => {
  const { recent, follower } = follow()
  recent.keep(at, 0n, letters('abcdef'))
  follower.moveTo(1n)
  expect(said(follower.take({ ...limits, maxRecords: 2 }))).toBe('1b 2c')
  expect(said(follower.take({ ...limits, maxBytes: 1 }))).toBe('3d')
  expect(said(follower.take(limits))).toBe('4e 5f')
})

test('[D2] nobody takes anything before the log has answered for their place', () => {
  const { recent } = follow()
  const fresh = recent.follow({ ...at, nextOffset: 0n })
  recent.keep(at, 0n, letters('a'))
  expect([fresh.has(), said(fresh.take(limits))]).toEqual([false, ''])
  fresh.moveTo(0n)
  expect([fresh.has(), said(fresh.take(limits))]).toEqual([true, '0a'])
})

test('[B4] appends side by side that are told of out of order take nothing away; what was told of late is in the log', () => {
  const { recent, follower } = follow()
  recent.keep(at, 3n, letters('de'))
  recent.keep(at, 6n, letters('g'))
  recent.keep(at, 5n, letters('f'))
  recent.keep(at, 0n, letters('abc'))
  expect([follower.has(), said(follower.take(limits))]).toEqual([false, ''])
  follower.moveTo(3n)
  expect(said(follower.take(limits))).toBe('3d 4e')
  follower.moveTo(6n)
  expect(said(follower.take(limits))).toBe('6g')
})

test('[D2] an append where one is already, or an end before it, means another log: everybody asks it again', () => {
  for (const another of ['append', 'late append', 'end']) {
    const { recent, follower } = follow()
    recent.keep(at, 5n, letters('abc'))
    if (another === 'late append') recent.keep(at, 9n, letters('z'))
    follower.moveTo(6n)
    if (another.endsWith('append')) recent.keep(at, 0n, letters('abcdefgh'))
    else recent.bound(at, { firstOffset: 0n, endOffset: 7n })
    expect([another, follower.has(), said(follower.take(limits))]).toEqual([another, false, ''])
  }
})

test('[B7] what the log trimmed is not handed out', () => {
  const { recent, follower } = follow()
  recent.keep(at, 0n, letters('ab'))
  recent.keep(at, 2n, letters('cd'))
  recent.bound(at, { firstOffset: 1n, endOffset: 4n })
  expect(said(follower.take(limits))).toBe('')
  follower.moveTo(2n)
  expect(said(follower.take(limits))).toBe('2c 3d')
})

test('the oldest of all partitions go where there is too much; a reader that stood still is sent to the log', () => {
  const { recent, follower } = follow(4_000)
  const other = { topic: 'some', partition: 1 }
  const beside = recent.follow({ ...other, nextOffset: 0n })
  beside.moveTo(0n)
  recent.keep(at, 0n, letters('a'))
  for (let offset = 0n; offset < 20n; offset += 1n) recent.keep(other, offset, letters('x'))
  expect([follower.has(), beside.has()]).toEqual([false, false])
  beside.moveTo(19n)
  expect(said(beside.take(limits))).toBe('19x')
})

test('what everybody has taken is gone, and what nobody follows is not kept', () => {
  const { recent, follower } = follow()
  const slow = recent.follow({ ...at, nextOffset: 0n })
  slow.moveTo(0n)
  recent.keep({ topic: 'other', partition: 0 }, 0n, letters('a'))
  recent.keep(at, 0n, letters('a'))
  follower.take(limits)
  expect(recent.topics()).toEqual(['some'])
  slow.close()
  expect(recent.topics()).toEqual([])
  follower.close()
  recent.keep(at, 1n, letters('b'))
  expect(recent.topics()).toEqual([])
})

test('[B2] records are as a log gives them back, whatever becomes of what was given', () => {
  const { recent, follower } = follow()
  const value = Buffer.from('value')
  recent.keep(at, 0n, [
    { key: 'a\ud800', value, headers: { '\udc00b': 'c\ud800' }, recordedAt: 1.9 },
    { key: '', value: null, headers: {}, recordedAt: 0 },
  ])
  value.fill(0)
  const shared = {}
  expect(follower.take(limits)).toEqual([
    { ...at, offset: 0n, key: 'a\ufffd', value: Buffer.from('value'), headers: { '\ufffdb': 'c\ufffd' }, recordedAt: 1, shared },
    { ...at, offset: 1n, key: '', value: null, headers: {}, recordedAt: 0, shared },
  ])
})
