// Keys that lag behind the log: nothing becomes durable before what it depends on, and what may not lag is durable before anybody hears of it.
import { addTransactionCapability, type SignalDataSet } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { nothing } from '../../src/producers/gate/begun.ts'
import { gateRepository } from '../../src/producers/gate/gated-repository.ts'
import { createBaileysLogger } from '../../src/producers/socket/baileys-logger.ts'
import { aSession, senderKeyAt, sessionAt, watch } from '../ground/producers/auth-rig.ts'
import {
  aPreKey,
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
import { openPeer } from '../ground/producers/signal-peer.ts'
import { until } from '../ground/until.ts'

let lag: KeysAhead
beforeEach(async () => {
  lag = await openKeysAhead('auth ahead')
})
afterEach(() => lag.rig.close())

test('[B2] what is set ahead counts at once, and is written after everything that was appended until then, never before', async () => {
  await set(lag, aSession('a', { x: 1 }))
  lag.account.holdAppends()
  await (await setAhead(lag, aSession('a', { x: 2 }))).kept
  expect(await session(lag, 'a')).toEqual(sessionAt({ x: 2 }))
  const flushed = lag.account.auth.flush()
  const { isSettled } = watch(flushed)
  await somethingLater(lag)
  expect(isSettled()).toBe(false)
  expect(await session(lag, 'a', await lag.rig.open())).toEqual(sessionAt({ x: 1 }))
})

test('[B2] once the appends are durable the steps are, in one statement, and a flush of nothing costs none', async () => {
  await set(lag, aSession('a', { x: 1 }))
  const appends = lag.account.holdAppends()
  await setAhead(lag, { ...aSession('a', { x: 2 }), ...part(digest) })
  await setAhead(lag, aSession('a', { x: 3 }))
  const flushed = lag.account.auth.flush()
  appends.release()
  expect(await lag.rig.counting(() => flushed)).toBe(1)
  expect(await lag.rig.counting(() => lag.account.auth.flush())).toBe(0)
  expect(await session(lag, 'a', await lag.rig.open())).toEqual(sessionAt({ x: 3 }))
  expect(await lag.rig.parts()).toBe(1)
})

test('[B2] what lags is written by itself, what many accounts have at one beat in one statement', async () => {
  const accounts = await Promise.all(Array.from({ length: 10 }, (_, number) => lag.rig.open(`account-${number}`)))
  for (const of of accounts) await set(lag, aSession('a', { x: 1 }), of)
  const before = lag.rig.seen.writes
  await Promise.all(accounts.map(of => setAhead(lag, { ...aSession('a', { x: 2 }), ...part(digest) }, of)))
  const written = async () => (await lag.rig.database.query('select 1 from appended_parts')).length
  await until('every step is durable', async () => (await written()) === accounts.length)
  expect(lag.rig.seen.writes - before).toBe(1)
})

test('[B2] a burst of one known session costs a few statements, not one per message', async () => {
  await set(lag, aSession('a', { x: 0 }))
  const burst = async () => {
    for (let n = 1; n <= 200; n += 1)
      await (await setAhead(lag, { ...aSession('a', { x: n }), ...part(`${n}`.padStart(3, '0').padEnd(22, 'A')) })).kept
    await lag.account.auth.flush()
  }
  expect(await lag.rig.counting(burst)).toBeLessThan(20)
  expect(await session(lag, 'a', await lag.rig.open())).toEqual(sessionAt({ x: 200 }))
  expect(await lag.rig.parts()).toBe(200)
})

/** What is about to be set was read, as Baileys does. */
async function setBefore(data: SignalDataSet) {
  await set(lag, before)
  for (const [type, values] of Object.entries(data)) await lag.account.auth.keys.get(type as 'session', Object.keys(values))
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
  lag.account.holdAppends()
  expect(await lag.rig.counting(async () => (await setAhead(lag, data)).kept)).toBe(0)
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
  const keysBefore = await lag.rig.keys()
  const appends = lag.account.holdAppends()
  const { kept } = await setAhead(lag, data)
  const { isSettled } = watch(kept)
  await somethingLater(lag)
  expect(isSettled()).toBe(false)
  expect(await lag.rig.keys()).toEqual(keysBefore)
  appends.release()
  await kept
  for (const [type, values] of Object.entries(data))
    for (const [id, value] of Object.entries(values))
      expect((await lag.rig.keys()).includes(`${type}/${id}`)).toBe(value !== null)
})

