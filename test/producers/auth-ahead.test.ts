// Keys that lag behind the log: nothing becomes durable before what it depends on, and what may not lag is durable before anybody hears of it.
import { addTransactionCapability, type SignalDataSet } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { appendedPartsType } from '../../src/producers/gate/appended-stanza-parts.ts'
import { nothing } from '../../src/producers/gate/begun.ts'
import { gateRepository } from '../../src/producers/gate/gated-repository.ts'
import { createBaileysLogger } from '../../src/producers/socket/baileys-logger.ts'
import { type Account, type AuthRig, aSession, openAuthRig, senderKeyAt, sessionAt, watch } from '../ground/producers/auth-rig.ts'
import { openPeer } from '../ground/producers/signal-peer.ts'
import { until } from '../ground/until.ts'

let rig: AuthRig
let account: Account
beforeEach(async () => {
  rig = await openAuthRig('auth ahead')
  account = await rig.open()
})
afterEach(() => rig.close())

const set = (data: SignalDataSet, of = account) => Promise.resolve(of.auth.keys.set(data))
const setAhead = (data: SignalDataSet, of = account) => of.auth.ahead(() => set(data, of))
const session = async (id: string, of = account) => (await of.auth.keys.get('session', [id]))[id]
const part = (digest: string) => ({ [appendedPartsType]: { [digest]: true } }) as unknown as SignalDataSet
const aPreKey = { public: Buffer.from('p'), private: Buffer.from('q') }
const digest = 'ypeBEsobvcr6wjGzmiPcTa'

/** A write of another account that was begun later is durable: whatever was to be written before it, is. */
async function somethingLater() {
  const other = await rig.open('other')
  await set({ 'identity-key': { z: Buffer.from('i') } }, other)
}

test('[B2] what is set ahead counts at once, and is written after everything that was appended until then, never before', async () => {
  await set(aSession('a', { x: 1 }))
  account.holdAppends()
  await (await setAhead(aSession('a', { x: 2 }))).kept
  expect(await session('a')).toEqual(sessionAt({ x: 2 }))
  const flushed = account.auth.flush()
  const { isSettled } = watch(flushed)
  await somethingLater()
  expect(isSettled()).toBe(false)
  expect(await session('a', await rig.open())).toEqual(sessionAt({ x: 1 }))
})

test('[B2] once the appends are durable the steps are, in one statement, and a flush of nothing costs none', async () => {
  await set(aSession('a', { x: 1 }))
  const appends = account.holdAppends()
  await setAhead({ ...aSession('a', { x: 2 }), ...part(digest) })
  await setAhead(aSession('a', { x: 3 }))
  const flushed = account.auth.flush()
  appends.release()
  expect(await rig.counting(() => flushed)).toBe(1)
  expect(await rig.counting(() => account.auth.flush())).toBe(0)
  expect(await session('a', await rig.open())).toEqual(sessionAt({ x: 3 }))
  expect(await rig.parts()).toBe(1)
})

test('[B2] what lags is written by itself, what many accounts have at one beat in one statement', async () => {
  const accounts = await Promise.all(Array.from({ length: 10 }, (_, number) => rig.open(`account-${number}`)))
  for (const of of accounts) await set(aSession('a', { x: 1 }), of)
  const before = rig.seen.writes
  await Promise.all(accounts.map(of => setAhead({ ...aSession('a', { x: 2 }), ...part(digest) }, of)))
  const written = async () => (await rig.database.query('select 1 from appended_parts')).length
  await until('every step is durable', async () => (await written()) === accounts.length)
  expect(rig.seen.writes - before).toBe(1)
})

test('[B2] a burst of one known session costs a few statements, not one per message', async () => {
  await set(aSession('a', { x: 0 }))
  const burst = async () => {
    for (let n = 1; n <= 200; n += 1)
      await (await setAhead({ ...aSession('a', { x: n }), ...part(`${n}`.padStart(3, '0').padEnd(22, 'A')) })).kept
    await account.auth.flush()
  }
  expect(await rig.counting(burst)).toBeLessThan(20)
  expect(await session('a', await rig.open())).toEqual(sessionAt({ x: 200 }))
  expect(await rig.parts()).toBe(200)
})

