// Keys that are set ahead of the log, for tests: an account of its own, and writes that come later than they could.
import type { SignalDataSet } from '@whiskeysockets/baileys'
import { appendedPartsType } from '../../../src/producers/gate/appended-stanza-parts.ts'
import { type Account, type AuthRig, aSession, openAuthRig, senderKeyAt } from './auth-rig.ts'

export type KeysAhead = { rig: AuthRig; account: Account }

export async function openKeysAhead(name: string): Promise<KeysAhead> {
  const rig = await openAuthRig(name)
  return { rig, account: await rig.open() }
}

export const set = (lag: KeysAhead, data: SignalDataSet, of = lag.account) => Promise.resolve(of.auth.keys.set(data))

export const setAhead = (lag: KeysAhead, data: SignalDataSet, of = lag.account) => of.auth.ahead(() => set(lag, data, of))

export const session = async (lag: KeysAhead, id: string, of = lag.account) => (await of.auth.keys.get('session', [id]))[id]

export const part = (digest: string) => ({ [appendedPartsType]: { [digest]: true } }) as unknown as SignalDataSet

export const aPreKey = { public: Buffer.from('p'), private: Buffer.from('q') }

export const digest = 'ypeBEsobvcr6wjGzmiPcTa'

/** A write of another account that was begun later is durable: whatever was to be written before it, is. */
export async function somethingLater(lag: KeysAhead) {
  const other = await lag.rig.open('other')
  await set(lag, { 'identity-key': { z: Buffer.from('i') } }, other)
}

export const before: SignalDataSet = {
  ...aSession('a', { x: 1 }),
  'sender-key': { g: senderKeyAt({ 7: 4 }) },
  'pre-key': { 1: aPreKey, 2: aPreKey },
}
