// Crashes lose steps of ratchets, and nothing else: a session after twenty of them is as small as before, and still opens what comes late.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { forgetSetAside } from '../../src/producers/auth/auth-tables.ts'
import { trim } from '../../src/producers/auth/trim-old-rows.ts'
import { type Account, type AuthRig, openAuthRig } from '../ground/producers/auth-rig.ts'
import { openPeer, type Peer, type Sealed } from '../ground/producers/signal-peer.ts'

let rig: AuthRig
beforeEach(async () => {
  rig = await openAuthRig('set aside')
})
afterEach(() => rig.close())

const day = 24 * 60 * 60 * 1000
const group = '120363000000000000@g.us'
const ana = () => openPeer('200@lid')
const ours = ({ auth }: Account) => openPeer('300@lid', auth.keys, auth.creds)
const afterCrash = (before: Account, crashFoundAt = Date.now()) => {
  before.life.terminate('lock-lost')
  return rig.open('first', { crashFoundAt })
}

/** As whoever takes stanzas in reads them: ahead, in one transaction, and once more with what was set aside. */
async function readAhead(
  { auth }: Account,
  peer: Peer,
  decrypt: (us: Peer) => Promise<string>,
  lock = peer.jid,
): Promise<string> {
  const us = openPeer('300@lid', auth.keys, auth.creds)
  const { result, kept } = await auth.ahead(() =>
    us.store.transaction<string>(
      () =>
        decrypt(us).catch(async error => {
          const back = await auth.bringBack()
          if (back === null) throw error
          await us.store.set(back)
          return decrypt(us)
        }),
      lock,
    ),
  )
  await kept
  return result
}
const read = (account: Account, from: Peer, sealed: Sealed) => readAhead(account, from, us => us.read(from, sealed))

async function met() {
  const account = await rig.open()
  const peer = ana()
  await peer.meet(ours(account), 1)
  await read(account, peer, await peer.write(ours(account), 'hello'))
  await peer.read(ours(account), await ours(account).write(peer, 'answer'))
  await read(account, peer, await peer.write(ours(account), 'first of its chain'))
  await account.auth.flush()
  return { account, peer }
}
const asides = async () => (await rig.keys()).filter(place => place.startsWith('zaplog-skipped-keys/')).length
const forget = () => trim(rig.database, forgetSetAside, {})
const bytesOf = async (type: string) => {
  const [row] = await rig.database.query<{ bytes: number }>(
    'select coalesce(sum(length(sealed)), 0)::int as bytes from auth_keys where type = $1',
    [type],
  )
  return row?.bytes
}

test('[B2] a session after twenty crashes, each of which lost steps, is as small as before, and opens the next message', async () => {
  let { account, peer } = await met()
  const before = await bytesOf('session')
  for (let crash = 0; crash < 20; crash += 1) {
    for (let n = 0; n < 20; n += 1) await read(account, peer, await peer.write(ours(account), 'lost with the crash'))
    account = await afterCrash(account)
    expect(await read(account, peer, await peer.write(ours(account), `after ${crash}`))).toBe(`after ${crash}`)
  }
  await account.auth.flush()
  const growth = ((await bytesOf('session')) ?? 0) / (before ?? 1)
  expect(growth).toBeGreaterThan(0.9)
  expect(growth).toBeLessThan(1.1)
})

test('[B2] a message that comes late after a crash is opened with the key that was set aside, once, and never again', async () => {
  let { account, peer } = await met()
  const late = await peer.write(ours(account), 'late')
  const later = await peer.write(ours(account), 'later')
  account = await afterCrash(account)
  expect(await read(account, peer, await peer.write(ours(account), 'after'))).toBe('after')
  expect(await asides()).toBe(1)
  expect(await read(account, peer, late)).toBe('late')
  await account.auth.flush()
  expect(await asides()).toBe(0)
  expect(await read(account, peer, later)).toBe('later')
  await expect(read(account, peer, late)).rejects.toThrow('No matching sessions found for message')
  account = await afterCrash(account)
  await expect(read(account, peer, late)).rejects.toThrow('No matching sessions found for message')
})