const before: SignalDataSet = {
  ...aSession('a', { x: 1 }),
  'sender-key': { g: senderKeyAt({ 7: 4 }) },
  'pre-key': { 1: aPreKey, 2: aPreKey },
}
/** What is about to be set was read, as Baileys does. */
async function setBefore(data: SignalDataSet) {
  await set(before)
  for (const [type, values] of Object.entries(data)) await account.auth.keys.get(type as 'session', Object.keys(values))
}

const lags: readonly (readonly [string, SignalDataSet])[] = [
  ['a step of a session', aSession('a', { x: 2 })],
  ['a new chain of a session', aSession('a', { x: 1, y: 0 })],
  ['a step of a sender key', { 'sender-key': { g: senderKeyAt({ 7: 5 }) } }],
  ['a first message’s session with its pre-key', { ...aSession('b', { x: 0 }), 'pre-key': { 1: null } }],
  ['the memory of a stanza part', part(digest)],
]
test.each(lags)('[B2] %s waits for no statement', async (_, data) => {
  await setBefore(data)
  account.holdAppends()
  expect(await rig.counting(async () => (await setAhead(data)).kept)).toBe(0)
})

const waits: readonly (readonly [string, SignalDataSet])[] = [
  ['a session that appears without its first message', aSession('b', { x: 0 })],
  ['a session that goes', { session: { a: null } }],
  ['a pre-key that goes by itself', { 'pre-key': { 1: null } }],
  ['a sender key of a distribution', { 'sender-key': { g: senderKeyAt({ 7: 4, 8: 0 }) } }],
  ['a first sender key', { 'sender-key': { h: senderKeyAt({ 9: 0 }) } }],
  [
    'an identity key beside its session',
    { ...aSession('b', { x: 0 }), 'pre-key': { 1: null }, 'identity-key': { b: aPreKey.public } },
  ],
  ['a pair of addresses', { 'lid-mapping': { 5511900000011: '200', '200_reverse': '5511900000011' } }],
  ['what zaplog knows nothing of', { 'device-list': { 5511900000011: ['0'] } }],
]
test.each(waits)('[B2] %s is durable before its receipt', async (_, data) => {
  await setBefore(data)
  const keysBefore = await rig.keys()
  const appends = account.holdAppends()
  const { kept } = await setAhead(data)
  const { isSettled } = watch(kept)
  await somethingLater()
  expect(isSettled()).toBe(false)
  expect(await rig.keys()).toEqual(keysBefore)
  appends.release()
  await kept
  for (const [type, values] of Object.entries(data))
    for (const [id, value] of Object.entries(values)) expect((await rig.keys()).includes(`${type}/${id}`)).toBe(value !== null)
})

test('[B2] what is set outside is durable when it returns, with all that it was computed from in one statement', async () => {
  await set(before)
  const appends = account.holdAppends()
  await setAhead({ ...aSession('a', { x: 2 }), ...part(digest) })
  const outside = set({ 'sender-key': { own: senderKeyAt({ 3: 0 }) } })
  const { isSettled } = watch(outside)
  await somethingLater()
  expect(isSettled()).toBe(false)
  appends.release()
  expect(await rig.counting(() => outside)).toBe(1)
  expect(await rig.keys()).toContain('sender-key/own')
  expect(await rig.parts()).toBe(1)
})

test('[B2] keys that are set in one call are one statement, ahead and outside of it', async () => {
  const moved = {
    'lid-mapping': { 5511900000011: '200' },
    session: { ...aSession('200_1.0', { x: 1 }).session, a: null },
  } as SignalDataSet
  await set(before)
  account.holdAppends().release()
  expect(await rig.counting(async () => (await setAhead(moved)).kept)).toBe(1)
  expect(await rig.keys()).toEqual(['lid-mapping/5511900000011', 'pre-key/1', 'pre-key/2', 'sender-key/g', 'session/200_1.0'])
})

