// What an instance's settings leave out is not appended, whichever door it comes by, and leaves nothing else behind.
import { deflateSync } from 'node:zlib'
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { createContactNames } from '../../src/convert/contact-names.ts'
import { convertBaileysEvent } from '../../src/convert/convert-baileys-event.ts'
import type { Draft } from '../../src/convert/draft.ts'
import { readStanza } from '../../src/convert/stanza-identity.ts'
import { readSettings } from '../../src/instances/instance-settings.ts'
import { nothing } from '../../src/producers/gate/begun.ts'
import { createIngest } from '../../src/producers/gate/ingest.ts'
import { createIntake } from '../../src/producers/gate/intake.ts'
import { createProducerMetrics } from '../../src/producers/producer-metrics.ts'
import type { State } from '../../src/producers/told/differing.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'

const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }
const group = '1203@g.us'
const channel = '1204@newsletter'
const status = 'status@broadcast'
const ignoreAll = { ignoreGroups: true, ignoreStatus: true, ignoreNewsletters: true }
const { Type } = proto.Message.ProtocolMessage
const encode = (message: proto.IMessage) => proto.Message.encode(message).finish()

function open(settings: object) {
  const appended: Draft[] = []
  const metrics = createMetrics({ processMetrics: false })
  const counted = createProducerMetrics(metrics)
  let now = readSettings(settings)
  const appending = { durable: Promise.resolve() }
  const append = (drafts: readonly Draft[]) => {
    appended.push(...drafts)
    return appending.durable
  }
  const changed: (readonly State[])[] = []
  const intake = createIntake({ settings: () => now, metrics: counted, append, appended: async () => undefined })
  const ingest = createIngest({
    instanceId: 'first',
    own: () => own,
    known: { complete: async address => address, readAhead: async () => undefined },
    names: createContactNames({ maxContacts: 10 }),
    secrets: { knownFor: async () => () => [], keep: async () => nothing },
    told: { change: states => void (states.length > 0 && changed.push(states)) },
    intake,
    clock: () => 1_700_000_001_000,
    metrics: counted,
  })
  const nodeOf = (tag: string, attrs: Record<string, string>, content?: BinaryNode['content']): BinaryNode => {
    const node = { tag, attrs: { id: 'M', t: '1700000000', ...attrs } }
    return content === undefined ? node : { ...node, content }
  }
  return {
    appended,
    appending,
    intake,
    changed,
    types: () => appended.map(({ type }) => type),
    /** Everything that would be in the log. */
    log: () =>
      JSON.stringify(appended, (_, value) => (value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value)),
    change: (changed: object) => {
      now = readSettings(changed)
    },
    ignored: async () => (await metrics.render()).split('\n').filter(line => line.startsWith('zaplog_events_ignored_total{')),
    message: (attrs: Record<string, string>, content: proto.IMessage) =>
      ingest.message({ node: nodeOf('message', attrs), part: 0, plaintext: encode(content), isPadded: false }),
    stanza: (tag: string, attrs: Record<string, string>, content?: BinaryNode['content']) =>
      ingest.unknown({ node: nodeOf(tag, attrs, content), part: 0, name: tag }),
    call: (attrs: Record<string, string>) => ingest.call(nodeOf('call', { from: '200@lid' }, [{ tag: 'offer', attrs }])),
    notification: (attrs: Record<string, string>, content: BinaryNode['content']) =>
      ingest.notification(nodeOf('notification', attrs, content)),
    receipt: (attrs: Record<string, string>, content?: BinaryNode['content']) =>
      ingest.receipt(nodeOf('receipt', attrs, content)),
    undecryptable: (attrs: Record<string, string>) =>
      ingest.undecryptable({ node: nodeOf('message', attrs), part: 0, encryption: 'skmsg', reason: 'no key' }),
    fromBaileys: async (name: string, payload: unknown) => {
      const { ignores } = intake
      const { offer } = convertBaileysEvent({ instanceId: 'first', name, payload, occurredAt: 1, ignores })
      if (offer !== null) await intake.append([offer])
    },
  }
}
type World = ReturnType<typeof open>
const text = { conversation: 'hi' }
const ana = { participant: '200@lid', notify: 'Ana' }

