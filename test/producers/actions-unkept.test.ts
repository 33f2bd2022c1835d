// What an account does that its app state does not keep, by the real Baileys at the simulator: the timer of a chat, presences, channels, calls and history.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addSubscription } from '../../src/instances/presence-subscriptions.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { type ChatsRig, change, openChatsRig, outcomeOf, shareKey } from '../ground/producers/chats-rig.ts'
import { askToDo, askToSend, over, skipWaiting, untilRow } from '../ground/producers/commands.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let chats: ChatsRig
beforeAll(async () => {
  chats = await openChatsRig('actions-unkept', logger)
  await shareKey(chats)
})
afterAll(() => chats.rig.close())

describe('the timer of a chat', () => {
  const timer = (expiresInSeconds: number) => ({ kind: 'timer', chatId: chats.ana.lidJid, expiresInSeconds })
  const shown = () =>
    chats.device
      .shown()
      .flatMap(({ messageId, content: { protocolMessage } }) =>
        protocolMessage == null ? [] : [{ messageId, seconds: protocolMessage.ephemeralExpiration }],
      )
  const told = async () => (await chats.rig.eventsOf('chat.updated')).filter(({ expiresInSeconds }) => expiresInSeconds !== null)

  test('[F1] goes out as a message under its id, and is told as a change of the chat by the account', async () => {
    const { commandId, messageId } = await askToSend(chats.rig, 'chat.timer', timer(604_800))
    expect(await over(chats.rig, { commandId })).toMatchObject({
      type: 'command.completed',
      operation: 'chat.timer',
      messageId,
      tries: 1,
    })
    expect(shown()).toEqual([{ messageId, seconds: 604_800 }])
    expect(await told()).toMatchObject([
      { ...{ chatId: chats.ana.lidJid, expiresInSeconds: 604_800, fromMe: true, messageId, origin: 'change', isGroup: false } },
    ])
  })

  test('[F1] whose acknowledgement is lost is given again under the same id, and is one', async () => {
    chats.device.answerMessages('no-ack', 1)
    const asked = await askToSend(chats.rig, 'chat.timer', timer(0))
    await until('it is shown', () => shown().length === 2)
    chats.device.drop()
    expect(await over(chats.rig, asked)).toMatchObject({ type: 'command.completed', tries: 2 })
    expect(shown().filter(({ messageId }) => messageId === asked.messageId)).toEqual([{ messageId: asked.messageId, seconds: 0 }])
    expect((await told()).map(({ expiresInSeconds }) => expiresInSeconds)).toEqual([604_800, 0])
  })
})

