// What happens is delivered before the history that waits for the same endpoint, however much of it there is.
import { afterEach, expect, it } from 'vitest'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'
import { bridgesOf } from '../ground/webhooks/bridges.ts'

const logger = collectLogLines()
const { open, close } = bridgesOf(logger)
afterEach(close)

const inFlight = 10
const chats = 100
const messagesOfEach = 20

/** An endpoint that answers nothing before `answering` begins, and then in 20 ms each. */
async function openSlow(name: string) {
  const bridge = await open(name)
  const answering = Promise.withResolvers<void>()
  const receiver = await bridge.receiver(async () => {
    await answering.promise
    return { delayMs: 20 }
  })
  const past = (chat: number) => {
    const lane = `${receiver.id}/shop/history/past-${chat}`
    return bridge.delivery(receiver.id, `past-${chat}`, { lane })
  }
  bridge.start({ attemptTimeoutMs: 60_000, maxInFlightPerEndpoint: inFlight })
  const present = (chatId: string) => bridge.delivery(receiver.id, chatId)
  return { bridge, receiver, answering, past, present }
}

it('[E3] [B6] a message that comes while much history waits is delivered before all of it but what was in flight', async () => {
  const { bridge, receiver, answering, past, present } = await openSlow('history waits')
  await bridge.append(...Array.from({ length: chats * messagesOfEach }, (_, nth) => past(nth % chats)))
  await bridge.untilWaiting((chats - inFlight) * messagesOfEach)
  const live = present('live')
  await bridge.append(live)
  const claims = () =>
    bridge.database.query('select from webhook_waiting_lanes where lane = $1 and claimed_until is not null', [live.lane])
  await until('its lane is claimed', async () => (await claims()).length === 1)
  answering.resolve()
  await until('all are delivered', () => receiver.accepted().length === chats * messagesOfEach + 1)
  const before = receiver.accepted().findIndex(({ body }) => body.data.chatId === 'live')
  expect(before).toBeGreaterThanOrEqual(inFlight)
  expect(before).toBeLessThan(2 * inFlight)
})

it('[E3] [B6] history becomes rows where no slot is free, and leaves the line to what happens', async () => {
  const { bridge, receiver, answering, past, present } = await openSlow('history in no line')
  await bridge.append(...Array.from({ length: inFlight }, (_, nth) => present(`chat-${nth}`)))
  await until('all slots are taken', () => receiver.attempts.length === inFlight)
  await bridge.append(present('live'), ...Array.from({ length: inFlight }, (_, nth) => past(nth)))
  const rows = () => bridge.database.query<{ lane: string }>('select lane from webhook_waiting_lanes')
  const waiting = await until('some wait as rows', async () => {
    const found = await rows()
    return found.length > 0 ? found : null
  })
  expect(waiting.filter(({ lane }) => lane.endsWith('/live'))).toEqual([])
  answering.resolve()
  await until('all are delivered', () => receiver.accepted().length === 2 * inFlight + 1)
})
