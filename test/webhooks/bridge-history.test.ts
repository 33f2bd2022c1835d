// What happens is delivered before the history that waits for the same endpoint, however much of it there is.
import { afterEach, expect, it } from 'vitest'
import { collectLogLines } from '../ground/log-lines.ts'
import type { ReceivedAttempt } from '../ground/receiver.ts'
import { until } from '../ground/until.ts'
import { bridgesOf } from '../ground/webhooks/bridges.ts'

const logger = collectLogLines()
const { open, close } = bridgesOf(logger)
afterEach(close)

const inFlight = 10
const chats = 200
const messagesOfEach = 10

/** An endpoint with a history in many chats that fills what it may have, and answers nothing before `answering` begins, and then in 20 ms. */
async function openFlooded(name: string) {
  const bridge = await open(name)
  const answering = Promise.withResolvers<void>()
  const receiver = await bridge.receiver(async () => {
    await answering.promise
    return { delayMs: 20 }
  })
  const past = (chat: number) =>
    bridge.delivery(receiver.id, `past-${chat}`, { lane: `${receiver.id}/shop/history/past-${chat}` })
  bridge.start({ attemptTimeoutMs: 60_000, maxInFlightPerEndpoint: inFlight })
  await bridge.append(...Array.from({ length: chats * messagesOfEach }, (_, nth) => past(nth % chats)))
  await bridge.untilWaiting((chats - inFlight) * messagesOfEach)
  return { bridge, receiver, answering }
}

/** How many came before the live one, once all have come. */
async function beforeLive({ accepted }: { accepted(): readonly ReceivedAttempt[] }): Promise<number> {
  await until('all are delivered', () => accepted().length === chats * messagesOfEach + 1)
  return accepted().findIndex(({ body }) => body.data.chatId === 'live')
}

it('[E3] [B6] a message that comes while much history waits is delivered before all of it but what was in flight', async () => {
  const { bridge, receiver, answering } = await openFlooded('history in line')
  await bridge.append(bridge.delivery(receiver.id, 'live'))
  const isClaimed = 'select from webhook_waiting_lanes where not of_history and claimed_until is not null'
  await until('it waits as a row', async () => (await bridge.database.query(isClaimed)).length === 1)
  answering.resolve()
  expect(await beforeLive(receiver)).toBeLessThanOrEqual(2 * inFlight)
})

it('[E3] [B6] a message that comes while history is on its way passes what waits', async () => {
  const { bridge, receiver, answering } = await openFlooded('history on its way')
  answering.resolve()
  const first = receiver.accepted().length
  await until('some is delivered', () => receiver.accepted().length > first)
  await bridge.append(bridge.delivery(receiver.id, 'live'))
  expect(await beforeLive(receiver)).toBeLessThan((chats * messagesOfEach) / 4)
})
