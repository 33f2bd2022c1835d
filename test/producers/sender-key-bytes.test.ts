// Messages of a group that others overtook: their keys were skipped, kept with the sender's key, and are read again as they were written.
import { BufferJSON } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Account, type AuthRig, openAuthRig } from '../ground/producers/auth-rig.ts'
import { openPeer } from '../ground/producers/signal-peer.ts'

let rig: AuthRig
beforeEach(async () => {
  rig = await openAuthRig('sender key bytes')
})
afterEach(() => rig.close())

const group = '120363000000000000@g.us'
const name = `${group}::200_1::0`

/** Ana's first and third message have been read; the second comes last. */
async function overtaken() {
  const account = await rig.open()
  const ana = openPeer('200@lid')
  const us = ({ auth }: Account) => openPeer('300@lid', auth.keys, auth.creds)
  const first = await ana.writeGroup(group, 'first')
  await us(account).takeSenderKey(ana, group, first.senderKeyDistributionMessage)
  await us(account).readGroup(ana, group, first.ciphertext)
  const late = await ana.writeGroup(group, 'overtaken')
  await us(account).readGroup(ana, group, (await ana.writeGroup(group, 'faster')).ciphertext)
  return { account, readLate: (by: Account) => us(by).readGroup(ana, group, late.ciphertext) }
}

test('[B8] a message of a group that another one overtook is read when it comes', async () => {
  const { account, readLate } = await overtaken()
  expect(await readLate(account)).toBe('overtaken')
})

test('[B8] … and so it is where its key lies in a row of 0.1.0, whose bytes are lists of numbers', async () => {
  const { account, readLate } = await overtaken()
  await account.auth.flush()
  const { [name]: record } = await account.auth.keys.get('sender-key', [name])
  const listed = JSON.stringify(JSON.parse(Buffer.from(record ?? []).toString(), BufferJSON.reviver))
  expect(listed).toContain('"data":[')
  const text = JSON.stringify(Buffer.from(listed), BufferJSON.replacer)
  await rig.database.query("update auth_keys set sealed = $1 where type = 'sender-key' and id = $2", [
    rig.sealer.seal(Buffer.from(text), `auth_keys|first|sender-key|${name}`),
    name,
  ])
  account.life.terminate('lock-lost')
  expect(await readLate(await rig.open())).toBe('overtaken')
})
