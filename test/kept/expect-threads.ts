// How what versions since 0.2.0 left open goes on: each command is sent once, votes and edits are opened, history is worked off.
import { expect } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import { vote } from '../../simulator/accounts/seal-content.ts'
import { until } from '../ground/until.ts'
import type { AskedFor, Threads } from './expected.ts'
import type { Kept } from './open-kept.ts'
import { type Item, readList } from './outside.ts'
import { PHONES, peopleOf } from './story.ts'
import { historyOf, historyWord, POLL, untilState } from './tell-threads.ts'

/** Of 0.1.0, which had none of it, nothing is expected. */
export async function expectThreadsGoOn(kept: Kept): Promise<void> {
  const { threads } = kept.expected
  if (threads === undefined) return
  const all = [expectCommandsOnce, expectVoteOpened, expectHistoryWorkedOff, expectEditOpened]
  await Promise.all(all.map(expectOne => expectOne(kept, threads)))
}

/** What waited is sent, what was done is not, also where it is asked for again. */
async function expectCommandsOnce({ zaplog, simulator, receiver }: Kept, { waiting, done }: Threads): Promise<void> {
  await untilState(zaplog, waiting, 'completed')
  await until('its webhooks', () => {
    const heard = receiver.acceptedOf('main').map(({ body }) => `${body.type} ${body.data.messageId}`)
    return ['message.sent', 'command.completed'].every(type => heard.includes(`${type} ${waiting.messageId}`))
  })
  await expectSameAnswer(zaplog, waiting)
  await expectSameAnswer(zaplog, done)
  const idsOf = (phone: string) =>
    simulator
      .device(phone)
      .stanzasSent()
      .map(({ messageId }) => messageId)
  expect(idsOf(PHONES.branch)).toEqual([waiting.messageId])
  expect(idsOf(PHONES.shop)).toEqual([])
}

async function expectSameAnswer({ url, key }: Kept['zaplog'], asked: AskedFor): Promise<void> {
  const { instance, chatId, text: said, commandId, messageId, idempotencyKey } = asked
  const response = await fetch(new URL(`/v1/instances/${instance}/messages`, url), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
    body: JSON.stringify({ chatId, kind: 'text', text: said }),
  })
  expect(response.status).toBe(202)
  expect(await response.json()).toMatchObject({ commandId, messageId, idempotencyKey })
}

/** With the secret of then. */
async function expectVoteOpened({ receiver, simulator }: Kept, { pollId }: Threads): Promise<void> {
  const { carla } = peopleOf(simulator)
  const shop = simulator.device(PHONES.shop)
  const [, other] = POLL.options
  const voteId = await shop.send(carla, vote(carla, [other], { messageId: pollId, author: shop.owner }))
  const heard = () => receiver.acceptedOf('main').find(({ body }) => body.data.messageId === voteId)
  const { body } = await until('a webhook of the vote', heard)
  expect(body).toMatchObject({ type: 'poll.voted', data: { targetMessageId: pollId, options: [other] } })
}

/** What was on its way comes once it flows, each message once. */
async function expectHistoryWorkedOff({ zaplog, simulator }: Kept, { historyPath }: Threads): Promise<void> {
  simulator.cdn.heal(historyPath)
  await until('the history to be worked off', async () => (await historyOf(zaplog)).state === 'done')
  const { eva } = peopleOf(simulator)
  const read = () => readList(zaplog, `/v1/instances/shop/messages?chatId=${encodeURIComponent(eva.lidJid)}`)
  const isOld = (item: Item) => String(item.text).startsWith(historyWord)
  const old = await until('forty old messages', async () => {
    const found = (await read()).filter(isOld)
    return found.length >= 40 && found
  })
  expect(new Set(old.map(item => item.text)).size).toBe(old.length)
  expect(old.every(item => item.history === true)).toBe(true)
}

/** Its secret comes out of the phone's history, with the message that it changes. */
async function expectEditOpened({ receiver, simulator }: Kept, { sealed }: Threads): Promise<void> {
  const { carla } = peopleOf(simulator)
  const { messageId: id, original, becomes } = sealed
  const message = { chat: carla, from: carla, id, content: text(original), timestampMs: Date.now() }
  await simulator.device(PHONES.shop).historyChunk({ messages: [message], chunkOrder: 3 })
  const heard = () =>
    receiver.acceptedOf('main').find(({ body }) => body.type === 'message.edited' && body.data.targetMessageId === id)
  const { body } = await until('a webhook of the edit', heard)
  expect(body.data.text).toBe(becomes)
}