test('[B2] what is set outside is durable when it returns, with all that it was computed from in one statement', async () => {
  await set(lag, before)
  const appends = lag.account.holdAppends()
  await setAhead(lag, { ...aSession('a', { x: 2 }), ...part(digest) })
  const outside = set(lag, { 'sender-key': { own: senderKeyAt({ 3: 0 }) } })
  const { isSettled } = watch(outside)
  await somethingLater(lag)
  expect(isSettled()).toBe(false)
  appends.release()
  expect(await lag.rig.counting(() => outside)).toBe(1)
  expect(await lag.rig.keys()).toContain('sender-key/own')
  expect(await lag.rig.parts()).toBe(1)
})

test('[B2] keys that are set in one call are one statement, ahead and outside of it', async () => {
  const moved = {
    'lid-mapping': { 5511900000011: '200' },
    session: { ...aSession('200_1.0', { x: 1 }).session, a: null },
  } as SignalDataSet
  await set(lag, before)
  lag.account.holdAppends().release()
  expect(await lag.rig.counting(async () => (await setAhead(lag, moved)).kept)).toBe(1)
  expect(await lag.rig.keys()).toEqual(['lid-mapping/5511900000011', 'pre-key/1', 'pre-key/2', 'sender-key/g', 'session/200_1.0'])
})

/** As a socket makes it. */
function gate() {
  const logger = createBaileysLogger(lag.rig.logger, 'first')
  const keys = addTransactionCapability(lag.account.auth.keys, logger, { maxCommitRetries: 1, delayBetweenTriesMs: 0 })
  const passing = { decrypted: async () => nothing, failed: async () => ({ error: null, ...nothing }) }
  const gated = gateRepository({ gate: passing, auth: lag.account.auth, lookUpLids: ask => ask })
  const handed = gated.make({ creds: lag.account.auth.creds, keys }, logger, async () => [])
  return { gated, keys, handed }
}

test.each(['ahead', 'handed'])('[B2] a pair of addresses and the sessions that move along it are one unit, %s', async face => {
  const { gated, keys, handed } = gate()
  const repository = face === 'ahead' ? gated.ahead() : handed
  const [pn, lid] = ['5511900000011@s.whatsapp.net', '200@lid']
  await openPeer('300@lid', lag.account.auth.keys, lag.account.auth.creds).meet(openPeer(pn), 1)
  await keys.set({ 'device-list': { 5511900000011: ['0'] } })
  const store = () => repository.lidMapping.storeLIDPNMappings([{ lid, pn }])
  expect(await lag.rig.counting(face === 'ahead' ? async () => (await lag.account.auth.ahead(store)).kept : store)).toBe(1)
  const sessions = (await lag.rig.keys()).filter(place => /^(lid-mapping|session)/.test(place))
  expect(sessions).toEqual(['lid-mapping/200_reverse', 'lid-mapping/5511900000011', 'session/200_1.0'])
  expect(await lag.rig.counting(store)).toBe(0)
})

test('[A4] [B2] what is set ahead waits for no lock whose holder waits for the database, and the other way round', async () => {
  const { gated, keys } = gate()
  const written = Promise.withResolvers<void>()
  lag.rig.seen.fault = () => ({ delay: written.promise })
  const pair = (pn: string) => keys.transaction(async () => keys.set({ 'lid-mapping': { [pn]: '200' } }), 'lid-mapping')
  const outside = pair('5511900000011')
  const { kept } = await lag.account.auth.ahead(() => gated.inOneUnit(() => pair('5511900000012')))
  written.resolve()
  await Promise.all([outside, kept])
  expect(await lag.rig.keys()).toEqual(['lid-mapping/5511900000011', 'lid-mapping/5511900000012'])
})

test('[B2] work that fails is told once what it brought is durable; what goes on behind its back waits as everybody does', async () => {
  const late = Promise.withResolvers<void>()
  let behind: Promise<void> | null = null
  const failing = lag.account.auth.ahead(async () => {
    behind = late.promise.then(() => set(lag, aSession('b', { x: 1 })))
    await set(lag, { 'lid-mapping': { 5511900000011: '200' } })
    throw new Error('refused')
  })
  await expect(failing).rejects.toThrow('refused')
  expect(await lag.rig.keys()).toEqual(['lid-mapping/5511900000011'])
  late.resolve()
  await behind
  expect(await lag.rig.keys()).toContain('session/b')
})
