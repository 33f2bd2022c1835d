// Guarantee: a world goes on where it was kept: clients paired before receive what was queued and what is new, with the keys they have.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { until } from '../../test/ground/until.ts'
import { openBaileysClient } from '../baileys-client.ts'
import { image } from '../media/media.ts'
import { openPaired, ownerPn, type Paired } from '../pair-test-client.ts'
import { openSimulator, type Simulator } from '../simulator.ts'
import { reply, text } from './content.ts'

const ana = { pn: '5511900000011', name: 'Ana' }
const bruno = { pn: '5511900000012', name: 'Bruno' }

let paired: Paired
beforeEach(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
  paired = await openPaired()
})
afterEach(() => paired.close())

/** The first simulator ends, another one begins with nothing but the text; the client comes to it with the keys it had. */
async function goOn(): Promise<{ simulator: Simulator; again: ReturnType<typeof openBaileysClient>; close(): Promise<void> }> {
  const world = await paired.simulator.keepWorld()
  await paired.close()
  const simulator = await openSimulator({ world })
  const again = openBaileysClient(simulator.url, paired.client.auth, { shouldSyncHistoryMessage: () => false })
  await again.waitFor(again.isOpen)
  return {
    simulator,
    again,
    close: async () => {
      await again.close()
      await simulator.close()
    },
  }
}

const bodiesOf = (client: Paired['client']) =>
  client.events
    .flatMap(event => event['messages.upsert']?.messages ?? [])
    .map(({ message }) => message?.conversation ?? message?.extendedTextMessage?.text ?? null)

it('[K1] a paired client receives from sessions and sender keys that began before, in the order sent, and asks for nothing again', async () => {
  const { simulator, device, client } = paired
  const [a, b] = [simulator.contact(ana), simulator.contact(bruno)]
  const group = simulator.group({ subject: 'Turma', members: [a, b, device.owner] })
  await device.send(a, text('um'))
  device.establishSession(a)
  await device.send(a, text('dois'))
  await device.sendGroup(group, b, text('três'))
  await device.sendGroup(group, device.owner, text('quatro'))
  await client.waitFor(() => bodiesOf(client).length === 4)
  await until('all to be settled', () => device.pending().length === 0)
  device.drop()
  await until('the client to be away', () => !device.isOnline())
  const queued = [await device.send(a, text('cinco')), await device.sendGroup(group, b, text('seis'))]

  const { simulator: later, again, close } = await goOn()
  try {
    const there = later.device(ownerPn)
    const [a2, b2] = [later.contact({ pn: ana.pn }), later.contact({ pn: bruno.pn })]
    await again.waitFor(() => bodiesOf(again).length === 2)
    const before = there.settled().length
    await there.send(a2, text('sete'))
    await there.sendGroup({ ...group }, b2, text('oito'))
    await there.sendFromPhone(a2, text('nove'))
    await there.send(later.contact({ pn: '5511900000013' }), text('dez'))
    await again.waitFor(() => bodiesOf(again).length === 6)
    expect(bodiesOf(again)).toEqual(['cinco', 'seis', 'sete', 'oito', 'nove', 'dez'])
    await until('all to be settled', () => there.pending().length === 0)
    expect(
      there
        .settled()
        .slice(before)
        .map(({ how }) => how),
    ).toEqual(['receipt:delivery', 'receipt:delivery', 'receipt:sender', 'receipt:delivery'])
    expect(
      there
        .settled()
        .slice(-6, -4)
        .map(({ id }) => id),
    ).toEqual(queued)
    expect(a2).toEqual(a)
    expect(again.closes).toEqual([])
  } finally {
    await close()
  }
})

it('[K1] what the simulator remembers is kept: groups, files and their faults, stanzas to deliver again, media to upload again', async () => {
  const { simulator, device, client } = paired
  const a = simulator.contact(ana)
  const group = simulator.group({ subject: 'Turma', members: [a, device.owner] })
  const asked = text('que horas?')
  const id = await device.send(a, asked)
  await device.send(a, reply('às oito', { messageId: id, author: a }, asked))
  const picture = image(simulator.cdn, { bytes: Buffer.from('picture') })
  const path = picture.imageMessage?.directPath ?? ''
  const pictureId = await device.send(a, picture)
  await client.waitFor(() => bodiesOf(client).length === 3)
  await until('all to be settled', () => device.pending().length === 0)
  simulator.cdn.fault(path, { kind: 'status', status: 410 })
  simulator.setPicture(a, Buffer.from('face'))
  await until('the notification to be settled', () => device.pending().length === 0)
  const settled = device.settled()

  const { simulator: later, again, close } = await goOn()
  try {
    const there = later.device(ownerPn)
    expect(there.settled()).toEqual(settled)
    expect((await again.socket().groupMetadata(group.id)).subject).toBe('Turma')
    expect(later.group({ subject: 'Outra', members: [] }).id).not.toBe(group.id)
    expect((await fetch(`${later.cdnUrl}${path}`)).status).toBe(410)
    later.cdn.heal(path)
    expect((await fetch(`${later.cdnUrl}${path}`)).status).toBe(200)
    expect(await again.socket().profilePictureUrl(a.lidJid)).toContain('/v/')
    expect(there.redeliver([id, pictureId])).toBe(2)
    await until('both to be settled again', () => there.pending().length === 0)
  } finally {
    await close()
  }
})

it('[K1] a client that the kept world does not know, or whose device was removed there, is refused as before', async () => {
  paired.device.streamError('loggedOut')
  await paired.client.waitFor(() => paired.client.closes.includes(401))
  const world = await paired.simulator.keepWorld()
  const later = await openSimulator({ world })
  const again = openBaileysClient(later.url, paired.client.auth)
  try {
    await again.waitFor(() => again.closes.includes(401))
    expect(later.device(ownerPn).isRemoved()).toBe(true)
  } finally {
    await again.close()
    await later.close()
  }
})
