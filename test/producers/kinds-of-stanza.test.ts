// Whatever a stanza is, its meaning is in the log: groups, the account's own phone, what cannot be decrypted, what nobody knows yet.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { edit, pin, reaction, reply, revoke, text, unknownKind } from '../../simulator/accounts/content.ts'
import { image } from '../../simulator/media/media.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { hows, openRig, type Rig, testConfig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('kinds of stanza', logger)
})
afterEach(async () => {
  await rig.close()
})
const contact = (digit = 1) => rig.simulator.contact({ pn: `551190000001${digit}`, name: `Contact ${digit}` })

test('[B1] the first message of a group comes with its sender key and is one event', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const [ana, bea] = [contact(1), contact(2)]
  const group = rig.simulator.group({ subject: 'Team', members: [device.owner, ana, bea] })
  for (const [from, body] of [
    [ana, 'a1'],
    [bea, 'b1'],
    [ana, 'a2'],
  ] as const)
    await device.sendGroup(group, from, text(body))
  const messages = await rig.untilEvents('message.received', 3)
  expect(messages.map(({ text: body, chatId, senderId, isGroup }) => ({ body, chatId, senderId, isGroup }))).toEqual([
    { body: 'a1', chatId: group.id, senderId: ana.lidJid, isGroup: true },
    { body: 'b1', chatId: group.id, senderId: bea.lidJid, isGroup: true },
    { body: 'a2', chatId: group.id, senderId: ana.lidJid, isGroup: true },
  ])
  await until('all is acknowledged', () => device.pending().length === 0)
  expect(await rig.eventsOf('message.undecryptable')).toEqual([])
  expect((await rig.eventsOf('unknown')).filter(event => event.source === 'stanza')).toEqual([])
})

test('[B1] what the account writes on its phone is message.sent in the chat it was written to', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const id = await device.sendFromPhone(contact(), text('from my phone'))
  const [sent] = await rig.untilEvents('message.sent', 1)
  expect(sent).toMatchObject({ messageId: id, chatId: contact().lidJid, fromMe: true, source: 'phone', text: 'from my phone' })
  await until('it is acknowledged', () => hows(device, id).length > 0)
  expect(hows(device, id)).toEqual(['receipt:sender'])
})

test('[B1] edits, revokes, reactions, replies and media have types of their own', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = contact()
  const id = await device.send(ana, text('helo'))
  await device.send(ana, edit(ana, 'hello', { messageId: id, author: ana }))
  await device.send(ana, reaction(ana, '🎉', { messageId: id, author: ana }))
  await device.send(ana, reply('indeed', { messageId: id, author: ana }, text('helo')))
  await device.send(ana, revoke(ana, { messageId: id, author: ana }))
  await device.send(ana, image(rig.simulator.cdn, { bytes: Buffer.from('jpeg'), caption: 'look', width: 4, height: 3 }))
  await rig.untilEvents('message.received', 3)
  const [edited] = await rig.eventsOf('message.edited')
  const [reacted] = await rig.eventsOf('message.reacted')
  const [revoked] = await rig.eventsOf('message.revoked')
  expect(edited).toMatchObject({ targetMessageId: id, text: 'hello' })
  expect(reacted).toMatchObject({ targetMessageId: id, emoji: '🎉' })
  expect(revoked).toMatchObject({ targetMessageId: id })
  const [, replied, picture] = await rig.eventsOf('message.received')
  expect(replied).toMatchObject({ kind: 'text', text: 'indeed', quotedMessageId: id })
  expect(picture).toMatchObject({ kind: 'image', text: 'look', media: { mimetype: 'image/jpeg', width: 4, height: 3 } })
  expect(picture?.mediaSource?.mediaKey.length).toBe(32)
})

test('[B9] a group’s admin revokes what another wrote; a member that says the same, or edits it, changes nothing', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const [ana, bea] = [contact(1), contact(2)]
  const group = rig.simulator.group({ subject: 'Team', members: [device.owner, ana, bea] })
  const messageId = await device.sendGroup(group, ana, text('mine'))
  const target = { messageId, author: ana, group }
  await expect(device.sendGroup(group, bea, revoke(bea, target))).rejects.toThrow('only admins of the group revoke')
  await device.sendGroup(group, bea, revoke(bea, target), { id: 'FORGED', attrs: { edit: '7' } })
  await device.sendGroup(group, bea, edit(bea, 'yours', target), { id: 'FORGED-EDIT' })
  await device.sendGroup(group, bea, pin(bea, true, target), { id: 'FORGED-PIN', attrs: { edit: '1' } })
  rig.simulator.group({ ...group, admins: [bea.lidJid] })
  await device.sendGroup(group, bea, revoke(bea, target), { id: 'BY-ADMIN' })
  const [revoked] = await rig.untilEvents('message.revoked', 1)
  expect(revoked).toMatchObject({
    messageId: 'BY-ADMIN',
    targetMessageId: messageId,
    senderId: bea.lidJid,
    targetSenderId: ana.lidJid,
  })
  expect(await rig.eventsOf('message.edited')).toEqual([])
  const refused = (await rig.eventsOf('unknown')).filter(event => event.messageId?.startsWith('FORGED'))
  expect(refused.map(event => event.name)).toEqual(
    ['revoke', 'edit', 'pin'].map(change => `message: ${change} without authority`),
  )
  expect(await rig.eventsOf('message.pinned')).toEqual([])
})

