import { initAuthCreds } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { until } from '../../test/ground/until.ts'
import { openBaileysClient } from '../baileys-client.ts'
import { openPaired, ownerPn, type Paired } from '../pair-test-client.ts'
import { text } from './content.ts'

let paired: Paired
beforeEach(async () => {
  vi.spyOn(console, 'info').mockReturnValue()
  paired = await openPaired()
})
afterEach(() => paired.close())

it('[K1] the real client pairs by QR, uploads its prekeys and is online', async () => {
  const { client, device, simulator } = paired
  expect(client.closes).toEqual([515])
  expect(client.auth.creds.me).toMatchObject({ id: `${ownerPn}:1@s.whatsapp.net`, lid: device.lidJid })
  expect(client.auth.creds.nextPreKeyId).toBeGreaterThan(800)
  expect(device.isOnline()).toBe(true)
  expect(simulator.device(ownerPn)).toBe(device)
})

it('[K1] a QR that is not on offer, or was used, is refused', async () => {
  const { simulator } = paired
  await expect(simulator.scanQr('not a qr', { pn: ownerPn })).rejects.toThrow('expected `ref,noise,identity,secret,platform`')
  await expect(simulator.scanQr('x#2@gone,AAAA,AAAA,AAAA,1', { pn: ownerPn })).rejects.toThrow('not on offer')
  expect(() => simulator.device('5511900000099')).toThrow('finding a companion of 5511900000099: none is linked')
})

it('[K1] a second companion of the same number is another device, and the newest', async () => {
  const { simulator, device } = paired
  const other = openBaileysClient(simulator.url)
  const second = await simulator.scanQr(await other.whenQr(), { pn: ownerPn })
  await other.waitFor(other.isOpen)
  expect([device.deviceId, second.deviceId]).toEqual([1, 2])
  expect(simulator.device(ownerPn)).toBe(second)
  expect(simulator.device(ownerPn, 1)).toBe(device)
  expect(device.isOnline()).toBe(true)
  await other.close()
})

it('[K1] a client with saved credentials logs in again without a QR', async () => {
  const { simulator, client, device } = paired
  await client.close()
  await until('the companion to be away', () => !device.isOnline())
  const again = openBaileysClient(simulator.url, client.auth)
  await again.waitFor(again.isOpen)
  expect(again.closes).toEqual([])
  expect(device.isOnline()).toBe(true)
  await again.close()
})

it('[K1] a second login closes the first with conflict (440), and the second receives', async () => {
  const { simulator, client, device } = paired
  const second = openBaileysClient(simulator.url, client.auth)
  await second.waitFor(second.isOpen)
  await client.waitFor(() => client.closes.at(-1) === 440)
  const ana = simulator.contact({ pn: '5511900000011' })
  const id = await device.send(ana, text('to whom it belongs'))
  await second.waitFor(() => second.events.some(event => event['messages.upsert']?.messages[0]?.key.id === id))
  await second.close()
})

it('[K1] logged out by the phone: 401 now, and 401 at every later login', async () => {
  const { simulator, client, device } = paired
  device.streamError('loggedOut')
  await client.waitFor(() => client.closes.at(-1) === 401)
  const again = openBaileysClient(simulator.url, client.auth)
  await again.waitFor(() => again.closes.at(-1) === 401)
  expect(device.isRemoved()).toBe(true)
})

it('[K1] logged out by the client: the companion is gone', async () => {
  const { client, device } = paired
  await client.socket().logout()
  await until('the companion to be removed', () => device.isRemoved() && !device.isOnline())
})

it.each([
  ['conflict', 440],
  ['restart', 515],
  ['unavailable', 503],
  ['badSession', 500],
] as const)('[K1] stream error %s closes the client with %i', async (kind, code) => {
  const { client, device } = paired
  device.streamError(kind)
  await client.waitFor(() => client.closes.length > 1 && client.closes[1] === code)
})

it('[K1] a refused login says the code it was told, and null lets in again', async () => {
  const { simulator, client, device } = paired
  await client.close()
  device.refuseLogin(405)
  const refused = openBaileysClient(simulator.url, client.auth)
  await refused.waitFor(() => refused.closes.at(-1) === 405)
  device.refuseLogin(null)
  const again = openBaileysClient(simulator.url, client.auth)
  await again.waitFor(again.isOpen)
  await again.close()
})

it('[K1] a login with another noise key is refused with 401', async () => {
  const { simulator, client } = paired
  await client.close()
  const { noiseKey } = initAuthCreds()
  const thief = openBaileysClient(simulator.url, { ...client.auth, creds: { ...client.auth.creds, noiseKey } })
  await thief.waitFor(() => thief.closes.at(-1) === 401)
})

it('[K1] a client that is killed while pairing fails the scan, not the simulator', async () => {
  const { simulator } = paired
  const other = openBaileysClient(simulator.url)
  const scan = simulator.scanQr(await other.whenQr(), { pn: '5511900000002' })
  await Promise.all([expect(scan).rejects.toThrow('the client closed the connection before it signed'), other.close()])
  expect(() => simulator.device('5511900000002')).toThrow('none is linked')
})

it('[K1] close is idempotent and cuts every client', async () => {
  const { simulator, client } = paired
  await Promise.all([simulator.close(), simulator.close()])
  await client.waitFor(() => client.closes.length > 1)
})
