// What the devices of an account have in common of its chats, changed by the real Baileys at the simulator, which verifies every patch: once, whatever other
// devices do meanwhile, and told by the events that a phone’s own change is told by.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectLogLines } from '../ground/log-lines.ts'
import {
  type ChatsRig,
  change,
  openChatsRig,
  outcomeOf,
  range,
  readsOf,
  shareKey,
  stateOf,
} from '../ground/producers/chats-rig.ts'
import { askToDo, over, skipWaiting, untilRow } from '../ground/producers/commands.ts'
import { ownerPn } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let chats: ChatsRig
beforeAll(async () => {
  chats = await openChatsRig('actions-chats', logger)
})
afterAll(() => chats.rig.close())

describe('before the phone has shared the key of its app state', () => {
  test('[F1] a change of a chat has failed with that as its reason', async () => {
    expect(await outcomeOf(chats, 'chat.change', change(chats, { archived: true }))).toMatchObject({
      ...{ type: 'command.failed', reason: 'app-state-key-missing', tries: 1 },
      reasonText: expect.stringContaining('has not shared the key'),
    })
    expect(chats.device.appState()).toEqual([])
  })

  test('[F1] a voice note is marked as played, and its author is told that alone', async () => {
    const message = { messageId: 'G1', fromMe: false, senderId: chats.ana.lidJid, at: chats.last.at }
    const done = await outcomeOf(chats, 'chat.played', { chatId: chats.group.id, messages: [message] }, chats.group.id)
    expect(done).toMatchObject({ type: 'command.completed', result: JSON.stringify({ messages: 1 }) })
    const played = chats.device.settled().filter(({ id, how }) => id === 'G1' && how === 'receipt:played')
    expect([played.length, readsOf(chats, 'G1')]).toEqual([1, 0])
  })

  test('[F1] messages are read all the same, in a group under the name of their author', async () => {
    const message = { messageId: 'G1', fromMe: false, senderId: chats.ana.lidJid, at: chats.last.at }
    const done = await outcomeOf(
      chats,
      'chat.read',
      { chatId: chats.group.id, messages: [message], last: message },
      chats.group.id,
    )
    expect(done).toMatchObject({ type: 'command.completed', result: JSON.stringify({ messages: 1, marked: false }) })
    expect(readsOf(chats, 'G1')).toBe(1)
  })
})