describe('what is not kept', () => {
  test('[F1] the account is there or not, writes, records and pauses, as it is asked to', async () => {
    expect(await outcomeOf(chats, 'presence.set', { online: true }, '')).toMatchObject({ type: 'command.completed' })
    for (const state of ['composing', 'recording', 'paused'])
      await outcomeOf(chats, 'chat.typing', { chatId: chats.ana.lidJid, state })
    await until('all of it was heard', () => chats.device.marks().typing.length === 3)
    const chat = chats.ana.lidJid
    const states = ['composing', 'recording', 'paused']
    expect(chats.device.marks()).toMatchObject({ isOnline: true, typing: states.map(state => ({ chat, state })) })
    await outcomeOf(chats, 'presence.set', { online: false }, '')
    await until('it was heard', () => chats.device.marks().isOnline === false)
  })

  test('[F1] a channel is followed and muted, or no longer; one that there is none of has failed with its code', async () => {
    const channelId = '120363000000000002@newsletter'
    const ask = (what: string, on: boolean, id = channelId) => outcomeOf(chats, `channel.${what}`, { channelId: id, on }, id)
    for (const what of ['follow', 'mute']) expect(await ask(what, true)).toMatchObject({ type: 'command.completed', tries: 1 })
    expect(chats.device.channels().get(channelId)).toEqual({ isFollowed: true, isMuted: true })
    for (const what of ['follow', 'mute']) await ask(what, false)
    expect(chats.device.channels().get(channelId)).toEqual({ isFollowed: false, isMuted: false })
    const none = await ask('follow', true, '120363000000000404@newsletter')
    expect(none).toMatchObject({ type: 'command.failed', code: '404', tries: 1 })
  })

  test('[F1] [D1] a call is rejected at who calls, and told as rejected', async () => {
    chats.device.call({ from: chats.ana, callId: 'C1', step: 'offer' })
    await chats.rig.untilEvents('call.updated', 1)
    expect(await outcomeOf(chats, 'call.reject', { callId: 'C1', callerId: chats.ana.lidJid })).toMatchObject({
      type: 'command.completed',
    })
    expect(chats.device.marks().rejected).toEqual(['C1'])
    const [offered, rejected] = await chats.rig.untilEvents('call.updated', 2)
    const of = {
      callId: 'C1',
      chatId: chats.ana.lidJid,
      chatPn: chats.ana.pnJid,
      senderId: chats.ana.lidJid,
      fromMe: false,
      isGroup: false,
    }
    expect([offered, rejected]).toMatchObject([
      { ...of, status: 'offer' },
      { ...of, status: 'rejected' },
    ])
  })

  test('[F1] a call is rejected while something else of who calls waits for WhatsApp', async () => {
    chats.device.answerIqs({ xmlns: 'w:sync:app:state', after: 1, fault: 'swallow' })
    const slow = await askToDo(chats.rig, 'chat.change', change(chats, { pinned: true }), chats.ana.lidJid)
    await until('it was given', () => chats.device.iqFaultsLeft() === 0)
    const rejected = await outcomeOf(chats, 'call.reject', { callId: 'C2', callerId: chats.ana.lidJid })
    expect(rejected).toMatchObject({ type: 'command.completed', chatId: chats.ana.lidJid })
    await untilRow(chats.rig, slow, 'under way', row => row.state === 'sending')
    chats.device.drop()
    await skipWaiting(chats.rig)
    expect(await over(chats.rig, slow)).toMatchObject({ type: 'command.completed', tries: 2 })
  })

  test('[F1] older messages are asked for at the phone, which hands them over as history', async () => {
    const shared = await chats.device.shareHistory({ messages: 60, people: 2, groups: 0, chunks: 1 })
    const pieces = () => chats.device.settled().filter(({ how }) => how === 'receipt:hist_sync').length
    await until('what it shared by itself is taken', () => pieces() === shared.chunks.length)
    const done = await outcomeOf(chats, 'chat.history', { chatId: chats.ana.lidJid, count: 10, oldest: chats.last })
    expect(done).toMatchObject({ type: 'command.completed', result: expect.stringMatching(/^\{"requestId":"3EB0[0-9A-F]+"\}$/) })
    await until('what was asked for is taken', () => pieces() === shared.chunks.length + 1)
  })

  test('[F1] who is there is told of whom the account asked for, by each connection anew, while it is shown as online', async () => {
    const asked = () => [...chats.device.marks().subscriptions]
    const bruno = chats.rig.simulator.contact({ pn: '5511900000012', name: 'Bruno' })
    await outcomeOf(chats, 'presence.subscribe', { chatId: chats.ana.lidJid, on: true })
    await until('it was heard', () => asked().length === 1)
    await outcomeOf(chats, 'presence.subscribe', { chatId: chats.ana.lidJid, on: false })
    await until('it was heard', () => asked().length === 0)
    for (const chatId of [chats.ana.lidJid, bruno.lidJid])
      await addSubscription(chats.rig.database.database, { instanceId: 'first', chatId, nowAt: Date.now() })
    await chats.rig.want('first', `settings = '{"markOnline": true}'`)
    await until('all are asked for', () => asked().length === 2)
    chats.device.drop()
    await until('it is gone', () => asked().length === 0)
    await until('all are asked for again', () => asked().length === 2)
    chats.device.presence({ from: bruno, state: 'available' })
    await chats.rig.want('first', `settings = '{}'`)
    await until('it is shown no longer', () => chats.device.marks().isOnline === false)
  })
})
