// Guarantee: over HTTP the simulator is told what becomes of what a client sends, and tells what came and what phones show.
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { until } from '../../test/ground/until.ts'
import { text } from '../accounts/content.ts'
import { type BaileysClient, openBaileysClient } from '../baileys-client.ts'
import { ownerPn } from '../pair-test-client.ts'
import { openSimulatorServer, type SimulatorServer } from './control.ts'

const ana = { pn: '5511900000011', name: 'Ana' }
let server: SimulatorServer
let client: BaileysClient
beforeAll(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
  server = await openSimulatorServer()
  client = openBaileysClient(server.url, undefined, { shouldSyncHistoryMessage: () => false })
  await server.simulator.scanQr(await client.whenQr(), { pn: ownerPn })
  await client.waitFor(client.isOpen)
})
afterAll(async () => {
  await client.close()
  await server.close()
})

const path = (what: string) => `${server.controlUrl}/sim/v1/devices/${ownerPn}/${what}`
const fault = async (body: object) =>
  expect((await fetch(path('faults'), { method: 'POST', headers, body: JSON.stringify(body) })).status).toBe(202)
const headers = { 'content-type': 'application/json' }

type Told = { data: { messageId: string; content: object }[]; reactions: object[]; conflicts: object[] }
const told = async (what: 'stanzas' | 'shown') => (await (await fetch(path(what))).json()) as Told

it('[K1] a message is swallowed, not read at first, received, shown once, and told as JSON', async () => {
  const { lidJid } = server.simulator.contact(ana)
  const content = { ...text('oi'), messageContextInfo: { messageSecret: Buffer.alloc(32, 1) } }
  const relay = () => client.socket().relayMessage(lidJid, content, { messageId: '3EB0AA' })
  const receipts: unknown[] = []
  client.socket().ws.on('CB:receipt', ({ attrs: { type } }) => receipts.push(type ?? 'delivered'))
  await fault({ kind: 'answerMessages', answer: 'swallow', times: 1 })
  await fault({ kind: 'failToRead', by: ana })
  await fault({ kind: 'receipts', of: 'read' })
  await relay()
  await until('the swallowed one', async () => (await told('stanzas')).data.length === 1)
  await relay()
  await until('the receipts', () => receipts.length === 3)
  expect(receipts).toEqual(['retry', 'delivered', 'read'])
  expect((await told('stanzas')).data).toEqual([{ messageId: '3EB0AA', to: lidJid, count: 3, edits: [null, null, null] }])
  const { data, ...rest } = await told('shown')
  expect(rest).toEqual({ reactions: [], conflicts: [] })
  const secret = { messageSecret: Buffer.alloc(32, 1).toString('base64') }
  expect(data).toMatchObject([
    { chat: lidJid, messageId: '3EB0AA', content: { conversation: 'oi', messageContextInfo: secret }, isEdited: false },
  ])
})

it('[K1] copies that differ are told', async () => {
  const { lidJid } = server.simulator.contact(ana)
  await client.socket().relayMessage(lidJid, text('outra'), { messageId: '3EB0AA' })
  const { conflicts, data } = await until('the conflict', async () => {
    const now = await told('shown')
    return now.conflicts.length > 0 && now
  })
  expect(conflicts[0]).toMatchObject({ messageId: '3EB0AA', shown: { conversation: 'oi' }, other: { conversation: 'outra' } })
  expect(data).toMatchObject([{ content: { conversation: 'oi' } }])
})
