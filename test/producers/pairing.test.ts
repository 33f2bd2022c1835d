// An instance pairs by QR, logs in, and is seen to do so.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openRig, ownerPn, type Rig, texts } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('producers pairing', logger)
})
afterEach(async () => {
  await rig.close()
})

test('[A1] an instance shows a code, pairs, opens, and says so in the log', async () => {
  await rig.start()
  await rig.pair('first')
  const states = (await rig.eventsOf('instance.state-changed')).map(event => event.state)
  expect(states).toEqual(['connecting', 'qr', 'reconnecting', 'open'])
  const [paired] = await rig.eventsOf('instance.paired')
  expect(paired).toMatchObject({ phone: ownerPn, instanceId: 'first' })
  const open = await rig.untilState('first', 'open')
  expect(open.phone).toBe(ownerPn)
})

test('[B4] a message is in the log with both addresses of its sender', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  const id = await device.send(ana, text('good morning'))
  const [message] = await rig.untilEvents('message.received', 1)
  expect(message).toMatchObject({
    messageId: id,
    chatId: ana.lidJid,
    chatPn: ana.pnJid,
    senderId: ana.lidJid,
    kind: 'text',
    text: 'good morning',
    senderName: 'Ana',
    fromMe: false,
  })
  await until('it is acknowledged', () => device.pending().length === 0)
  const [contact] = await rig.eventsOf('contact.updated')
  expect(contact).toMatchObject({ contactId: ana.lidJid, contactPn: ana.pnJid, pushName: 'Ana' })
  expect(texts(await rig.eventsOf('message.received'))).toEqual(['good morning'])
})