/** As a socket makes it. */
function gate() {
  const logger = createBaileysLogger(rig.logger, 'first')
  const keys = addTransactionCapability(account.auth.keys, logger, { maxCommitRetries: 1, delayBetweenTriesMs: 0 })
  const passing = { decrypted: async () => nothing, failed: async () => ({ error: null, ...nothing }) }
  const gated = gateRepository({ gate: passing, auth: account.auth, lookUpLids: ask => ask })
  const handed = gated.make({ creds: account.auth.creds, keys }, logger, async () => [])
  return { gated, keys, handed }
}

test.each(['ahead', 'handed'])('[B2] a pair of addresses and the sessions that move along it are one unit, %s', async face => {
  const { gated, keys, handed } = gate()
  const repository = face === 'ahead' ? gated.ahead() : handed
  const [pn, lid] = ['5511900000011@s.whatsapp.net', '200@lid']
  await openPeer('300@lid', account.auth.keys, account.auth.creds).meet(openPeer(pn), 1)
  await keys.set({ 'device-list': { 5511900000011: ['0'] } })
  const store = () => repository.lidMapping.storeLIDPNMappings([{ lid, pn }])
  expect(await rig.counting(face === 'ahead' ? async () => (await account.auth.ahead(store)).kept : store)).toBe(1)
  const sessions = (await rig.keys()).filter(place => /^(lid-mapping|session)/.test(place))
  expect(sessions).toEqual(['lid-mapping/200_reverse', 'lid-mapping/5511900000011', 'session/200_1.0'])
  expect(await rig.counting(store)).toBe(0)
})

test('[A4] [B2] what is set ahead waits for no lock whose holder waits for the database, and the other way round', async () => {
  const { gated, keys } = gate()
  const written = Promise.withResolvers<void>()
  rig.seen.fault = () => ({ delay: written.promise })
  const pair = (pn: string) => keys.transaction(async () => keys.set({ 'lid-mapping': { [pn]: '200' } }), 'lid-mapping')
  const outside = pair('5511900000011')
  const { kept } = await account.auth.ahead(() => gated.inOneUnit(() => pair('5511900000012')))
  written.resolve()
  await Promise.all([outside, kept])
  expect(await rig.keys()).toEqual(['lid-mapping/5511900000011', 'lid-mapping/5511900000012'])
})

test('[B2] work that fails is told once what it brought is durable; what goes on behind its back waits as everybody does', async () => {
  const late = Promise.withResolvers<void>()
  let behind: Promise<void> | null = null
  const failing = account.auth.ahead(async () => {
    behind = late.promise.then(() => set(aSession('b', { x: 1 })))
    await set({ 'lid-mapping': { 5511900000011: '200' } })
    throw new Error('refused')
  })
  await expect(failing).rejects.toThrow('refused')
  expect(await rig.keys()).toEqual(['lid-mapping/5511900000011'])
  late.resolve()
  await behind
  expect(await rig.keys()).toContain('session/b')
})

test('[B2] a step that skips messages right from its row is durable before its receipt, one that skips some further on is not', async () => {
  await set(before)
  expect(await rig.counting(async () => (await setAhead(aSession('a', { x: 41 }))).kept)).toBe(1)
  account.holdAppends()
  expect(await rig.counting(async () => (await setAhead(aSession('a', { x: 42 }))).kept)).toBe(0)
  expect(await rig.counting(async () => (await setAhead(aSession('a', { x: 50 }))).kept)).toBe(0)
})

test.each([
  ['session', (n: number) => aSession('a', { x: 1 + n })],
  ['previous chain of a session', (n: number) => aSession('a', { x: 1 + n, y: 0 })],
  ['sender key', (n: number) => ({ 'sender-key': { g: senderKeyAt({ 7: 4 + n }) } })],
])('[B2] no %s is more than 500 messages ahead of its row, whatever became durable in between', async (_, at) => {
  await set(before)
  const first = account.holdAppends()
  await setAhead(at(1))
  const halfway = account.auth.flush()
  await setAhead(at(400))
  first.release()
  await halfway
  account.holdAppends()
  expect(await rig.counting(async () => (await setAhead(at(501))).kept)).toBe(0)
  const { kept } = await setAhead(at(502))
  const { isSettled } = watch(kept)
  await somethingLater()
  expect(isSettled()).toBe(false)
})

