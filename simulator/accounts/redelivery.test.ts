import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { until } from '../../test/ground/until.ts'
import { type BaileysClient, openBaileysClient } from '../baileys-client.ts'
import { openPaired, type Paired } from '../pair-test-client.ts'
import type { Contact } from './accounts.ts'
import { text } from './content.ts'

let paired: Paired
let ana: Contact
beforeEach(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
  paired = await openPaired()
  ana = paired.simulator.contact({ pn: '5511900000011', name: 'Ana' })
})
afterEach(() => paired.close())

const bodies = (client: BaileysClient) =>
  client.events.flatMap(event => event['messages.upsert']?.messages ?? []).map(message => message.message?.conversation)
const howOf = (id: string) =>
  paired.device
    .settled()
    .filter(one => one.id === id)
    .map(one => one.how)
/** From here on the client receives stanzas but never gets to see them: as if it hung before acknowledging. */
const deafen = (client: BaileysClient) => client.socket().ws.removeAllListeners('CB:message')

async function reconnect(): Promise<BaileysClient> {
  const again = openBaileysClient(paired.simulator.url, paired.client.auth, { shouldSyncHistoryMessage: () => false })
  await again.waitFor(again.isOpen)
  return again
}

it('[K1] what was sent while the client was away waits, and comes in order at its next login', async () => {
  const { client, device } = paired
  device.drop()
  await client.waitFor(() => client.closes.at(-1) === 428)
  const ids: string[] = []
  for (const n of [1, 2, 3, 4, 5]) ids.push(await device.send(ana, text(`fora ${n}`)))
  expect(device.pending()).toEqual(ids)
  expect(device.isOnline()).toBe(false)
  const again = await reconnect()
  await again.waitFor(() => bodies(again).length === 5)
  expect(bodies(again)).toEqual(['fora 1', 'fora 2', 'fora 3', 'fora 4', 'fora 5'])
  await until('all to be settled', () => device.pending().length === 0)
  await again.close()
})

it('[K1] a connection that fell silent stays open and says nothing, and what was meant for it comes with the next one', async () => {
  const { client, device } = paired
  device.fallSilent()
  const ids = [await device.send(ana, text('um')), await device.send(ana, text('dois'))]
  await expect(
    client.socket().query({ tag: 'iq', attrs: { to: 's.whatsapp.net', type: 'get', xmlns: 'w:p' } }, 200),
  ).rejects.toThrow()
  expect(bodies(client)).toEqual([])
  expect(device.isOnline()).toBe(true)
  expect(device.pending()).toEqual(ids)
  device.drop()
  await until('the companion to be away', () => !device.isOnline())
  const again = await reconnect()
  await again.waitFor(() => bodies(again).length === 2)
  await again.close()
})

it('[K1] what a client received but did not acknowledge before a cut comes again, in order, before what is new', async () => {
  const { client, device } = paired
  deafen(client)
  const ids = [await device.send(ana, text('um')), await device.send(ana, text('dois'))]
  device.drop()
  await until('the companion to be away', () => !device.isOnline())
  ids.push(await device.send(ana, text('três')))
  expect(device.pending()).toEqual(ids)
  const again = await reconnect()
  await again.waitFor(() => bodies(again).length === 3)
  expect(bodies(again)).toEqual(['um', 'dois', 'três'])
  await again.close()
})

it('[K1] the queue comes marked offline, announced by a preview and ended by a count', async () => {
  const { client, device, simulator } = paired
  device.drop()
  await client.waitFor(() => client.closes.at(-1) === 428)
  const id = await device.send(ana, text('depois'))
  const again = openBaileysClient(simulator.url, client.auth, { shouldSyncHistoryMessage: () => false })
  const seen: unknown[] = []
  again.socket().ws.on('CB:ib', ({ content: [{ tag, attrs }] }) => seen.push([tag, attrs.count]))
  again.socket().ws.on('CB:message', ({ attrs }) => seen.push([attrs.id, attrs.offline]))
  await again.waitFor(() => bodies(again).length === 1)
  await until('the end of the queue', () => seen.length === 3)
  expect(seen).toEqual([
    ['offline_preview', '1'],
    [id, '1'],
    ['offline', '1'],
  ])
  await again.close()
})