describe('with the key', () => {
  beforeAll(() => shareKey(chats))

  const lid = () => chats.ana.lidJid
  const until2031 = Date.UTC(2031, 0, 1)
  test.each([
    ['archived', { archived: true }, ['archive'], () => ({ archiveChatAction: { archived: true, messageRange: range(chats) } })],
    ['pinned', { pinned: true }, ['pin_v1'], () => ({ pinAction: { pinned: true } })],
    [
      'muted until',
      { muted: { on: true, until: until2031 } },
      ['mute'],
      () => ({ muteAction: { muted: true, muteEndTimestamp: until2031 } }),
    ],
    ['unmuted', { muted: { on: false, until: null } }, ['mute'], () => ({ muteAction: { muted: false } })],
    [
      'unread',
      { unread: true },
      ['markChatAsRead'],
      () => ({ markChatAsReadAction: { read: false, messageRange: range(chats) } }),
    ],
  ])('[F1] a chat is %s for every device of the account', async (_, body, [name = ''], value) => {
    expect(await outcomeOf(chats, 'chat.change', change(chats, body))).toMatchObject({
      type: 'command.completed',
      tries: 1,
      result: null,
    })
    expect(stateOf(chats, name, lid())).toMatchObject(value())
  })

  test('[F1] what was done is told by the event of a change on the phone', async () => {
    const told = await until('every change is told', async () => {
      const events = (await chats.rig.eventsOf('chat.updated')).filter(({ chatId }) => chatId === lid())
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
    await outcomeOf(chats, 'chat.change', change(chats, { pinned: true }))
    await outcomeOf(chats, 'chat.change', change(chats, { archived: true }))
    expect(stateOf(chats, 'pin_v1', lid())).toMatchObject({ pinAction: { pinned: false } })
  })

  test('[F1] a change says when it was asked for, however late it is made: phones keep what was done after that', async () => {
    const hourAgo = Date.now() - 3_600_000
    const asked = await askToDo(
      chats.rig,
      'chat.change',
      change(chats, { muted: { on: false, until: null } }),
      chats.ana.lidJid,
      {
        askedAt: hourAgo,
      },
    )
    await over(chats.rig, asked)
    expect(Number(stateOf(chats, 'mute', lid())?.timestamp)).toBe(hourAgo)
  })

  test('[F1] a message is starred, also in a group', async () => {
    await outcomeOf(chats, 'message.star', { chatId: lid(), message: chats.last, on: true })
    const message = { messageId: 'G1', fromMe: false, senderId: lid(), at: chats.last.at }
    await outcomeOf(chats, 'message.star', { chatId: chats.group.id, message, on: true }, chats.group.id)
    expect(stateOf(chats, 'star', lid(), chats.last.messageId, '0', '0')).toMatchObject({ starAction: { starred: true } })
    expect(stateOf(chats, 'star', chats.group.id, 'G1', '0', lid())).toMatchObject({ starAction: { starred: true } })
    expect(await chats.rig.untilEvents('message.starred', 2)).toMatchObject([{ on: true }, { on: true, targetMessageId: 'G1' }])
  })

  test('[F1] messages are read with a receipt each, and the chat is unread no longer', async () => {
    const done = await outcomeOf(chats, 'chat.read', { chatId: lid(), messages: [chats.last], last: chats.last })
    expect(done).toMatchObject({ type: 'command.completed', result: JSON.stringify({ messages: 1, marked: true }) })
    expect(readsOf(chats, chats.last.messageId)).toBe(1)
    expect(stateOf(chats, 'markChatAsRead', lid())).toMatchObject({ markChatAsReadAction: { read: true } })
  })

  test('[F1] labels are made, given, taken away and deleted', async () => {
    const label = { labelId: '7', name: 'Pago', color: 3 }
    expect(await outcomeOf(chats, 'label.change', { ...label, deleted: false }, '')).toMatchObject({ result: '{"labelId":"7"}' })
    await outcomeOf(chats, 'chat.label', { chatId: lid(), labelId: '7', on: true })
    expect(stateOf(chats, 'label_edit', '7')).toMatchObject({ labelEditAction: { name: 'Pago', color: 3, deleted: false } })
    expect(stateOf(chats, 'label_jid', '7', lid())).toMatchObject({ labelAssociationAction: { labeled: true } })
    await outcomeOf(chats, 'chat.label', { chatId: lid(), labelId: '7', on: false })
    await outcomeOf(chats, 'label.change', { ...label, deleted: true }, '')
    expect(stateOf(chats, 'label_jid', '7', lid())).toMatchObject({ labelAssociationAction: { labeled: false } })
    expect(stateOf(chats, 'label_edit', '7')).toMatchObject({ labelEditAction: { deleted: true } })
    await chats.rig.untilEvents('label.changed', 4)
  })

  test('[F1] of two devices that change something at once both are there, and no try is lost to it', async () => {
    chats.device.actBeforePatch({ kind: 'pin', chat: chats.group.id, on: true }, { kind: 'archive', chat: 'x@g.us', on: true })
    expect(await outcomeOf(chats, 'chat.change', change(chats, { archived: false }))).toMatchObject({
      type: 'command.completed',
      tries: 1,
    })
    expect(stateOf(chats, 'archive', lid())).toMatchObject({ archiveChatAction: { archived: false } })
    expect(stateOf(chats, 'pin_v1', chats.group.id)).toMatchObject({ pinAction: { pinned: true } })
    await until('the other one is told', async () =>
      (await chats.rig.eventsOf('chat.updated')).some(({ chatId, pinned }) => chatId === chats.group.id && pinned),
    )
  })

  test('[F1] what WhatsApp refuses for good has failed with its code', async () => {
    chats.device.answerIqs({ xmlns: 'w:sync:app:state', after: 1, fault: { error: 403 } })
    expect(await outcomeOf(chats, 'chat.change', change(chats, { pinned: true }))).toMatchObject({
      reason: 'not-allowed',
      code: '403',
    })
    expect(stateOf(chats, 'pin_v1', lid())).toMatchObject({ pinAction: { pinned: false } })
  })

  test.each(['unsaid', 'swallow'] as const)('[F1] a patch whose answer was lost (%s) is done after all', async fault => {
    const isOn = fault === 'unsaid'
    chats.device.answerIqs({ xmlns: 'w:sync:app:state', after: 1, fault })
    const asked = await askToDo(chats.rig, 'chat.change', change(chats, { pinned: isOn }), lid())
    await untilRow(chats.rig, asked, 'given', row => row.tries === 1)
    await until('the patch was sent', () => chats.device.iqFaultsLeft() === 0)
    chats.device.drop()
    await skipWaiting(chats.rig)
    expect(await over(chats.rig, asked)).toMatchObject({ type: 'command.completed', tries: 2 })
    expect(stateOf(chats, 'pin_v1', lid())).toMatchObject({ pinAction: { pinned: isOn } })
  })

  test('[F1] another device of the account hears of what one has changed', async () => {
    const other = await chats.rig.pair('second', ownerPn)
    await other.shareAppState()
    const told = async () => (await chats.rig.eventsOf('chat.updated')).filter(({ instanceId }) => instanceId === 'second')
    await until('it has the state', async () => (await told()).length > 0)
    await outcomeOf(chats, 'chat.change', change(chats, { muted: { on: true, until: null } }, chats.group.id), chats.group.id)
    await until('it hears of it', async () => (await told()).some(({ chatId, muted }) => chatId === chats.group.id && muted))
  })

  test('[F1] a chat is cleared up to its last message, and deleted', async () => {
    await outcomeOf(chats, 'chat.clear', { chatId: lid(), last: chats.last })
    await outcomeOf(chats, 'chat.delete', { chatId: lid(), last: chats.last })
    expect(stateOf(chats, 'clearChat', lid(), '1', '0')).toMatchObject({ clearChatAction: { messageRange: range(chats) } })
    expect(stateOf(chats, 'deleteChat', lid(), '1')).toMatchObject({ deleteChatAction: { messageRange: range(chats) } })
    expect((await chats.rig.untilEvents('chat.deleted', 1))[0]).toMatchObject({ chatId: lid() })
  })
})
