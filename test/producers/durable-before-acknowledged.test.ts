// WhatsApp hears nothing of a message before the log has it, whatever fails; and what it was not told comes again.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { hows, isRatchetStep, openRig, type Rig, testConfig, texts } from '../ground/producers/rig.ts'
import { type SwitchedLog, switchLog } from '../ground/producers/switched-log.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
let switched: SwitchedLog
beforeEach(async () => {
  rig = await openRig('durable before acknowledged', logger)
  switched = switchLog(rig.testLog.log)
})
afterEach(async () => {
  switched.release()
  await rig.close()
})

const contact = () => rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
const impatient = () => ({ ...testConfig, url: rig.simulator.url, appendTimeoutMs: 400 })

test('[B2] a message is not acknowledged before it is durable', async () => {
  await rig.start({ log: switched.log })
  const device = await rig.pair('first')
  switched.hold()
  const id = await device.send(contact(), text('held'))
  await until('its append waits', () => switched.stuck() > 0)
  expect(hows(device, id)).toEqual([])
  expect(await rig.eventsOf('message.received')).toEqual([])
  switched.release()
  await until('it is acknowledged', () => hows(device, id).length > 0)
  expect(hows(device, id)).toEqual(['receipt:inactive'])
  expect(texts(await rig.eventsOf('message.received'))).toEqual(['held'])
})

test('[B2] a receipt, a notification and a call are not acknowledged before they are durable', async () => {
  await rig.start({ log: switched.log })
  const device = await rig.pair('first')
  await until('the login is told', () => device.pending().length === 0)
  const { lidJid: from } = contact()
  switched.hold()
  device.receipt({ messageIds: ['3EB0AA'], from: contact(), type: 'read' })
  device.pushStanza({ tag: 'notification', attrs: { id: 'n1', from, type: 'status', t: '1700000000' }, content: [] })
  device.pushStanza({
    tag: 'call',
    attrs: { id: 'c1', from, t: '1700000000' },
    content: [{ tag: 'terminate', attrs: { 'call-id': 'x' } }],
  })
  await until('an append waits', () => switched.stuck() > 0)
  for (const id of ['3EB0AA', 'n1', 'c1']) expect(hows(device, id)).toEqual([])
  switched.release()
  for (const id of ['3EB0AA', 'n1', 'c1']) await until(`${id} is acknowledged`, () => hows(device, id).length > 0)
  const [receipt] = await rig.eventsOf('message.receipt-updated')
  expect(receipt).toMatchObject({ messageIds: ['3EB0AA'], status: 'read', chatId: from, fromMe: false })
  const unknown = (await rig.eventsOf('unknown')).filter(event => event.source === 'stanza').map(event => event.name)
  expect(unknown).toEqual(['notification status'])
  expect(await rig.eventsOf('call.updated')).toMatchObject([{ callId: 'x', status: 'ended', chatId: from }])
})

test('[B2] while the log is away the socket is closed, nothing is said to WhatsApp, and everything arrives when it is back', async () => {
  await rig.start({ log: switched.log, config: impatient() })
  const device = await rig.pair('first')
  switched.hang()
  const ids = [await device.send(contact(), text('one')), await device.send(contact(), text('two'))]
  await until('the socket is closed', () => !device.isOnline())
  for (const id of ids) expect(hows(device, id)).toEqual([])
  expect(device.pending()).toEqual(ids)
  switched.release()
  await rig.untilEvents('message.received', 2)
  await until('all is acknowledged', () => device.pending().length === 0)
  expect(texts(await rig.eventsOf('message.received'))).toEqual(['one', 'two'])
  expect(await rig.eventsOf('message.undecryptable')).toEqual([])
  const reasons = (await rig.eventsOf('instance.state-changed')).map(event => event.reason)
  expect(reasons).toContain('log-unavailable')
})

