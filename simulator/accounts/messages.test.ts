import { proto } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { until } from '../../test/ground/until.ts'
import { node } from '../connection/stanza.ts'
import { openPaired, type Paired } from '../pair-test-client.ts'
import type { Contact } from './accounts.ts'
import { edit, reaction, reply, revoke, text, unknownKind } from './content.ts'
import type { SimulatorEvents } from './events.ts'

let paired: Paired
let ana: Contact
let bruno: Contact
const sentByClient: SimulatorEvents['client-message'][] = []
const protocolErrors: Error[] = []
beforeAll(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
  paired = await openPaired({})
  ana = paired.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  bruno = paired.simulator.contact({ pn: '5511900000012', name: 'Bruno' })
  paired.simulator.on('client-message', message => sentByClient.push(message))
  paired.simulator.on('protocol-error', error => protocolErrors.push(error))
})
afterAll(async () => {
  expect(protocolErrors).toEqual([])
  await paired.close()
})

const upserts = () => paired.client.events.flatMap(event => event['messages.upsert']?.messages ?? [])
const received = (id: string) => paired.client.waitFor(() => upserts().find(message => message.key.id === id))
const howOf = (id: string) =>
  paired.device
    .settled()
    .filter(one => one.id === id)
    .map(one => one.how)
const settledAs = (id: string) => until(`${id} to be settled`, () => !paired.device.pending().includes(id) && howOf(id))

it('[K1] a 1:1 text arrives decrypted with the LID, the phone number and the name, and is settled by a receipt', async () => {
  const id = await paired.device.send(ana, text('oi'), { timestampMs: 1_700_000_000_000 })
  const message = await received(id)
  expect(message.key).toMatchObject({ remoteJid: ana.lidJid, remoteJidAlt: ana.pnJid, fromMe: false, addressingMode: 'lid' })
  expect(message).toMatchObject({ pushName: 'Ana', messageTimestamp: 1_700_000_000, message: { conversation: 'oi' } })
  expect(id).toMatch(/^3EB0[0-9A-F]{18}$/)
  expect(await settledAs(id)).toEqual(['receipt:delivery'])
})

it('[K1] messages sent without waiting arrive in the order of the calls', async () => {
  const carla = paired.simulator.contact({ pn: '5511900000013', name: 'Carla' })
  const ids = await Promise.all(Array.from({ length: 20 }, (_, n) => paired.device.send(carla, text(`n${n}`))))
  await until('all to be settled', () => paired.device.pending().length === 0)
  expect(
    paired.device
      .settled()
      .map(one => one.id)
      .filter(id => ids.includes(id)),
  ).toEqual(ids)
})

it('[K1] a phone-number-addressed message comes from the phone number', async () => {
  const dora = paired.simulator.contact({ pn: '5511900000014', name: 'Dora' })
  const message = await received(await paired.device.send(dora, text('antigo'), { pnAddressed: true }))
  expect(message.key).toMatchObject({ remoteJid: dora.pnJid, addressingMode: 'pn' })
  const later = await received(await paired.device.send(dora, text('novo')))
  expect(later.key).toMatchObject({ remoteJid: dora.lidJid, remoteJidAlt: dora.pnJid })
})

it('[K1] group messages arrive with their author, the first with the sender key, and group metadata is answered', async () => {
  const { owner } = paired.device
  const group = paired.simulator.group({ subject: 'Turma', members: [ana, bruno, owner] })
  const first = await received(await paired.device.sendGroup(group, ana, text('um')))
  const second = await received(await paired.device.sendGroup(group, ana, text('dois')))
  expect([first.message?.conversation, second.message?.conversation]).toEqual(['um', 'dois'])
  expect(second.key).toMatchObject({ remoteJid: group.id, participant: ana.lidJid, participantAlt: ana.pnJid })
  const metadata = await paired.client.socket().groupMetadata(group.id)
  expect(metadata.subject).toBe('Turma')
  expect(metadata.participants.map(member => [member.id, member.phoneNumber])).toEqual([
    [ana.lidJid, ana.pnJid],
    [bruno.lidJid, bruno.pnJid],
    [owner.lidJid, owner.pnJid],
  ])
})