const handedOver = (infos: readonly (proto.IWebMessageInfo | Uint8Array)[]): proto.IMessage => {
  const peerDataOperationResult = infos.map(info => ({
    placeholderMessageResendResponse: {
      webMessageInfoBytes: info instanceof Uint8Array ? info : proto.WebMessageInfo.encode(info).finish(),
    },
  }))
  const type = Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE
  return { protocolMessage: { type, peerDataOperationRequestResponseMessage: { peerDataOperationResult } } }
}
const said = (remoteJid: string, words: string): proto.IWebMessageInfo => ({
  key: { id: words, remoteJid, participant: '200@lid', fromMe: false },
  message: { conversation: words },
  messageTimestamp: 1_700_000_000,
})

/** Is itself from the account's own chat. */
const carrier = 'a message that the phone hands over'
const changed = (id: string) => ({
  data: { xwa2_notify_newsletter_on_metadata_update: { id, thread_metadata: { name: { text: 'secret' } } } },
})
const doors: Record<string, (world: World, chat: string) => Promise<unknown>> = {
  'a message': (world, chat) => world.message({ from: chat, ...ana }, { conversation: 'secret' }),
  'a reaction': (world, chat) => world.message({ from: chat, ...ana }, { reactionMessage: { key: { id: 'T' }, text: 'secret' } }),
  [carrier]: (world, chat) => world.message({ from: own.pn }, handedOver([said(chat, 'secret')])),
  'what cannot be decrypted': (world, chat) => world.undecryptable({ from: chat, ...ana }),
  'a message without content': (world, chat) => world.stanza('message', { from: chat, ...ana }),
  'a receipt': (world, chat) => world.receipt({ from: chat, ...ana, type: 'read' }),
  'an aggregated receipt': (world, chat) =>
    world.receipt({ from: chat, type: 'read' }, [
      { tag: 'participants', attrs: { key: 'T' }, content: [{ tag: 'user', attrs: { jid: '200@lid', t: '1700000000' } }] },
    ]),
  'a receipt of a kind nobody knows': (world, chat) => world.receipt({ from: chat, ...ana, type: 'pondered' }),
  'a notification': (world, chat) =>
    world.notification({ from: chat, type: 'w:gp2' }, [{ tag: 'subject', attrs: { subject: 'secret' } }]),
  'a notification of its making': (world, chat) =>
    world.notification({ from: chat, type: 'w:gp2' }, [
      { tag: 'create', attrs: {}, content: [{ tag: 'group', attrs: { id: chat, subject: 'secret' } }] },
    ]),
  'a call in it': (world, chat) => world.call({ 'call-id': 'C', 'group-jid': chat }),
  'a call in it of a kind nobody knows': (world, chat) => world.call({ 'group-jid': chat }),
  'a change of a channel': (world, chat) =>
    world.notification({ from: 's.whatsapp.net', type: 'mex' }, [
      { tag: 'update', attrs: {}, content: Buffer.from(JSON.stringify(changed(chat))) },
    ]),
  'a notification of the server about it': (world, chat) =>
    world.notification({ from: 's.whatsapp.net', type: 'mex' }, [
      { tag: 'update', attrs: {}, content: Buffer.from(JSON.stringify({ data: { id: chat, name: 'secret' } })) },
    ]),
  'groups.update': (world, chat) => world.fromBaileys('groups.update', [{ id: chat, subject: 'secret' }]),
  'chats.upsert': (world, chat) => world.fromBaileys('chats.upsert', [{ id: chat, name: 'secret' }]),
  'chats.delete': (world, chat) => world.fromBaileys('chats.delete', [chat]),
  'messages.delete': (world, chat) => world.fromBaileys('messages.delete', { keys: [{ id: 'secret', remoteJid: chat }] }),
  'presence.update': (world, chat) => world.fromBaileys('presence.update', { id: chat, presences: { '200@lid': {} } }),
  'labels.association': (world, chat) => world.fromBaileys('labels.association', { association: { chatId: chat }, type: 'add' }),
  'an event of a newer Baileys': (world, chat) => world.fromBaileys('stars.aligned', { of: { [chat]: 'secret' } }),
}

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
