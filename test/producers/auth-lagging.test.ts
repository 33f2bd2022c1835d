// How far keys may lag, in messages and in the process, and what becomes of those that lag once their socket ends or their statement fails.
import type { SignalDataSet } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aSession, senderKeyAt, sessionAt, watch } from '../ground/producers/auth-rig.ts'
import {
  before,
  digest,
  type KeysAhead,
  openKeysAhead,
  part,
  session,
  set,
  setAhead,
  somethingLater,
} from '../ground/producers/keys-ahead.ts'

let lag: KeysAhead
beforeEach(async () => {
  lag = await openKeysAhead('auth lagging')
})
afterEach(() => lag.rig.close())

test('[B2] a step that skips messages right from its row is durable before its receipt, one that skips some further on is not', async () => {
  await set(lag, before)
  expect(await lag.rig.counting(async () => (await setAhead(lag, aSession('a', { x: 41 }))).kept)).toBe(1)
  lag.account.holdAppends()
  expect(await lag.rig.counting(async () => (await setAhead(lag, aSession('a', { x: 42 }))).kept)).toBe(0)
  expect(await lag.rig.counting(async () => (await setAhead(lag, aSession('a', { x: 50 }))).kept)).toBe(0)
})

test.each([
  ['session', (n: number) => aSession('a', { x: 1 + n })],
  ['previous chain of a session', (n: number) => aSession('a', { x: 1 + n, y: 0 })],
  ['sender key', (n: number) => ({ 'sender-key': { g: senderKeyAt({ 7: 4 + n }) } })],
])('[B2] no %s is more than 500 messages ahead of its row, whatever became durable in between', async (_, at) => {
  await set(lag, before)
  const first = lag.account.holdAppends()
  await setAhead(lag, at(1))
  const halfway = lag.account.auth.flush()
  await setAhead(lag, at(400))
  first.release()
  await halfway
  lag.account.holdAppends()
  expect(await lag.rig.counting(async () => (await setAhead(lag, at(501))).kept)).toBe(0)
  const { kept } = await setAhead(lag, at(502))
  const { isSettled } = watch(kept)
  await somethingLater(lag)
  expect(isSettled()).toBe(false)
})

test('[B2] beyond the most that may lag in the process, receipts wait for their keys; what an ended socket took is given back', async () => {
  await set(lag, before)
  const { budget } = lag.rig.keyWriter
  budget.take({ steps: 19_998, bytes: 0 })
  const appends = lag.account.holdAppends()
  await (await setAhead(lag, aSession('a', { x: 2 }))).kept
  expect(budget.isFull()).toBe(false)
  const { kept } = await setAhead(lag, aSession('a', { x: 3 }))
  const { isSettled } = watch(kept)
  await somethingLater(lag)
  expect([isSettled(), budget.isFull()]).toEqual([false, true])
  appends.release()
  await kept
  expect(budget.isFull()).toBe(false)
  lag.account.holdAppends()
  for (const x of [4, 5, 6]) await setAhead(lag, aSession('a', { x }))
  expect(budget.isFull()).toBe(true)
  lag.account.life.terminate('not-taken')
  expect(budget.isFull()).toBe(false)
  budget.giveBack({ steps: 19_998, bytes: 0 })
  budget.take({ steps: 0, bytes: 16 * 1024 * 1024 })
  expect(budget.isFull()).toBe(true)
})

test('[B2] what goes on after its socket has ended takes nothing of what may lag in the process', async () => {
  await set(lag, before)
  const { budget } = lag.rig.keyWriter
  budget.take({ steps: 19_999, bytes: 0 })
  const hold = lag.account.holdAppends()
  const goesOn = Promise.withResolvers<void>()
  const taking = lag.account.auth.ahead(async () => {
    await goesOn.promise
    await set(lag, aSession('a', { x: 2 }))
  })
  lag.account.life.terminate('not-taken')
  goesOn.resolve()
  await taking
  hold.release()
  expect(budget.isFull()).toBe(false)
})

test('[B3] a stanza part is known before it is durable, and after a crash as far as its step is', async () => {
  await set(lag, before)
  lag.account.holdAppends() // no beat may write it meanwhile
  await setAhead(lag, { ...aSession('a', { x: 2 }), ...part(digest) })
  expect(await lag.account.auth.hasPart(digest)).toBe(true)
  lag.account.life.terminate('lock-lost')
  const next = await lag.rig.open()
  expect(await next.auth.hasPart(digest)).toBe(false)
  expect(await session(lag, 'a', next)).toEqual(sessionAt({ x: 1 }))
})

test('[A3] a new owner reads no key that an earlier one still writes: what lagged of that one ends with its socket', async () => {
  await set(lag, before)
  const appends = lag.account.holdAppends() // no beat may write it before the new owner is there
  await setAhead(lag, aSession('a', { x: 2 }))
  const next = await lag.rig.open()
  expect(await session(lag, 'a', next)).toEqual(sessionAt({ x: 1 }))
  appends.release()
  await expect(lag.account.auth.flush()).rejects.toThrow('fenced')
  expect(lag.account.life.ownReason()).toBe('fenced')
  expect(await session(lag, 'a', await lag.rig.open())).toEqual(sessionAt({ x: 1 }))
})

test('[B2] a step whose statement fails is written again, and what was set meanwhile with the next one', async () => {
  await set(lag, before)
  let failures = 2
  lag.rig.seen.fault = () => (failures-- > 0 ? { fail: new Error('connection refused') } : null)
  await setAhead(lag, aSession('a', { x: 2 }))
  const flushed = lag.account.auth.flush()
  await setAhead(lag, aSession('a', { x: 3 }))
  await flushed
  await lag.account.auth.flush()
  expect(await session(lag, 'a', await lag.rig.open())).toEqual(sessionAt({ x: 3 }))
})

test('[A4] a record belongs to whoever holds it: neither who set it nor who got it changes another’s', async () => {
  const given = sessionAt({ x: 1 })
  await set(lag, { session: { a: given } } as unknown as SignalDataSet)
  given.version = 'changed'
  const got = (await session(lag, 'a')) as unknown as typeof given
  got._sessions.base.registrationId = 99
  expect(await session(lag, 'a')).toEqual(sessionAt({ x: 1 }))
})
