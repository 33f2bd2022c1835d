// Every kind as a simulated phone seals it, through the real Baileys, in the log.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { comment, inAlbum, pin } from '../../simulator/accounts/content.ts'
import type { SimDevice } from '../../simulator/accounts/device.ts'
import { type SampleKind, sampleKinds, sampleMessage } from '../../simulator/accounts/sample-kinds.ts'
import { image } from '../../simulator/media/media.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openRig, type Rig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

let rig: Rig
let device: SimDevice
beforeAll(async () => {
  rig = await openRig('kinds from a phone', collectLogLines())
  await rig.start()
  device = await rig.pair('first')
})
afterAll(async () => {
  await rig.close()
})
const contact = (digit = 1) => rig.simulator.contact({ pn: `551190000001${digit}`, name: `Contact ${digit}` })

/** Those that are called otherwise than their sample. */
const kindOf: Partial<Record<SampleKind, string>> = {
  'list-answer': 'list',
  'buttons-answer': 'buttons',
  'template-answer': 'template',
  'interactive-answer': 'interactive',
  'sticker-pack': 'sticker',
  payment: 'system',
  'call-log': 'system',
}

test('[B1] [B2] each kind is message.received under its name, acknowledged like any other', async () => {
  const ids: string[] = []
  for (const kind of sampleKinds) ids.push(await device.send(contact(), sampleMessage(kind)))
  const messages = await rig.untilEvents('message.received', sampleKinds.length)
  expect(messages.map(({ messageId, kind }) => [messageId, kind])).toEqual(
    sampleKinds.map((kind, at) => [ids[at], kindOf[kind] ?? kind]),
  )
  await until('all is acknowledged', () => device.pending().length === 0)
})

test('[B1] pictures of an album and comments belong to their parents, and pins name their message', async () => {
  const [ana, bea] = [contact(1), contact(2)]
  const group = rig.simulator.group({ subject: 'Team', members: [device.owner, ana, bea] })
  const album = { messageId: await device.sendGroup(group, ana, sampleMessage('album')), author: ana, group }
  const photo = image(rig.simulator.cdn, { bytes: Buffer.from('jpeg') })
  const shown = await device.sendGroup(group, ana, inAlbum(photo, album, ana))
  const said = await device.sendGroup(group, bea, comment(bea, 'que lindo', album))
  await device.sendGroup(group, bea, pin(bea, true, { messageId: shown, author: ana, group }))
  await device.sendGroup(group, bea, pin(bea, false, { messageId: shown, author: ana, group }))
  const [pinned, unpinned] = await rig.untilEvents('message.pinned', 2)
  const about = { targetMessageId: shown, targetSenderId: ana.lidJid, senderId: bea.lidJid, chatId: group.id, isGroup: true }
  expect(pinned).toMatchObject({ ...about, on: true })
  expect((pinned?.untilAt ?? 0) - (pinned?.occurredAt ?? 0)).toBeGreaterThan(6 * 86_400_000)
  expect(unpinned).toMatchObject({ ...about, on: false, untilAt: null })
  const messages = await rig.eventsOf('message.received')
  const byId = (id: string) => messages.find(message => message.messageId === id)
  expect(byId(shown)).toMatchObject({ kind: 'image', parentMessageId: album.messageId })
  expect(byId(said)).toMatchObject({ kind: 'text', text: 'que lindo', parentMessageId: album.messageId })
})
