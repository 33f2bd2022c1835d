// What an instance’s settings leave out is not appended, whichever door it comes by, and leaves nothing else behind.
import { deflateSync } from 'node:zlib'
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { createContactNames } from '../../src/convert/contact-names.ts'
import { convertBaileysEvent } from '../../src/convert/convert-baileys-event.ts'
import { readStanza } from '../../src/convert/stanza-identity.ts'
import {
  ana,
  carrier,
  channel,
  doors,
  encode,
  group,
  handedOver,
  ignoreAll,
  open,
  own,
  said,
  status,
  Type,
  text,
} from '../ground/producers/ingest-doors.ts'

test.each(Object.entries(doors))('[A5] [B1] nothing of an ignored chat enters the log by %s', async (door, enter) => {
  for (const chat of [group, status, channel]) {
    const kept = open({})
    await enter(kept, chat)
    expect(kept.appended).not.toEqual([])
    const world = open(ignoreAll)
    await enter(world, chat)
    expect(world.log()).not.toMatch(/secret|1203|1204|status/)
    expect(world.types()).toEqual(door === carrier ? ['unknown'] : [])
  }
})

test('[A5] [B1] each setting leaves out its own kind of chat alone, counted by name', async () => {
  const chats = { ignoreGroups: group, ignoreStatus: status, ignoreNewsletters: channel }
  for (const [setting, ignored] of Object.entries(chats)) {
    const world = open({ [setting]: true })
    for (const chat of Object.values(chats)) await world.message({ from: chat, ...ana }, text)
    const left = world.appended.filter(({ type }) => type === 'message.received').map(({ chatId }) => chatId)
    expect(left).toEqual(Object.values(chats).filter(chat => chat !== ignored))
    expect(await world.ignored()).toContainEqual(`zaplog_events_ignored_total{name="settings ${setting}"} 1`)
  }
})

test('[A5] [B1] somebody first seen in an ignored group is told of with the first message that is appended', async () => {
  const { message, types } = open({ ignoreGroups: true })
  await message({ from: group, ...ana }, text)
  expect(types()).toEqual([])
  await message({ from: '200@lid', notify: 'Ana' }, text)
  expect(types()).toEqual(['message.received', 'contact.updated'])
})

test('[A5] [B1] the name of a group that was ignored is still to be told when groups are not ignored any more', async () => {
  const world = open({ ignoreGroups: true })
  const renamed = [{ tag: 'subject', attrs: { subject: 'Turma' } }]
  await world.notification({ from: group, type: 'w:gp2' }, renamed)
  expect(world.types()).toEqual([])
  expect(world.changed).toEqual([])
  world.change({})
  await world.notification({ from: group, type: 'w:gp2' }, renamed)
  expect(world.types()).toEqual(['group.updated'])
  expect(world.changed).toEqual([[{ entity: 'group', id: group, fields: { subject: 'Turma' } }]])
})

test('[A5] a change of the settings takes effect with the next thing that comes', async () => {
  const world = open({})
  await world.message({ from: group, ...ana }, text)
  world.change({ ignoreGroups: true })
  await world.message({ from: group, ...ana }, text)
  await world.fromBaileys('groups.update', [{ id: group }])
  expect(world.types()).toEqual(['message.received', 'contact.updated'])
})

test('[A5] [B8] of what the phone hands over, what is of other chats is appended, and left in the bytes that brought it', async () => {
  const world = open({ ignoreGroups: true })
  const kept = said('200@lid', 'a word between two')
  await world.message({ from: own.pn }, handedOver([said(group, 'secret'), kept, Buffer.from('unreadable secret')]))
  expect(world.appended).toMatchObject([
    { type: 'unknown', name: 'message: protocolMessage PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE, less what is ignored' },
    { type: 'message.received', chatId: '200@lid', text: 'a word between two' },
  ])
  expect(world.log()).not.toContain('secret')
  expect(world.appended[0]?.raw).toEqual(Buffer.from(encode(handedOver([kept]))))
  expect(await world.ignored()).toContainEqual('zaplog_events_ignored_total{name="settings ignoreGroups"} 1')
})

test('[B5] where nothing is ignored the bytes that the phone hands over stay as they came', async () => {
  const world = open({})
  const content = handedOver([said(group, 'word'), Buffer.from('unreadable')])
  await world.message({ from: own.pn }, content)
  expect(world.types()).toEqual(['unknown', 'message.received'])
  expect(world.appended[0]?.raw).toEqual(Buffer.from(encode(content)))
})

