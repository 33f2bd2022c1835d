// How far a ratchet has come is read off the records that libsignal and Baileys really write.
import { expect, test } from 'vitest'
import { setKeysOf } from '../../src/producers/auth/key-values.ts'
import { haveSameChains, reachOf, reachOfText, stepsBetween } from '../../src/producers/auth/ratchet-reach.ts'
import { addressOf, openPeer, type Peer } from '../ground/producers/signal-peer.ts'

const ana = () => openPeer('200@lid')
const ben = () => openPeer('300@lid')
const group = '120363000000000000@g.us'

async function sessionOf(peer: Peer, other: Peer) {
  const reach = reachOf('session', (await peer.store.get('session', [addressOf(other.jid)]))[addressOf(other.jid)])
  if (reach === null) throw new Error('expected a session')
  return reach
}

test('[B2] a session has come as far as the newest message that it opened, chain by chain', async () => {
  const [a, b] = [ana(), ben()]
  await a.meet(b, 1)
  const sealed = []
  for (let n = 0; n < 6; n += 1) sealed.push(await a.write(b, `message ${n}`))
  const [first, second, , , fifth] = sealed
  if (!first || !second || !fifth) throw new Error('expected messages')
  await b.read(a, first)
  const atFirst = await sessionOf(b, a)
  expect([...atFirst.values()]).toEqual([0])
  await b.read(a, fifth)
  const atFifth = await sessionOf(b, a)
  expect(stepsBetween(atFirst, atFifth)).toBe(4)
  await b.read(a, second)
  expect(stepsBetween(atFifth, await sessionOf(b, a))).toBe(0)
  // An answer, and with it a new chain; what the old one still skips counts as well.
  await a.read(b, await b.write(a, 'answer'))
  await b.read(a, await a.write(b, 'next'))
  const next = await sessionOf(b, a)
  expect(next.size).toBe(2)
  expect(stepsBetween(atFifth, next)).toBe(1)
  expect(stepsBetween(atFirst, next)).toBe(5)
  const stored = setKeysOf({ session: { x: (await b.store.get('session', [addressOf(a.jid)]))[addressOf(a.jid)] ?? null } })
  expect(reachOfText('session', stored[0]?.value ?? '')).toEqual(next)
})

test('[B2] a sender key has come as far as the newest message that it opened; a distribution is told from a step', async () => {
  const [a, b] = [ana(), ben()]
  const senderKey = async () => {
    const name = `${group}::200_1::0`
    const reach = reachOf('sender-key', (await b.store.get('sender-key', [name]))[name])
    if (reach === null) throw new Error('expected a sender key')
    return reach
  }
  const one = await a.writeGroup(group, 'one')
  await b.takeSenderKey(a, group, one.senderKeyDistributionMessage)
  const distributed = await senderKey()
  expect(await b.readGroup(a, group, one.ciphertext)).toBe('one')
  const atOne = await senderKey()
  expect([stepsBetween(distributed, atOne), haveSameChains(distributed, atOne)]).toEqual([1, true])
  await a.writeGroup(group, 'lost')
  const three = await a.writeGroup(group, 'three')
  await b.readGroup(a, group, three.ciphertext)
  // Baileys leaves out every second iteration of its own sender key (Signal/Group/group_cipher.js).
  expect(stepsBetween(atOne, await senderKey())).toBe(4)
  await a.store.set({ 'sender-key': { [`${group}::200_1::0`]: null } })
  const anew = await a.writeGroup(group, 'anew')
  const before = await senderKey()
  await b.takeSenderKey(a, group, anew.senderKeyDistributionMessage)
  expect(haveSameChains(before, await senderKey())).toBe(false)
})

test('[B2] what is no record of a ratchet has come nowhere that could be known', () => {
  expect(reachOf('session', Buffer.from('x'))).toBeNull()
  expect(reachOf('sender-key', { any: 'thing' })).toBeNull()
  expect(reachOf('identity-key', Buffer.from('x'))).toBeNull()
})