test('[B2] beyond the most that may lag in the process, receipts wait for their keys; what an ended socket took is given back', async () => {
  await set(before)
  const { budget } = rig.keyWriter
  budget.take({ steps: 19_998, bytes: 0 })
  const appends = account.holdAppends()
  await (await setAhead(aSession('a', { x: 2 }))).kept
  expect(budget.isFull()).toBe(false)
  const { kept } = await setAhead(aSession('a', { x: 3 }))
  const { isSettled } = watch(kept)
  await somethingLater()
  expect([isSettled(), budget.isFull()]).toEqual([false, true])
  appends.release()
  await kept
  expect(budget.isFull()).toBe(false)
  account.holdAppends()
  for (const x of [4, 5, 6]) await setAhead(aSession('a', { x }))
  expect(budget.isFull()).toBe(true)
  account.life.terminate('not-taken')
  expect(budget.isFull()).toBe(false)
  budget.giveBack({ steps: 19_998, bytes: 0 })
  budget.take({ steps: 0, bytes: 16 * 1024 * 1024 })
  expect(budget.isFull()).toBe(true)
})

test('[B2] what goes on after its socket has ended takes nothing of what may lag in the process', async () => {
  await set(before)
  const { budget } = rig.keyWriter
  budget.take({ steps: 19_999, bytes: 0 })
  const hold = account.holdAppends()
  const goesOn = Promise.withResolvers<void>()
  const taking = account.auth.ahead(async () => {
    await goesOn.promise
    await set(aSession('a', { x: 2 }))
  })
  account.life.terminate('not-taken')
  goesOn.resolve()
  await taking
  hold.release()
  expect(budget.isFull()).toBe(false)
})

test('[B3] a stanza part is known before it is durable, and after a crash as far as its step is', async () => {
  await set(before)
  account.holdAppends() // no beat may write it meanwhile
  await setAhead({ ...aSession('a', { x: 2 }), ...part(digest) })
  expect(await account.auth.hasPart(digest)).toBe(true)
  account.life.terminate('lock-lost')
  const next = await rig.open()
  expect(await next.auth.hasPart(digest)).toBe(false)
  expect(await session('a', next)).toEqual(sessionAt({ x: 1 }))
})

test('[A3] a new owner reads no key that an earlier one still writes: what lagged of that one ends with its socket', async () => {
  await set(before)
  const appends = account.holdAppends() // no beat may write it before the new owner is there
  await setAhead(aSession('a', { x: 2 }))
  const next = await rig.open()
  expect(await session('a', next)).toEqual(sessionAt({ x: 1 }))
  appends.release()
  await expect(account.auth.flush()).rejects.toThrow('fenced')
  expect(account.life.ownReason()).toBe('fenced')
  expect(await session('a', await rig.open())).toEqual(sessionAt({ x: 1 }))
})

test('[B2] a step whose statement fails is written again, and what was set meanwhile with the next one', async () => {
  await set(before)
  let failures = 2
  rig.seen.fault = () => (failures-- > 0 ? { fail: new Error('connection refused') } : null)
  await setAhead(aSession('a', { x: 2 }))
  const flushed = account.auth.flush()
  await setAhead(aSession('a', { x: 3 }))
  await flushed
  await account.auth.flush()
  expect(await session('a', await rig.open())).toEqual(sessionAt({ x: 3 }))
})

test('[A4] a record belongs to whoever holds it: neither who set it nor who got it changes another’s', async () => {
  const given = sessionAt({ x: 1 })
  await set({ session: { a: given } } as unknown as SignalDataSet)
  given.version = 'changed'
  const got = (await session('a')) as unknown as typeof given
  got._sessions.base.registrationId = 99
  expect(await session('a')).toEqual(sessionAt({ x: 1 }))
})