it('[K1] a stanza can be delivered again byte for byte after it was settled', async () => {
  const { client, device } = paired
  const stanzas: { attrs: Record<string, string>; content: { content: Buffer }[] }[] = []
  client.socket().ws.on('CB:message', stanza => stanzas.push(stanza))
  const id = await device.send(ana, text('uma vez'))
  await until('the first copy to be settled', () => howOf(id).length === 1)
  expect(device.redeliver([id])).toBe(1)
  expect(device.pending()).toEqual([id])
  await until('the second copy to be settled', () => device.pending().length === 0)
  expect(stanzas).toHaveLength(2)
  expect(stanzas[1]?.attrs).toEqual(stanzas[0]?.attrs)
  expect(stanzas[1]?.content[0]?.content).toEqual(stanzas[0]?.content[0]?.content)
  // what stock Baileys does with a pkmsg it has decrypted before
  expect(howOf(id)).toEqual(['receipt:delivery', 'nack:487'])
  expect(bodies(client)).toEqual(['uma vez'])
  expect(device.redeliver()).toBe(1)
  await until('the third copy to be settled', () => device.pending().length === 0)
})

it('[K1] everything can be delivered again to a client that was away', async () => {
  const { client, device } = paired
  const ids = [await device.send(ana, text('a')), await device.send(ana, text('b'))]
  await until('both to be settled', () => device.pending().length === 0)
  device.drop()
  await client.waitFor(() => client.closes.at(-1) === 428)
  expect(device.redeliver()).toBe(2)
  expect(device.pending()).toEqual(ids)
  const again = await reconnect()
  await until('both to be settled again', () => device.pending().length === 0)
  await again.close()
})

it('[K1] a corrupt message is asked for again, and the copy has the same id and decrypts', async () => {
  const { client, device } = paired
  await device.send(ana, text('antes'))
  const id = await device.send(ana, text('inteira'), { corrupt: 'first' })
  await client.waitFor(() => bodies(client).includes('inteira'))
  await until('the copy to be settled', () => device.pending().length === 0)
  expect(howOf(id)).toEqual(['retry:1', 'nack:500', 'receipt:delivery'])
  await device.send(ana, text('depois'))
  await client.waitFor(() => bodies(client).includes('depois'))
})

it('[K1] a corrupt group message comes again to this companion alone, in the group, under the same id', async () => {
  const { client, device, simulator } = paired
  const group = simulator.group({ subject: 'Turma', members: [ana] })
  await device.sendGroup(group, ana, text('antes'))
  const id = await device.sendGroup(group, ana, text('inteira'), { corrupt: 'first' })
  const copies = () => client.events.flatMap(event => event['messages.upsert']?.messages ?? []).filter(({ key }) => key.id === id)
  const copy = await client.waitFor(() => copies().find(({ message }) => message?.conversation === 'inteira'))
  expect(copy.key).toMatchObject({ remoteJid: group.id, participant: ana.lidJid })
  await until('the copy to be settled', () => device.pending().length === 0)
  expect(howOf(id)).toEqual(['retry:1', 'nack:500', 'receipt:delivery'])
  await device.sendGroup(group, ana, text('depois'))
  await client.waitFor(() => bodies(client).includes('depois'))
})

it('[K1] a message that stays corrupt ends as undecryptable after the last retry', async () => {
  const { device } = paired
  const id = await device.send(ana, text('nunca'), { corrupt: 'always' })
  await until(
    'the retries to end',
    () => device.pending().length === 0 && howOf(id).filter(how => how === 'nack:500').length === 6,
  )
  expect(howOf(id).filter(how => how.startsWith('retry'))).toEqual(['retry:1', 'retry:2', 'retry:3', 'retry:4', 'retry:5'])
})

it('[K1] messages with a session the client answered, or one declared so, are msg and no longer pkmsg', async () => {
  const { client, device } = paired
  const types: string[] = []
  client.socket().ws.on('CB:message', ({ content: [enc] }) => types.push(enc.attrs.type))
  await device.send(ana, text('primeira'))
  device.establishSession(ana)
  await device.send(ana, text('segunda'))
  await client.waitFor(() => bodies(client).length === 2)
  expect(types).toEqual(['pkmsg', 'msg'])
})