test('[A5] [B6] history that comes inside its notification loses the chats that are ignored', async () => {
  const conversation = (id: string, words: string) => ({ id, messages: [{ message: said(id, words) }] })
  const history = (conversations: proto.IConversation[]): proto.IMessage => {
    const { INITIAL_BOOTSTRAP: syncType } = proto.HistorySync.HistorySyncType
    const initialHistBootstrapInlinePayload = deflateSync(proto.HistorySync.encode({ syncType, conversations }).finish())
    return {
      protocolMessage: { type: Type.HISTORY_SYNC_NOTIFICATION, historySyncNotification: { initialHistBootstrapInlinePayload } },
    }
  }
  const world = open({ ignoreGroups: true })
  await world.message({ from: own.pn }, history([conversation(group, 'secret'), conversation('200@lid', 'kept')]))
  const [notification] = world.appended
  expect(notification?.raw).toEqual(Buffer.from(encode(history([conversation('200@lid', 'kept')]))))
})

test('[A5] [B1] of one event of Baileys the chats that are not ignored are kept', async () => {
  const world = open({ ignoreGroups: true })
  await world.fromBaileys('chats.update', [
    { id: group, archived: true },
    { id: '200@lid', archived: true },
    { id: channel, pinned: 1 },
  ])
  expect(world.appended).toMatchObject([{ type: 'unknown', source: 'baileys', name: 'chats.update' }])
  const [event] = world.appended
  const payload = event?.type === 'unknown' ? JSON.parse(event.payload ?? '') : null
  expect(payload).toEqual([
    { id: '200@lid', archived: true },
    { id: channel, pinned: 1 },
  ])
})

test('[A5] a door that forgets to leave out an ignored chat offers in vain', async () => {
  const world = open({ ignoreGroups: true })
  const ignores = () => false
  const of = { instanceId: 'first', name: 'groups.update', payload: [{ id: '200@lid' }, { id: group }], occurredAt: 1, ignores }
  const { offer } = convertBaileysEvent(of)
  const attrs = { id: 'M', from: group, ...ana }
  const stanza = readStanza({ tag: 'message', attrs }, { instanceId: 'first', own })
  const contact = createContactNames({ maxContacts: 1 }).changed(stanza, stanza.sender, 1)
  for (const one of [offer, contact]) if (one !== null) await world.intake.append([one])
  expect([offer, contact]).not.toContain(null)
  expect(world.appended).toEqual([])
})

test('[A5] a chat between two is never ignored, whatever is written in it', async () => {
  const world = open(ignoreAll)
  await world.message({ from: '200@lid' }, { conversation: `join ${group}` })
  await world.message({ from: '1781870949@broadcast', participant: '200@lid' }, text)
  await world.stanza('notification', { from: '200@lid', type: 'picture' })
  await world.stanza('notification', { from: '200@lid', type: 'status' }, [{ tag: 'set', attrs: {}, content: `join ${group}` }])
  await world.fromBaileys('contacts.upsert', [{ id: '200@lid', status: `join ${group}` }])
  expect(world.types()).toEqual(['message.received', 'message.received', 'unknown', 'unknown', 'unknown'])
})

test('[B1] [B3] names are told once while their append is on its way, and again where it was given up', async () => {
  const world = open({})
  const { promise, reject } = Promise.withResolvers<void>()
  world.appending.durable = promise
  const renamed: BinaryNode[] = [{ tag: 'subject', attrs: { subject: 'Team' } }]
  for (let time = 0; time < 2; time++) await world.message({ from: '200@lid', notify: 'Ana' }, text)
  await world.notification({ from: group, type: 'w:gp2' }, renamed)
  expect(world.types()).toEqual(['message.received', 'contact.updated', 'message.received', 'group.updated'])
  reject(new Error('given up'))
  await expect(promise).rejects.toThrow('given up')
  world.appending.durable = Promise.resolve()
  await world.message({ from: '200@lid', notify: 'Ana' }, text)
  expect(world.types().slice(4)).toEqual(['message.received', 'contact.updated'])
})

test.each(['command.completed', 'command.failed'] as const)(
  '[F1] [B8] %s of a chat that came to be ignored after it was judged is told without its chat, and not left out',
  async type => {
    const { intake, appended } = open(ignoreAll)
    const about = {
      eventId: 'E',
      instanceId: 'first',
      occurredAt: 1,
      chatId: group,
      messageId: 'M',
      commandId: 'C',
      operation: 'message.send',
      tries: 1,
    }
    const why = { reason: 'refused', reasonText: 'WhatsApp refused it.', code: '479' }
    await intake.append([type === 'command.completed' ? { ...about, type } : { ...about, type, ...why }])
    expect(appended).toMatchObject([{ type, chatId: null, commandId: 'C' }])
  },
)