it('[K1] what the owner writes on the phone comes as fromMe, in a chat and in a group', async () => {
  const group = paired.simulator.group({ subject: 'Meu grupo', members: [ana] })
  const chat = await received(await paired.device.sendFromPhone(ana, text('do celular')))
  expect(chat.key).toMatchObject({ remoteJid: ana.lidJid, remoteJidAlt: ana.pnJid, fromMe: true })
  expect(chat.message?.conversation).toBe('do celular')
  const inGroup = await received(await paired.device.sendFromPhone(group, text('no grupo')))
  expect(inGroup).toMatchObject({ key: { remoteJid: group.id, fromMe: true }, message: { conversation: 'no grupo' } })
})

it('[K1] reply, reaction, edit and revoke name the message they are about', async () => {
  const { device, client } = paired
  const asked = text('que horas?')
  const messageId = await device.send(bruno, asked)
  const target = { messageId, author: bruno }
  const quoting = await received(await device.send(bruno, reply('às oito', target, asked)))
  expect(quoting.message?.extendedTextMessage?.contextInfo).toMatchObject({ stanzaId: messageId, quotedMessage: asked })
  await device.send(bruno, reaction(bruno, '👍', target))
  const reacted = await client.waitFor(() => client.events.find(event => event['messages.reaction'])?.['messages.reaction']?.[0])
  expect(reacted).toMatchObject({ key: { id: messageId, fromMe: false }, reaction: { text: '👍' } })
  await device.send(bruno, edit(bruno, 'que hora?', target), { plain: true })
  await device.send(bruno, revoke(bruno, target))
  const updates = () => client.events.flatMap(event => event['messages.update'] ?? []).filter(({ key }) => key.id === messageId)
  await client.waitFor(() => updates().length === 2)
  expect(updates()[0]?.update.message?.editedMessage?.message).toMatchObject({ conversation: 'que hora?' })
  expect(updates()[1]?.update.message).toBeNull()
})

it('[K1] a reaction to a message of the owner points at a fromMe message', async () => {
  const { device, client } = paired
  const messageId = await device.sendFromPhone(ana, text('pronto'))
  await device.send(ana, reaction(ana, '🎉', { messageId, author: device.owner }))
  const reactions = () => client.events.flatMap(event => event['messages.reaction'] ?? [])
  const reacted = await client.waitFor(() => reactions().find(({ key }) => key.id === messageId))
  expect(reacted.key).toMatchObject({ id: messageId, fromMe: true })
})

it('[K1] a message kind of the future arrives, and is settled', async () => {
  const id = await paired.device.send(ana, unknownKind())
  expect((await received(id)).message).toEqual({})
  expect(await settledAs(id)).toEqual(['receipt:delivery'])
  const inner = await paired.device.sendFromPhone(ana, unknownKind())
  expect((await received(inner)).key.fromMe).toBe(true)
})

it('[K1] receipts of contacts arrive for the messages they name', async () => {
  const { client, device } = paired
  device.receipt({ messageIds: ['3EB0AA', '3EB0BB'], from: ana })
  const updates = () => client.events.flatMap(event => event['messages.update'] ?? [])
  const statuses = () =>
    updates()
      .filter(({ key }) => key.id === '3EB0AA')
      .map(({ update }) => update.status)
  await client.waitFor(() => statuses().length === 1)
  device.receipt({ messageIds: ['3EB0AA'], from: ana, type: 'read' })
  await client.waitFor(() => statuses().length === 2)
  expect(statuses()).toEqual([proto.WebMessageInfo.Status.DELIVERY_ACK, proto.WebMessageInfo.Status.READ])
  expect(updates().some(({ key }) => key.id === '3EB0BB')).toBe(true)
  await until('both receipts to be acknowledged', () => howOf('3EB0AA').length === 2)
  expect(howOf('3EB0AA')).toEqual(['ack', 'ack'])
})

it('[K1] any stanza can be pushed, and waits for its ack', async () => {
  const { device, client } = paired
  device.pushStanza(
    node('notification', { id: 'N1', type: 'picture', from: ana.lidJid, t: '1700000000' }, [node('set', { id: '1' })]),
  )
  await client.waitFor(() => client.events.some(event => event['contacts.update']?.some(contact => contact.imgUrl === 'changed')))
  expect(await settledAs('N1')).toEqual(['ack'])
  expect(() => device.pushStanza(node('notification'))).toThrow('expected attribute id of <notification>')
})