test('[B2] a message that does not decrypt brings nothing back', async () => {
  let { account, peer } = await met()
  const sealed = await peer.write(ours(account), 'late')
  account = await afterCrash(account)
  await read(account, peer, await peer.write(ours(account), 'after'))
  const durable = await bytesOf('session')
  const broken = { ...sealed, ciphertext: Buffer.from(sealed.ciphertext).fill(0, sealed.ciphertext.length - 8) }
  await expect(read(account, peer, broken)).rejects.toThrow('No matching sessions found for message')
  await account.auth.flush()
  expect(await bytesOf('session')).toBe(durable)
  expect(await read(account, peer, sealed)).toBe('late')
})

test('[B2] the same for a sender key', async () => {
  let account = await rig.open()
  const peer = ana()
  const readGroup = (of: Account, sealed: Uint8Array) => readAhead(of, peer, us => us.readGroup(peer, group, sealed), group)
  const first = await peer.writeGroup(group, 'first')
  await ours(account).takeSenderKey(peer, group, first.senderKeyDistributionMessage)
  await readGroup(account, first.ciphertext)
  await account.auth.flush()
  const before = await bytesOf('sender-key')
  const late = await peer.writeGroup(group, 'late')
  for (let n = 0; n < 20; n += 1) await peer.writeGroup(group, 'lost')
  account = await afterCrash(account)
  await readGroup(account, (await peer.writeGroup(group, 'after')).ciphertext)
  expect(await bytesOf('sender-key')).toBeLessThan(1.1 * (before ?? 0))
  expect(await readGroup(account, late.ciphertext)).toBe('late')
  await expect(readGroup(account, late.ciphertext)).rejects.toThrow('old counter')
})

test('[B2] what was set aside is found where its session has moved to', async () => {
  const pn = '5511900000011@s.whatsapp.net'
  let account = await rig.open()
  const peer = openPeer(pn)
  await peer.meet(ours(account), 1)
  await read(account, peer, await peer.write(ours(account), 'hello'))
  await peer.read(ours(account), await ours(account).write(peer, 'answer'))
  await read(account, peer, await peer.write(ours(account), 'first of its chain'))
  const late = await peer.write(ours(account), 'late')
  const lost = await peer.write(ours(account), 'lost')
  account = await afterCrash(account)
  await read(account, peer, await peer.write(ours(account), 'after'))
  const { repository, store } = ours(account)
  await store.set({ 'device-list': { 5511900000011: ['0'] } })
  await repository.lidMapping.storeLIDPNMappings([{ pn, lid: '200@lid' }])
  expect((await repository.migrateSession(pn, '200@lid')).migrated).toBe(1)
  const moved = { ...peer, jid: '200@lid' }
  const later = await peer.write(ours(account), 'later')
  expect(await read(account, moved, await peer.write(ours(account), 'on'))).toBe('on')
  expect(await read(account, moved, late)).toBe('late')
  expect(await read(account, moved, later)).toBe('later')
  account = await afterCrash(account)
  expect(await read(account, moved, lost)).toBe('lost')
})

test('[B2] what two crashes made one chain skip is kept, of each', async () => {
  let { account, peer } = await met()
  const late: Sealed[] = []
  for (const crash of [0, 1]) {
    late.push(await peer.write(ours(account), `late ${crash}`))
    account = await afterCrash(account)
    await read(account, peer, await peer.write(ours(account), 'after'))
  }
  await account.auth.flush()
  expect(await asides()).toBe(2)
  for (const crash of [1, 0]) expect(await read(account, peer, late[crash] as Sealed)).toBe(`late ${crash}`)
})

test('[B2] after thirty days what was set aside is forgotten, whether or not its account comes back; where no crash was, nothing is set aside', async () => {
  let { account, peer } = await met()
  await peer.write(ours(account), 'skipped')
  account = await afterCrash(account, Date.now() - 29 * day)
  await read(account, peer, await peer.write(ours(account), 'after'))
  await account.auth.flush()
  expect([await forget(), await asides()]).toEqual([0, 1])
  await peer.write(ours(account), 'skipped')
  account = await afterCrash(account, Date.now() - 31 * day)
  await read(account, peer, await peer.write(ours(account), 'after'))
  await account.auth.flush()
  expect([await forget(), await asides()]).toEqual([1, 1])
  account = await rig.open()
  await peer.write(ours(account), 'skipped')
  await read(account, peer, await peer.write(ours(account), 'on'))
  expect(await asides()).toBe(1)
})