test('[B8] a message that cannot be decrypted is an event and a counter, and the good copy follows', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const id = await device.send(contact(), text('broken on its way'), { corrupt: 'first' })
  const [message] = await rig.untilEvents('message.received', 1)
  expect(message).toMatchObject({ messageId: id, text: 'broken on its way' })
  const [undecryptable, ...others] = await rig.eventsOf('message.undecryptable')
  expect(undecryptable).toMatchObject({ messageId: id, encryption: 'pkmsg', senderName: 'Contact 1' })
  expect(others).toEqual([])
  expect(await rig.metrics.render()).toContain('zaplog_undecryptable_total{encryption="pkmsg"} 1')
})

test('[B1] a kind of the future is a message of unknown kind, with its bytes', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const id = await device.send(contact(), unknownKind('tomorrow'))
  await until('it is acknowledged', () => hows(device, id).length > 0)
  const [message] = await rig.eventsOf('message.received')
  expect(message).toMatchObject({ messageId: id, kind: 'unknown', text: 'tomorrow', senderName: 'Contact 1' })
  expect(message?.raw?.toString()).toContain('tomorrow')
})

test('[B1] history comes as the notification that names it, and is acknowledged after that', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const id = await device.historySync([
    { chat: contact(), from: contact(), content: text('long ago'), timestampMs: 1_700_000_000_000 },
  ])
  await until('it is acknowledged', () => hows(device, id).includes('receipt:hist_sync'))
  const unknown = (await rig.eventsOf('unknown')).find(event => event.messageId === id)
  expect(unknown?.name).toBe('message: protocolMessage HISTORY_SYNC_NOTIFICATION')
})

test('[B1] [B2] a message without anything to decrypt is in the log before it is acknowledged', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const { lidJid: from } = contact()
  const attrs = { from, type: 'text', t: '1700000000' }
  device.pushStanza({
    tag: 'message',
    attrs: { ...attrs, from: '1203@newsletter', id: 'BARE' },
    content: [{ tag: 'reaction', attrs: {} }],
  })
  device.pushStanza({
    tag: 'message',
    attrs: { ...attrs, id: 'BOT' },
    content: [{ tag: 'enc', attrs: { type: 'msmsg', v: '2' }, content: Buffer.from('x') }],
  })
  for (const id of ['BARE', 'BOT']) await until(`${id} is settled`, () => hows(device, id).length > 0)
  const names = (await rig.eventsOf('unknown')).filter(event => event.messageId).map(event => [event.messageId, event.name])
  expect(names).toContainEqual(['BARE', 'message: without content'])
  expect(names).toContainEqual(['BOT', 'message: enc msmsg'])
})

test('[B1] [B2] raw bytes too large for a record go to the object store', async () => {
  await rig.start({ config: { ...testConfig, url: rig.simulator.url, rawInlineBytes: 2_000 } })
  const device = await rig.pair('first')
  const body = 'long '.repeat(1_000)
  await device.send(contact(), text(body))
  const [message] = await rig.untilEvents('message.received', 1)
  expect(message?.text).toBe(body)
  expect(message?.raw).toBeNull()
  expect(message?.rawObject?.key).toBe(`raw/${message?.eventId}`)
  expect(rig.objects.stored.get(`raw/${message?.eventId}`)?.length).toBe(message?.rawObject?.sizeBytes)
})

test('[B1] an event that no record can hold becomes unknown, with its bytes in the object store', async () => {
  await rig.start({ config: { ...testConfig, url: rig.simulator.url, maxRecordBytes: 12_000 } })
  const device = await rig.pair('first')
  await device.send(contact(), text('long '.repeat(4_000)))
  const [unknown] = await rig.untilEvents('unknown', 1)
  const found = (await rig.eventsOf('unknown')).find(event => event.name.startsWith('message.received')) ?? unknown
  expect(found?.name).toBe('message.received: too large')
  expect(rig.objects.stored.get(found?.rawObject?.key ?? '')?.toString()).toContain('long long')
})
