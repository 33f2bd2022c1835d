// Guarantee: the real client is linked by the code that it shows and its owner types, and by no other.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type BaileysClient, openBaileysClient } from '../baileys-client.ts'
import { ownerPn } from '../pair-test-client.ts'
import { openSimulator, type Simulator } from '../simulator.ts'
import { text } from './content.ts'

const phone = { pn: ownerPn, name: 'Owner' }
let simulator: Simulator
let client: BaileysClient
beforeEach(async () => {
  vi.spyOn(console, 'info').mockReturnValue()
  simulator = await openSimulator()
  client = openBaileysClient(simulator.url, undefined, { shouldSyncHistoryMessage: () => false })
  await client.whenQr()
})
afterEach(async () => {
  await client.close()
  await simulator.close()
})

/** Once the server has the client's half, which Baileys does not wait for. */
async function shownCode(pn = ownerPn): Promise<string> {
  const answered = new Promise(resolve => client.socket().ws.once('CB:iq,,link_code_companion_reg', resolve))
  const code = await client.socket().requestPairingCode(pn)
  await answered
  return code
}

it('[K1] the real client is linked by its code, logs in and receives', async () => {
  const code = await shownCode()
  const device = await simulator.typePairingCode(`${code.slice(0, 4)}-${code.slice(4)}`.toLowerCase(), phone)
  await client.waitFor(client.isOpen)
  expect(client.closes).toEqual([515])
  expect(client.auth.creds.me).toMatchObject({ id: `${ownerPn}:1@s.whatsapp.net`, lid: device.lidJid })
  const id = await device.send(simulator.contact({ pn: '5511900000011' }), text('linked'))
  await client.waitFor(() => client.events.some(event => event['messages.upsert']?.messages[0]?.key.id === id))
})

it('[K1] a wrong code links nothing, and the right one may be typed after it', async () => {
  const code = await shownCode()
  const wrong = code.startsWith('A') ? `B${code.slice(1)}` : `A${code.slice(1)}`
  await expect(simulator.typePairingCode(wrong, phone)).rejects.toThrow('it is not the one that is shown')
  expect(simulator.devices()).toEqual([])
  await simulator.typePairingCode(code, phone)
  await client.waitFor(client.isOpen)
})

it('[K1] a code is on offer for its number alone, and until its connection ends', async () => {
  await expect(simulator.typePairingCode('ABCD1234', phone)).rejects.toThrow(`none is on offer for ${ownerPn}`)
  const code = await shownCode()
  await expect(simulator.typePairingCode(code, { pn: '5511900000002' })).rejects.toThrow('none is on offer for 5511900000002')
  await client.close()
  await expect(simulator.typePairingCode(code, phone)).rejects.toThrow(`none is on offer for ${ownerPn}`)
})

it('[K1] a newer code takes the place of the one before', async () => {
  const first = await shownCode()
  const second = await shownCode()
  await expect(simulator.typePairingCode(first, phone)).rejects.toThrow('it is not the one that is shown')
  await simulator.typePairingCode(second, phone)
  await client.waitFor(client.isOpen)
})

it('[K1] a client that has asked for a code is scanned as any other', async () => {
  await shownCode()
  await simulator.scanQr(await client.whenQr(), phone)
  await client.waitFor(client.isOpen)
})

it('[K1] what nobody typed logs nobody in: 401', async () => {
  await shownCode()
  await client.close()
  const again = openBaileysClient(simulator.url, client.auth)
  await again.waitFor(() => again.closes.at(-1) === 401)
})

it('[K1] asking for a code can be refused', async () => {
  simulator.refusePairingCodes(429)
  const refused = new Promise<{ tag: string; attrs: object }>(resolve => client.socket().ws.once('CB:iq,type:error', resolve))
  await client.socket().requestPairingCode(ownerPn)
  expect(await refused).toMatchObject({ content: [{ tag: 'error', attrs: { code: '429' } }] })
  simulator.refusePairingCodes(null)
  await simulator.typePairingCode(await shownCode(), phone)
  await client.waitFor(client.isOpen)
})