it('[K1] what the client sends is acknowledged and can be read, and its session makes later messages msg', async () => {
  const { client, device } = paired
  const eva = paired.simulator.contact({ pn: '5511900000015', name: 'Eva' })
  await received(await device.send(eva, text('oi')))
  const sent = await client.socket().sendMessage(eva.lidJid, { text: 'olá, Eva' })
  const read = await until('the message to be read', () => sentByClient.find(one => one.messageId === sent?.key.id))
  expect(read.content?.extendedTextMessage?.text).toBe('olá, Eva')
  expect(read.device).toBe(device)
  expect((await received(await device.send(eva, text('respondi')))).message?.conversation).toBe('respondi')
})

it('[K1] what the client sends to a group can be read', async () => {
  const { client, simulator } = paired
  const group = simulator.group({ subject: 'Leitura', members: [ana, bruno, paired.device.owner] })
  for (const body of ['primeira', 'segunda']) {
    const sent = await client.socket().sendMessage(group.id, { text: body })
    const read = await until('the group message to be read', () => sentByClient.find(one => one.messageId === sent?.key.id))
    expect(read.content?.extendedTextMessage?.text).toBe(body)
  }
})

it('[K1] messages of the client are refused when told so', async () => {
  const { client, device } = paired
  device.refuseMessages(463)
  const sent = await client.socket().sendMessage(ana.lidJid, { text: 'não vai' })
  // Baileys merges an update into the upsert of the same message when both come in one batch
  const updated = () =>
    client.events.flatMap(event => event['messages.update'] ?? []).map(({ key, update }) => ({ ...update, key }))
  const states = () => [...updated(), ...upserts()].filter(({ key }) => key.id === sent?.key.id)
  await client.waitFor(() => states().some(({ status }) => status === proto.WebMessageInfo.Status.ERROR))
  device.refuseMessages(null)
})

it('[K1] the client can ask who is on WhatsApp', async () => {
  const found = await paired.client.socket().onWhatsApp(ana.pn, '5511900000098')
  expect(found).toMatchObject([{ jid: ana.pnJid, exists: true }])
})

it.each(['inline', 'cdn'] as const)('[K1] history sync arrives, %s', async via => {
  const { client, device } = paired
  const id = `3EB0${via === 'inline' ? 'A' : 'B'}1`
  const messages = [{ chat: ana, from: ana, content: text(`antes, ${via}`), timestampMs: 1_600_000_000_000, id }]
  const notificationId = await device.historySync(messages, { via, progress: 40 })
  const notified = await client.waitFor(() =>
    upserts().find(message => message.message?.protocolMessage?.historySyncNotification && message.key.id === notificationId),
  )
  const { directPath, progress } = notified.message?.protocolMessage?.historySyncNotification ?? {}
  expect(progress).toBe(40)
  if (via === 'cdn') expect(paired.simulator.cdn.get(directPath ?? '')).not.toBeNull()
  else {
    const chunk = await client.waitFor(
      () => client.events.find(event => event['messaging-history.set'])?.['messaging-history.set'],
    )
    expect(chunk.messages[0]).toMatchObject({ key: { id, remoteJid: ana.lidJid }, message: { conversation: 'antes, inline' } })
  }
})

it('[K1] a profile picture has a url on the CDN, changes are notified, and a missing one is 404', async () => {
  const { client, simulator } = paired
  await expect(client.socket().profilePictureUrl(bruno.lidJid)).rejects.toThrow('item-not-found')
  simulator.setPicture(bruno, Buffer.from('picture'))
  const url = await client.socket().profilePictureUrl(bruno.lidJid)
  expect(url).toMatch(/^https:\/\/pps\.whatsapp\.net\/v\//)
  expect(simulator.cdn.get(new URL(url ?? '').pathname)?.toString()).toBe('picture')
  await client.waitFor(() =>
    client.events.some(event =>
      event['contacts.update']?.some(contact => contact.id === bruno.lidJid && contact.imgUrl === 'changed'),
    ),
  )
})