test('[B2] [B3] dying between append and ratchet step repeats the message under the same id', async () => {
  let isAway = false
  const database = flaky(rig.database.database, call => (isAway && isRatchetStep(call) ? { hang: true } : null))
  await rig.start({ database, config: impatient() })
  const device = await rig.pair('first')
  isAway = true
  const id = await device.send(contact(), text('twice in the log, once in the world'))
  await until('the socket is closed', () => !device.isOnline())
  expect(hows(device, id)).toEqual([])
  isAway = false
  await until('it is acknowledged', () => hows(device, id).length > 0)
  const copies = await rig.eventsOf('message.received')
  expect(copies.length).toBeGreaterThan(1)
  expect(new Set(copies.map(copy => copy.eventId)).size).toBe(1)
  expect(new Set(copies.map(copy => copy.epoch)).size).toBe(copies.length)
  expect(await rig.eventsOf('message.undecryptable')).toEqual([])
})

test('[B3] a message that comes again after its ratchet step adds nothing: it is acknowledged again, and after a restart refused without a retry', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  const id = await device.send(contact(), text('once'))
  await until('it is acknowledged', () => hows(device, id).length === 1)
  device.redeliver([id])
  await until('the copy is settled', () => hows(device, id).length === 2)
  expect(hows(device, id)).toEqual(['receipt:inactive', 'receipt:inactive'])
  await role.close()
  device.redeliver([id])
  await rig.start()
  await until('the copy after a restart is settled', () => hows(device, id).length === 3)
  expect(hows(device, id).at(-1)).toBe('nack:487')
  expect(texts(await rig.eventsOf('message.received'))).toEqual(['once'])
  expect(await rig.eventsOf('message.undecryptable')).toEqual([])
})

test('[B3] [B8] messages whose receipts were lost come again and none counts as undecryptable, however many parts came since', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  const numbers = Array.from({ length: 20 }, (_, number) => String(number))
  const ids: string[] = []
  for (const number of numbers) ids.push(await device.send(contact(), text(number)))
  await until('all are acknowledged', () => device.pending().length === 0)
  await role.close()
  await rig.database.database.query(
    `insert into appended_parts (instance_id, digest, appended_at)
     select 'first', substr(sha256(n::text::bytea), 1, 16), now() + n * interval '1 millisecond' from generate_series(1, 5000) n`,
  )
  device.redeliver(ids)
  await rig.start()
  await until('every copy is settled', () => ids.every(id => hows(device, id).length === 2))
  expect(ids.map(id => hows(device, id).at(-1))).toEqual(ids.map(() => 'nack:487'))
  expect(await rig.eventsOf('message.undecryptable')).toEqual([])
  expect(texts(await rig.eventsOf('message.received'))).toEqual(numbers)
})

test('[B8] what cannot be decrypted under the id of a message that is in the log is not taken for its copy', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const id = await device.send(contact(), text('good'))
  await until('it is acknowledged', () => hows(device, id).length === 1)
  await device.send(contact(), text('encrypted anew, and broken'), { id, corrupt: 'first' })
  const [undecryptable] = await rig.untilEvents('message.undecryptable', 1)
  expect(undecryptable).toMatchObject({ messageId: id })
  await rig.untilEvents('message.received', 2)
  expect(hows(device, id)).not.toContain('nack:487')
})

test('[B2] a stanza that Baileys refuses for its business certificate is in the log before it is refused', async () => {
  await rig.start({ log: switched.log })
  const device = await rig.pair('first')
  await until('the login is told', () => device.pending().length === 0)
  switched.hold()
  device.pushStanza({
    tag: 'message',
    attrs: { id: 'SHOP', from: contact().lidJid, type: 'text', t: '1700000000' },
    content: [
      { tag: 'verified_name', attrs: {}, content: Buffer.from('ffff', 'hex') },
      { tag: 'enc', attrs: { type: 'msg', v: '2' }, content: Buffer.from('x') },
    ],
  })
  await until('its append waits', () => switched.stuck() > 0)
  expect(hows(device, 'SHOP')).toEqual([])
  switched.release()
  await until('it is refused', () => hows(device, 'SHOP').length > 0)
  expect((await rig.eventsOf('unknown')).find(event => event.messageId === 'SHOP')?.name).toBe('message: unreadable stanza')
})
