// What was asked of an account about its chats, done by the real Baileys at the simulator, which verifies every patch: once, whatever other devices do
// meanwhile, and told by the events that a phone's own change is told by.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Contact, Group } from '../../simulator/accounts/accounts.ts'
import type { SimDevice } from '../../simulator/accounts/device.ts'
import { addSubscription } from '../../src/instances/presence-subscriptions.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { askToDo, askToSend, skipWaiting, untilRow } from '../ground/producers/commands.ts'
import { openRig, ownerPn, type Rig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
let device: SimDevice
let ana: Contact
let group: Group
/** As the API finds it in the read model. */
let last: { messageId: string; fromMe: boolean; senderId: string | null; at: number }
beforeAll(async () => {
  rig = await openRig('actions-chats', logger)
  await rig.start()
  device = await rig.pair('first')
  ana = rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  group = rig.simulator.group({ subject: 'Team', members: [device.owner, ana] })
  const messageId = await device.send(ana, { conversation: 'hello' })
  await device.sendGroup(group, ana, { conversation: 'all' }, { id: 'G1' })
  const [said] = await rig.untilEvents('message.received', 2)
  last = { messageId, fromMe: false, senderId: null, at: said?.occurredAt ?? 0 }
})
afterAll(() => rig.close())

const endOf = (commandId: string) =>
  until('the command is over', async () =>
    (await rig.events()).find(
      event => (event.type === 'command.completed' || event.type === 'command.failed') && event.commandId === commandId,
    ),
  )
async function outcomeOf(operation: string, body: object, chatId = ana.lidJid) {
  return endOf((await askToDo(rig, operation, body, chatId)).commandId)
}
const change = (body: object, chatId = ana.lidJid) => ({ chatId, last, ...body })
/** What the app state says of an index, as the server has it. */
const stateOf = (...index: readonly string[]) =>
  device.appState().find(record => record.index.join(' ') === index.join(' '))?.value
const range = () => {
  const seconds = Math.floor(last.at / 1000)
  const key = { remoteJid: ana.lidJid, id: last.messageId, fromMe: false }
  return { messages: [{ key, timestamp: seconds }] }
}
const readsOf = (id: string) => device.settled().filter(one => one.id === id && one.how === 'receipt:read').length

describe('before the phone has shared the key of its app state', () => {
  test('[F1] a change of a chat has failed with that as its reason', async () => {
    expect(await outcomeOf('chat.change', change({ archived: true }))).toMatchObject({
      ...{ type: 'command.failed', reason: 'app-state-key-missing', tries: 1 },
      reasonText: expect.stringContaining('has not shared the key'),
    })
    expect(device.appState()).toEqual([])
  })

  test('[F1] a voice note is marked as played, and its author is told that alone', async () => {
    const message = { messageId: 'G1', fromMe: false, senderId: ana.lidJid, at: last.at }
    const done = await outcomeOf('chat.played', { chatId: group.id, messages: [message] }, group.id)
    expect(done).toMatchObject({ type: 'command.completed', result: JSON.stringify({ messages: 1 }) })
    const played = device.settled().filter(({ id, how }) => id === 'G1' && how === 'receipt:played')
    expect([played.length, readsOf('G1')]).toEqual([1, 0])
  })

  test('[F1] messages are read all the same, in a group under the name of their author', async () => {
    const message = { messageId: 'G1', fromMe: false, senderId: ana.lidJid, at: last.at }
    const done = await outcomeOf('chat.read', { chatId: group.id, messages: [message], last: message }, group.id)
    expect(done).toMatchObject({ type: 'command.completed', result: JSON.stringify({ messages: 1, marked: false }) })
    expect(readsOf('G1')).toBe(1)
  })
})

describe('with the key', () => {
  beforeAll(async () => {
    const chat = '120363000000000009@g.us'
    device.act(
      { kind: 'contact', jid: ana.pnJid, lid: ana.lidJid, name: 'Ana Souza' },
      { kind: 'archive', chat, on: true },
      { kind: 'mute', chat, on: true },
    )
    await device.shareAppState()
    await until('it has what the phone has', async () => {
      const names = (await rig.eventsOf('contact.updated')).map(({ name }) => name)
      return names.includes('Ana Souza') && (await rig.eventsOf('chat.updated')).some(({ muted }) => muted)
    })
  })

  const lid = () => ana.lidJid
  const until2031 = Date.UTC(2031, 0, 1)
  test.each([
    ['archived', { archived: true }, ['archive'], () => ({ archiveChatAction: { archived: true, messageRange: range() } })],
    ['pinned', { pinned: true }, ['pin_v1'], () => ({ pinAction: { pinned: true } })],
    [
      'muted until',
      { muted: { on: true, until: until2031 } },
      ['mute'],
      () => ({ muteAction: { muted: true, muteEndTimestamp: until2031 } }),
    ],
    ['unmuted', { muted: { on: false, until: null } }, ['mute'], () => ({ muteAction: { muted: false } })],
    ['unread', { unread: true }, ['markChatAsRead'], () => ({ markChatAsReadAction: { read: false, messageRange: range() } })],
  ])('[F1] a chat is %s for every device of the account', async (_, body, [name = ''], value) => {
    expect(await outcomeOf('chat.change', change(body))).toMatchObject({ type: 'command.completed', tries: 1, result: null })
    expect(stateOf(name, lid())).toMatchObject(value())
  })

  test('[F1] what was done is told by the event of a change on the phone', async () => {
    const told = await until('every change is told', async () => {
      const events = (await rig.eventsOf('chat.updated')).filter(({ chatId }) => chatId === lid())
      return events.some(({ unread }) => unread) && events
    })
    const said = told.map(({ archived, pinned, muted, mutedUntil, unread }) => ({ archived, pinned, muted, mutedUntil, unread }))
    const nothing = { archived: null, pinned: null, muted: null, mutedUntil: null, unread: null }
    expect(said).toEqual(
      [
        ...[{ pinned: false }, { archived: true }, { pinned: true }, { muted: true, mutedUntil: until2031 }],
        ...[{ muted: false }, { unread: true }],
      ].map(one => ({ ...nothing, ...one })),
    )
    expect(new Set(told.map(({ origin }) => origin))).toEqual(new Set(['change']))
  })

  test('[F1] who archives a chat unpins it', async () => {
    await outcomeOf('chat.change', change({ pinned: true }))
    await outcomeOf('chat.change', change({ archived: true }))
    expect(stateOf('pin_v1', lid())).toMatchObject({ pinAction: { pinned: false } })
  })

  test('[F1] a change says when it was asked for, however late it is made: phones keep what was done after that', async () => {
    const hourAgo = Date.now() - 3_600_000
    const asked = await askToDo(rig, 'chat.change', change({ muted: { on: false, until: null } }), ana.lidJid, {
      askedAt: hourAgo,
    })
    await endOf(asked.commandId)
    expect(Number(stateOf('mute', lid())?.timestamp)).toBe(hourAgo)
  })

  test('[F1] a message is starred, also in a group', async () => {
    await outcomeOf('message.star', { chatId: lid(), message: last, on: true })
    const message = { messageId: 'G1', fromMe: false, senderId: lid(), at: last.at }
    await outcomeOf('message.star', { chatId: group.id, message, on: true }, group.id)
    expect(stateOf('star', lid(), last.messageId, '0', '0')).toMatchObject({ starAction: { starred: true } })
    expect(stateOf('star', group.id, 'G1', '0', lid())).toMatchObject({ starAction: { starred: true } })
    expect(await rig.untilEvents('message.starred', 2)).toMatchObject([{ on: true }, { on: true, targetMessageId: 'G1' }])
  })

  test('[F1] messages are read with a receipt each, and the chat is unread no longer', async () => {
    const done = await outcomeOf('chat.read', { chatId: lid(), messages: [last], last })
    expect(done).toMatchObject({ type: 'command.completed', result: JSON.stringify({ messages: 1, marked: true }) })
    expect(readsOf(last.messageId)).toBe(1)
    expect(stateOf('markChatAsRead', lid())).toMatchObject({ markChatAsReadAction: { read: true } })
  })

  test('[F1] labels are made, given, taken away and deleted', async () => {
    const label = { labelId: '7', name: 'Pago', color: 3 }
    expect(await outcomeOf('label.change', { ...label, deleted: false }, '')).toMatchObject({ result: '{"labelId":"7"}' })
    await outcomeOf('chat.label', { chatId: lid(), labelId: '7', on: true })
    expect(stateOf('label_edit', '7')).toMatchObject({ labelEditAction: { name: 'Pago', color: 3, deleted: false } })
    expect(stateOf('label_jid', '7', lid())).toMatchObject({ labelAssociationAction: { labeled: true } })
    await outcomeOf('chat.label', { chatId: lid(), labelId: '7', on: false })
    await outcomeOf('label.change', { ...label, deleted: true }, '')
    expect(stateOf('label_jid', '7', lid())).toMatchObject({ labelAssociationAction: { labeled: false } })
    expect(stateOf('label_edit', '7')).toMatchObject({ labelEditAction: { deleted: true } })
    await rig.untilEvents('label.changed', 4)
  })

  test('[F1] of two devices that change something at once both are there, and no try is lost to it', async () => {
    device.actBeforePatch({ kind: 'pin', chat: group.id, on: true }, { kind: 'archive', chat: 'x@g.us', on: true })
    expect(await outcomeOf('chat.change', change({ archived: false }))).toMatchObject({ type: 'command.completed', tries: 1 })
    expect(stateOf('archive', lid())).toMatchObject({ archiveChatAction: { archived: false } })
    expect(stateOf('pin_v1', group.id)).toMatchObject({ pinAction: { pinned: true } })
    await until('the other one is told', async () =>
      (await rig.eventsOf('chat.updated')).some(({ chatId, pinned }) => chatId === group.id && pinned),
    )
  })

  test('[F1] what WhatsApp refuses for good has failed with its code', async () => {
    device.answerIqs({ xmlns: 'w:sync:app:state', after: 1, fault: { error: 403 } })
    expect(await outcomeOf('chat.change', change({ pinned: true }))).toMatchObject({ reason: 'not-allowed', code: '403' })
    expect(stateOf('pin_v1', lid())).toMatchObject({ pinAction: { pinned: false } })
  })

  test.each(['unsaid', 'swallow'] as const)('[F1] a patch whose answer was lost (%s) is done after all', async fault => {
    const isOn = fault === 'unsaid'
    device.answerIqs({ xmlns: 'w:sync:app:state', after: 1, fault })
    const asked = await askToDo(rig, 'chat.change', change({ pinned: isOn }), lid())
    await untilRow(rig, asked, 'given', row => row.tries === 1)
    await until('the patch was sent', () => device.iqFaultsLeft() === 0)
    device.drop()
    await skipWaiting(rig)
    expect(await endOf(asked.commandId)).toMatchObject({ type: 'command.completed', tries: 2 })
    expect(stateOf('pin_v1', lid())).toMatchObject({ pinAction: { pinned: isOn } })
  })

  test('[F1] another device of the account hears of what one has changed', async () => {
    const other = await rig.pair('second', ownerPn)
    await other.shareAppState()
    const told = async () => (await rig.eventsOf('chat.updated')).filter(({ instanceId }) => instanceId === 'second')
    await until('it has the state', async () => (await told()).length > 0)
    await outcomeOf('chat.change', change({ muted: { on: true, until: null } }, group.id), group.id)
    await until('it hears of it', async () => (await told()).some(({ chatId, muted }) => chatId === group.id && muted))
  })

  test('[F1] a chat is cleared up to its last message, and deleted', async () => {
    await outcomeOf('chat.clear', { chatId: lid(), last })
    await outcomeOf('chat.delete', { chatId: lid(), last })
    expect(stateOf('clearChat', lid(), '1', '0')).toMatchObject({ clearChatAction: { messageRange: range() } })
    expect(stateOf('deleteChat', lid(), '1')).toMatchObject({ deleteChatAction: { messageRange: range() } })
    expect((await rig.untilEvents('chat.deleted', 1))[0]).toMatchObject({ chatId: lid() })
  })
})

describe('the timer of a chat', () => {
  const timer = (expiresInSeconds: number) => ({ kind: 'timer', chatId: ana.lidJid, expiresInSeconds })
  const shown = () =>
    device
      .shown()
      .flatMap(({ messageId, content: { protocolMessage } }) =>
        protocolMessage == null ? [] : [{ messageId, seconds: protocolMessage.ephemeralExpiration }],
      )
  const told = async () => (await rig.eventsOf('chat.updated')).filter(({ expiresInSeconds }) => expiresInSeconds !== null)

  test('[F1] goes out as a message under its id, and is told as a change of the chat by the account', async () => {
    const { commandId, messageId } = await askToSend(rig, 'chat.timer', timer(604_800))
    expect(await endOf(commandId)).toMatchObject({ type: 'command.completed', operation: 'chat.timer', messageId, tries: 1 })
    expect(shown()).toEqual([{ messageId, seconds: 604_800 }])
    expect(await told()).toMatchObject([
      { ...{ chatId: ana.lidJid, expiresInSeconds: 604_800, fromMe: true, messageId, origin: 'change', isGroup: false } },
    ])
  })

  test('[F1] whose acknowledgement is lost is given again under the same id, and is one', async () => {
    device.answerMessages('no-ack', 1)
    const asked = await askToSend(rig, 'chat.timer', timer(0))
    await until('it is shown', () => shown().length === 2)
    device.drop()
    expect(await endOf(asked.commandId)).toMatchObject({ type: 'command.completed', tries: 2 })
    expect(shown().filter(({ messageId }) => messageId === asked.messageId)).toEqual([{ messageId: asked.messageId, seconds: 0 }])
    expect((await told()).map(({ expiresInSeconds }) => expiresInSeconds)).toEqual([604_800, 0])
  })
})

describe('what is not kept', () => {
  test('[F1] the account is there or not, writes, records and pauses, as it is asked to', async () => {
    expect(await outcomeOf('presence.set', { online: true }, '')).toMatchObject({ type: 'command.completed' })
    for (const state of ['composing', 'recording', 'paused']) await outcomeOf('chat.typing', { chatId: ana.lidJid, state })
    await until('all of it was heard', () => device.marks().typing.length === 3)
    const chat = ana.lidJid
    const states = ['composing', 'recording', 'paused']
    expect(device.marks()).toMatchObject({ isOnline: true, typing: states.map(state => ({ chat, state })) })
    await outcomeOf('presence.set', { online: false }, '')
    await until('it was heard', () => device.marks().isOnline === false)
  })

  test('[F1] a channel is followed and muted, or no longer; one that there is none of has failed with its code', async () => {
    const channelId = '120363000000000002@newsletter'
    const ask = (what: string, on: boolean, id = channelId) => outcomeOf(`channel.${what}`, { channelId: id, on }, id)
    for (const what of ['follow', 'mute']) expect(await ask(what, true)).toMatchObject({ type: 'command.completed', tries: 1 })
    expect(device.channels().get(channelId)).toEqual({ isFollowed: true, isMuted: true })
    for (const what of ['follow', 'mute']) await ask(what, false)
    expect(device.channels().get(channelId)).toEqual({ isFollowed: false, isMuted: false })
    const none = await ask('follow', true, '120363000000000404@newsletter')
    expect(none).toMatchObject({ type: 'command.failed', code: '404', tries: 1 })
  })

  test('[F1] [D1] a call is rejected at who calls, and told as rejected', async () => {
    device.call({ from: ana, callId: 'C1', step: 'offer' })
    await rig.untilEvents('call.updated', 1)
    expect(await outcomeOf('call.reject', { callId: 'C1', callerId: ana.lidJid })).toMatchObject({ type: 'command.completed' })
    expect(device.marks().rejected).toEqual(['C1'])
    const [offered, rejected] = await rig.untilEvents('call.updated', 2)
    const of = { callId: 'C1', chatId: ana.lidJid, chatPn: ana.pnJid, senderId: ana.lidJid, fromMe: false, isGroup: false }
    expect([offered, rejected]).toMatchObject([
      { ...of, status: 'offer' },
      { ...of, status: 'rejected' },
    ])
  })

  test('[F1] a call is rejected while something else of who calls waits for WhatsApp', async () => {
    device.answerIqs({ xmlns: 'w:sync:app:state', after: 1, fault: 'swallow' })
    const slow = await askToDo(rig, 'chat.change', change({ pinned: true }), ana.lidJid)
    await until('it was given', () => device.iqFaultsLeft() === 0)
    const rejected = await outcomeOf('call.reject', { callId: 'C2', callerId: ana.lidJid })
    expect(rejected).toMatchObject({ type: 'command.completed', chatId: ana.lidJid })
    await untilRow(rig, slow, 'under way', row => row.state === 'sending')
    device.drop()
    await skipWaiting(rig)
    expect(await endOf(slow.commandId)).toMatchObject({ type: 'command.completed', tries: 2 })
  })

  test('[F1] older messages are asked for at the phone, which hands them over as history', async () => {
    const shared = await device.shareHistory({ messages: 60, people: 2, groups: 0, chunks: 1 })
    const pieces = () => device.settled().filter(({ how }) => how === 'receipt:hist_sync').length
    await until('what it shared by itself is taken', () => pieces() === shared.chunks.length)
    const done = await outcomeOf('chat.history', { chatId: ana.lidJid, count: 10, oldest: last })
    expect(done).toMatchObject({ type: 'command.completed', result: expect.stringMatching(/^\{"requestId":"3EB0[0-9A-F]+"\}$/) })
    await until('what was asked for is taken', () => pieces() === shared.chunks.length + 1)
  })

  test('[F1] who is there is told of whom the account asked for, by each connection anew, while it is shown as online', async () => {
    const asked = () => [...device.marks().subscriptions]
    const bruno = rig.simulator.contact({ pn: '5511900000012', name: 'Bruno' })
    await outcomeOf('presence.subscribe', { chatId: ana.lidJid, on: true })
    await until('it was heard', () => asked().length === 1)
    await outcomeOf('presence.subscribe', { chatId: ana.lidJid, on: false })
    await until('it was heard', () => asked().length === 0)
    for (const chatId of [ana.lidJid, bruno.lidJid])
      await addSubscription(rig.database.database, { instanceId: 'first', chatId, nowAt: Date.now() })
    await rig.want('first', `settings = '{"markOnline": true}'`)
    await until('all are asked for', () => asked().length === 2)
    device.drop()
    await until('it is gone', () => asked().length === 0)
    await until('all are asked for again', () => asked().length === 2)
    device.presence({ from: bruno, state: 'available' })
    await rig.want('first', `settings = '{}'`)
    await until('it is shown no longer', () => device.marks().isOnline === false)
  })
})
